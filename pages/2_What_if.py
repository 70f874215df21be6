"""What if: choose a ratio or click layers out; the estimate first, the measured truth in its place."""

from __future__ import annotations

from pages.ui import frame, what_if

frame.page("what_if", what_if.draw)
