"""Compare: two to four runs side by side, aligned by relative depth."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.compare import page

frame.page("compare", page.draw)
