"""The standard library's classes and functions as text: first line, description, signature and body of each.

Source and licence as in `docstrings`: the Python files of the running interpreter, read with `ast` and never imported,
under the PSF licence, version 2. What keeps the parts apart is the same too: a top-level definition and all inside it
lie in one part, equal texts are kept once, and held-out texts that mostly repeat the training text are dropped.
"""

from __future__ import annotations

import ast
import random
import re
import sysconfig
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis_core.zoo.docstrings import cut, is_familiar, phrases, words_of

_NOT_READ = frozenset({"test", "tests", "idle_test", "__pycache__", "site-packages", "lib2to3", "turtledemo"})
_CONSOLE = re.compile(r"^\s*(>>>|\.\.\.).*$", re.MULTILINE)
FEWEST_WORDS, FEWEST_IN_PASSAGE, MOST_WORDS = 3, 6, 50
"""Of a summary or a body, of a passage, and of what is kept of a definition."""
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Documented:
    """One class or function with a docstring.

    Args:
        summary: first sentence or line of the docstring.
        description: the rest of it, paragraphs put together; empty where there is none.
        signature: its name and arguments as they are written.
        body: its statements without the docstring; of a class, the names of what it defines.
        source: file and top-level definition, such as `asyncio/locks:Lock`.
    """

    summary: str
    description: str
    signature: str
    body: str
    source: str


@dataclass(frozen=True)
class Pair:
    """A text, and what belongs to it."""

    text: str
    target: str
    source: str


@dataclass(frozen=True)
class Parts:
    """Pairs of disjoint sets of top-level definitions."""

    train: list[Pair]
    search: list[Pair]
    test: list[Pair]


@cache
def documented() -> tuple[Documented, ...]:
    """Every documented class and function of the standard library, in the order of the file names."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    found: list[Documented] = []
    for path in sorted(stdlib.rglob("*.py")):
        parts = path.relative_to(stdlib).with_suffix("").parts
        if not _NOT_READ & set(parts):
            found.extend(_of_file(path, "/".join(parts)))
    return tuple(found)


def parts_of(pairs: Sequence[Pair], seed: int, search: int, test: int, judged: Callable[[Pair], str]) -> Parts:
    """Pairs divided by top-level definition, each text once.

    Args:
        pairs: all there are.
        seed: decides which definitions are held out.
        search, test: how many pairs to hold out, at most.
        judged: the side of a pair by which it counts as known from the training pairs.
    """
    by_source: dict[str, list[Pair]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for pair in pairs:
        keys = {words for words in (words_of(pair.text), words_of(pair.target)) if words}
        if not keys & seen:
            by_source[pair.source].append(pair)
        seen |= keys
    order = sorted(by_source)
    random.Random(seed).shuffle(order)  # noqa: S311  (a split is no secret)
    held: dict[str, list[Pair]] = {"test": [], "search": []}
    wanted = {"test": 2 * test, "search": 2 * search}  # about half is dropped as familiar or as too many
    train: list[Pair] = []
    for source in order:
        side = next((name for name, part in held.items() if len(part) < wanted[name]), None)
        small = len(by_source[source]) <= max(search, test) // 8
        (held[side] if side and small else train).extend(by_source[source])
    known = {phrase for pair in train for phrase in phrases(judged(pair))}
    fresh = {name: [pair for pair in part if not is_familiar(judged(pair), known)] for name, part in held.items()}
    return Parts(train, fresh["search"][:search], fresh["test"][:test])


def functions(seed: int = 0, search: int = 160, test: int = 320) -> Parts:
    """The first line of a docstring, and the definition that it stands in, without its docstring."""
    pairs = [
        Pair(one.summary, " ".join(f"{one.signature} {one.body}".split()[:MOST_WORDS]), one.source)
        for one in documented()
        if len(words_of(one.body)) >= FEWEST_WORDS
    ]
    return parts_of(pairs, seed, search, test, lambda pair: pair.text)


def passages(seed: int = 0, search: int = 260, test: int = 400) -> Parts:
    """Passages of docstrings and of the language reference that `help()` shows; their targets are empty."""
    own = [(text, one.source) for one in documented() for text in cut(f"{one.summary}\n\n{one.description}")]
    reference = [(text, f"topics:{name}") for name, topic in _topics() for text in cut(topic)]
    pairs = [Pair(text, "", source) for text, source in (*own, *reference) if len(words_of(text)) >= FEWEST_IN_PASSAGE]
    return parts_of(pairs, seed, search, test, lambda pair: pair.text)


def _topics() -> list[tuple[str, str]]:
    from pydoc_data.topics import topics

    return sorted((str(name), str(text)) for name, text in topics.items())


def _of_file(path: Path, name: str) -> Iterator[Documented]:
    try:
        source = path.read_bytes()
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # files that show what is not Python 3
        return
    lines = source.decode("utf-8", errors="replace").splitlines()
    for top in tree.body:
        for node in ast.walk(top):
            if isinstance(node, Definition) and (docstring := ast.get_docstring(node)):
                found = _documented(node, docstring, lines, f"{name}:{getattr(top, 'name', '')}")
                if len(words_of(found.summary)) >= FEWEST_WORDS:
                    yield found


def _documented(node: Definition, docstring: str, lines: Sequence[str], source: str) -> Documented:
    first, _, rest = _CONSOLE.sub("", docstring).strip().partition("\n\n")
    sentence = re.match(r".+?[.!?](?=\s|$)", " ".join(first.split()))
    whole = " ".join(first.split())
    summary = sentence.group() if sentence else whole
    description = " ".join(f"{whole[len(summary) :]} {rest}".split())
    return Documented(summary, description, _signature(node), _body(node, lines), source)


def _signature(node: Definition) -> str:
    if isinstance(node, ast.ClassDef):
        return f"class {node.name}({', '.join(ast.unparse(base) for base in node.bases)})"
    return f"def {node.name}({ast.unparse(node.args)})"


def _body(node: Definition, lines: Sequence[str]) -> str:
    """Statements behind the docstring, comments left out; of a class, the signatures of its methods."""
    if isinstance(node, ast.ClassDef):
        return " ".join(_signature(part) for part in node.body if isinstance(part, Definition))
    if len(node.body) < 2:
        return ""
    written = lines[node.body[1].lineno - 1 : node.end_lineno]
    return " ".join(" ".join(line.partition("  #")[0].split()) for line in written if not line.strip().startswith("#"))
