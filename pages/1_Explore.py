"""Explore: pick a model and methods, follow the run, read which layers matter."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.explore import page

frame.page("explore", page.draw)
