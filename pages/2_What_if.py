"""What if: choose a ratio or click layers out; the estimate first, the measured truth in its place."""

from __future__ import annotations

from pages.ui import frame
from pages.ui.what_if import page

frame.page("what_if", page.draw)
