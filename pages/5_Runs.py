"""Runs: every run with its state; search, open again, clone, share, export, delete."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.runs import page

frame.page("runs", page.draw)
