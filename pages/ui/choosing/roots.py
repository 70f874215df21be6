"""The folders of this machine that people may point to: those that whoever runs the server has named."""

from __future__ import annotations

import os
from pathlib import Path

ROOTS_VARIABLE = "LAYERWISE_ROOTS"


def configured() -> tuple[Path, ...]:
    """The roots of ``$LAYERWISE_ROOTS``, separated as in ``$PATH``; none unless somebody names them."""
    named = os.environ.get(ROOTS_VARIABLE, "").split(os.pathsep)
    return tuple(Path(name).expanduser() for name in named if name.strip())
