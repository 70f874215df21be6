"""Explore: pick a model and methods, follow the run, read which layers matter."""

from __future__ import annotations

from pages.ui import explore, frame

frame.page("explore", explore.draw)
