"""The floors of the house, and the rule that the app's side brings in no torch, held by import-linter."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def test_import_contracts_hold() -> None:
    command = shutil.which("lint-imports")
    assert command is not None
    done = subprocess.run([command], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
