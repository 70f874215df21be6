"""Where the files beside the package are: in a checkout next to it, in an installed copy inside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_root() -> Path:
    """The folder that holds ``app.py``, ``pages`` and ``assets``."""
    bundled = _PACKAGE / "bundled"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def app_script() -> Path:
    """The app's entry script."""
    return resource_root() / "app.py"


def assets_folder() -> Path:
    """Shipped models, results and styles."""
    return resource_root() / "assets"
