"""The first screen: a real, shipped result to play with at once, and the ways in."""

from __future__ import annotations

from pages.ui import frame, home

frame.page("home", home.draw)
