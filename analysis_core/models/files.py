"""Which files may be read as a model; what is refused, by name and by content, before anything opens it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis_core.errors import ModelError, UnsafeFileError

WEIGHT_SUFFIX = ".safetensors"
CONFIG_FILE = "config.json"
INDEX_FILE = "model.safetensors.index.json"
CUT_WEIGHTS = "shortened.safetensors"
"""Of a transformers model whose configuration takes blocks out of the whole. Not the usual name: ``from_pretrained``
knows nothing of that, and would fill the whole model with random numbers."""

_ALLOWED_SUFFIXES = frozenset({WEIGHT_SUFFIX, ".json", ".txt", ".model", ".md", ".jinja", ".parquet"})
CODE_CARRIERS = frozenset(
    {".bin", ".pt", ".pth", ".pkl", ".pickle", ".pt2", ".ckpt", ".joblib", ".dill", ".npz", ".npy", ".zip",
     ".h5", ".msgpack", ".onnx", ".py", ".pyc", ".so", ".gguf", ".tar", ".gz"}
)  # fmt: skip
_REDIRECTING_FILES = ("adapter_config.json", "distributed_config.json")
"""transformers would follow these to other models or other ways of loading."""
_MAGIC = {b"PK\x03\x04": "a zip archive (what torch.save writes)", b"PK\x05\x06": "an empty zip archive",
          b"\x1f\x8b": "a gzip file", b"\x7fELF": "a program", b"\x93NUMPY": "a NumPy file"}  # fmt: skip
_LARGEST_JSON_BYTES = 64 * 2**20

CONVERT_LINE = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file({k: v.clone().contiguous() for k, v in torch.load('{name}', weights_only=True).items()}, "
    "'model.safetensors')\""
)
"""Run by the owner, on the owner's machine, on a file that the owner trusts."""


def check_below(path: str | Path, roots: Iterable[str | Path]) -> Path:
    """The file or folder, links resolved, if it is there and lies below one of the roots.

    Services pass what people type through here; the library reads whatever its user names.

    Raises:
        UnsafeFileError: it lies elsewhere, or there is none.
    """
    resolved = Path(path).resolve()
    allowed = [Path(root).resolve() for root in roots]
    if not any(resolved == root or root in resolved.parents for root in allowed):
        raise UnsafeFileError(
            "The folder lies outside the places that this server may read.",
            where=Path(path).name,
            remedy="Upload it, or ask who runs the server to add its folder to the configured roots.",
        )
    if not resolved.exists():
        raise UnsafeFileError("There is no such file or folder.", where=Path(path).name, remedy="Check the path.")
    return resolved


def check_folder(path: str | Path, roots: Iterable[str | Path]) -> Path:
    """The folder, links resolved, if it lies below one of the roots.

    Raises:
        UnsafeFileError: it lies elsewhere, or is no folder.
    """
    resolved = check_below(path, roots)
    if not resolved.is_dir():
        raise UnsafeFileError("This is no folder.", where=Path(path).name, remedy="Name the folder of a model.")
    return resolved


def check_upload(folder: Path) -> None:
    """Refuse a folder that holds anything but the files of a model.

    Raises:
        UnsafeFileError: names the first file that may not be there.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise UnsafeFileError("Links and special files are refused.", where=path.name, remedy="Upload plain files.")
        if path.is_file():
            if path.suffix.lower() not in _ALLOWED_SUFFIXES:
                raise refusal(path)
            refuse_by_content(path)


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a model's folder, as its index lists them or by their fixed name.

    Raises:
        UnsafeFileError: there are weights in a format that can run code, and none as safetensors.
        ModelError: there are no weights, or the index names a file that is not there.
    """
    for name in _REDIRECTING_FILES:
        if (folder / name).exists():
            raise UnsafeFileError(
                f"The file '{name}' would make the loader fetch another model.",
                where=folder.name,
                remedy="Merge the adapter into its model, and save the result.",
            )
    for name in ("model.safetensors", CUT_WEIGHTS):
        if (folder / name).is_file():
            return (folder / name,)
    if (folder / INDEX_FILE).is_file():
        return _indexed(folder)
    if (folder / "compact.safetensors").is_file():
        raise ModelError(
            "It holds int8 or low-rank layers, which can be run but not taken apart again.",
            where=folder.name,
            remedy="Load it by the load.py beside its weights, or take the model that it was made from.",
        )
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() in CODE_CARRIERS - {".py", ".pyc", ".so"}:
            raise refusal(path)
    raise ModelError(
        "The folder holds no weights.",
        where=str(folder),
        remedy="Put a model.safetensors beside its config.json.",
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ModelError: it is missing, too large, or no JSON object.
    """
    try:
        if path.stat().st_size > _LARGEST_JSON_BYTES:
            raise ModelError(f"The file is larger than {_LARGEST_JSON_BYTES // 2**20} MiB.", where=path.name)
        refuse_by_content(path)
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"The folder has no {path.name}.",
            where=str(path.parent),
            remedy=f"Put the model's {path.name} there.",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"The file is no JSON: {error}.", where=path.name, remedy="Save the model again.") from error
    if not isinstance(content, Mapping):
        raise ModelError("The file holds no JSON object.", where=path.name, remedy="Save the model again.")
    return dict(content)


def refuse_by_content(path: Path) -> None:
    """Refuse a file whose first bytes are those of a pickle, an archive or a program, whatever its name.

    Raises:
        UnsafeFileError: it is one.
    """
    with path.open("rb") as file:
        start = file.read(16)
    found = next((what for magic, what in _MAGIC.items() if start.startswith(magic)), None)
    if found is None and len(start) > 1 and start[0] == 0x80 and start[1] <= 5:
        found = "a pickle"
    if found is not None and not (path.suffix == WEIGHT_SUFFIX and start[8:9] == b"{"):
        raise UnsafeFileError(
            f"Behind this name stands {found}, which is not read because it could run code.",
            where=path.name,
            remedy=_remedy(path.name),
        )


def refusal(path: Path) -> UnsafeFileError:
    """The error for a file of a kind that is never read."""
    return UnsafeFileError(
        f"Files of kind '{path.suffix or path.name}' are refused because reading one could run code.",
        where=path.name,
        remedy=_remedy(path.name),
    )


def _remedy(name: str) -> str:
    return f"Convert it where you trust it, then give the result: {CONVERT_LINE.replace('{name}', name)}"


def _indexed(folder: Path) -> tuple[Path, ...]:
    table = read_json(folder / INDEX_FILE).get("weight_map")
    if not isinstance(table, Mapping) or not table:
        raise ModelError("The index lists no weights.", where=INDEX_FILE, remedy="Save the model again.")
    paths = []
    for name in sorted({str(name) for name in table.values()}):
        if Path(name).name != name or not name.endswith(WEIGHT_SUFFIX):
            raise UnsafeFileError(
                f"The index points to '{name}', outside its folder or not safetensors.",
                where=INDEX_FILE,
                remedy="Save the model again.",
            )
        if not (folder / name).is_file():
            raise ModelError(f"The file '{name}' is missing.", where=str(folder), remedy="Copy the whole model.")
        paths.append(folder / name)
    return tuple(paths)
