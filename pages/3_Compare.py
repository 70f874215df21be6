"""Compare: two to four runs side by side, aligned by relative depth."""

from __future__ import annotations

from pages.ui import compare, frame

frame.page("compare", compare.draw)
