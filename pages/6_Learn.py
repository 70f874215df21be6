"""Learn: six short lessons that drive the real app on the real models."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.lessons import page

frame.page("learn", page.draw)
