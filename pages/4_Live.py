"""Live: a model at any of its depths, at once; and a stream that is held to a latency."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.live import page

frame.page("live", page.draw)
