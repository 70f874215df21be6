"""Learn: six short lessons that drive the real app on the real models."""

from __future__ import annotations

from pages.ui import frame, learn

frame.page("learn", learn.draw)
