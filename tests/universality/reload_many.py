"""Load many exported folders as a stranger would, one after the other: a script for one fresh process.

Usage: ``python -I reload_many.py RELOAD_CHILD JOBS``. ``RELOAD_CHILD`` is the project's own script for one folder,
used here as a plain file: the project itself cannot be imported. ``JOBS`` is a JSON list of pairs
``[folder, exchange]``; each exchange folder gets ``outputs.safetensors`` or ``error.txt``.
"""

import gc
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def script_at(path: Path) -> Any:
    """A Python file as a module, without importing anything around it."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} cannot be read.")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def main(reload_child: Path, jobs: Path) -> None:
    """Load and run every folder; one that fails says why and does not stop the others."""
    one = script_at(reload_child)
    sys.meta_path.insert(0, one.Guard)
    from safetensors.torch import save_file

    for folder, exchange in json.loads(jobs.read_text(encoding="utf-8")):
        try:
            save_file(one.run(one.load(Path(folder)), Path(exchange)), Path(exchange) / "outputs.safetensors")
        except Exception as error:  # noqa: BLE001 - libraries of any kind, each folder for itself
            (Path(exchange) / "error.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        gc.collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
