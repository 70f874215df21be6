"""What the files of Python's standard library import, in order: interaction logs that ship with every Python.

A file is the user and the modules that it imports are the items, in the order in which its text first names them.
Nobody's data, hundreds of users, and an order that means something: what comes together is imported together, and many
files sort their imports.
"""

from __future__ import annotations

import ast
import sysconfig
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis_core.data.interactions import InteractionLog

FEWEST_FILES = 2
"""A module that fewer files import is left out: nothing could be learned of it."""


def load_log(folders: Sequence[str] = ()) -> InteractionLog:
    """The imports of the running Python's standard library, its own tests included.

    Args:
        folders: only files below these folders of the library; none takes the whole.
    """
    library = Path(sysconfig.get_paths()["stdlib"])
    roots = [library / folder for folder in folders] or [library]
    files = sorted(path for root in roots for path in root.rglob("*.py"))
    orders = {
        path.relative_to(library).as_posix(): imports_of(path.read_bytes(), path.relative_to(library).parts[:-1])
        for path in files
        if "site-packages" not in path.parts
    }
    return _log(orders)


def imports_of(source: bytes, package: Sequence[str] = ()) -> list[str]:
    """The modules that a file imports, each once, in the order of their first appearance.

    Args:
        source: the file; what is no valid Python imports nothing.
        package: names of the packages that the file lies in, from the outside in, for relative imports.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # files that test how broken sources are read
        return []
    statements = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    statements.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(name for node in statements for name in _names(node, package)))


def _names(node: ast.Import | ast.ImportFrom, package: Sequence[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    above = list(package[: len(package) + 1 - node.level]) if node.level else []
    if node.level and node.module is None:  # from . import events
        return [".".join([*above, alias.name]) for alias in node.names]
    name = ".".join([*above, node.module or ""])
    return [] if name == "__future__" else [name]


def _log(orders: dict[str, list[str]]) -> InteractionLog:
    counts = Counter(name for order in orders.values() for name in order)
    known = {name for name, count in counts.items() if count >= FEWEST_FILES}
    kept = {file: [name for name in order if name in known] for file, order in orders.items()}
    kept = {file: order for file, order in kept.items() if order}
    names = tuple(dict.fromkeys(name for order in kept.values() for name in order))
    number = {name: index for index, name in enumerate(names)}
    return InteractionLog(
        name="Imports of Python's standard library",
        users=np.repeat(np.arange(len(kept)), [len(order) for order in kept.values()]),
        items=np.array([number[name] for order in kept.values() for name in order], dtype=np.int64),
        user_names=tuple(kept),
        item_names=names,
    )
