"""Small networks of this project's own, where no library ships a class that fits.

Each file stands alone, imports nothing of this project, and is copied into an export, so that the export runs
anywhere. A network takes plain arguments only; its number of blocks is called ``depth``.
"""

from __future__ import annotations

__all__: list[str] = []
