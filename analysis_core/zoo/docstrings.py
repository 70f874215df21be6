"""The standard library's own docstrings as a data set: which field does a passage come from?

Source: the Python files below `sysconfig.get_paths()["stdlib"]`, read with `ast` and never imported.
Licence: the Python Software Foundation Licence, version 2, under which Python ships its sources.

What keeps the task honest:
- the split is by top-level definition, so that a class and its methods never lie on both sides;
- the names of a passage's own module and packages are masked, for they would give the answer away;
- passages with the same words are kept once, and not at all where two topics share them;
- a held-out passage most of whose five-word phrases also occur in the training text is dropped.
"""

from __future__ import annotations

import ast
import random
import re
import sysconfig
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MODULES = {
    "command line & logging": """
        argparse cmd code configparser fileinput getopt getpass gettext locale logging optparse platform
        pydoc readline rlcompleter shlex site sysconfig webbrowser""",
    "concurrency": """
        _threading_local asynchat asyncio asyncore concurrent multiprocessing queue sched selectors
        signal subprocess threading""",
    "data types": """
        _collections_abc _py_abc _weakrefset abc bisect collections contextlib copy copyreg dataclasses
        enum functools graphlib heapq operator pprint reprlib types typing weakref""",
    "files & operating system": """
        _compression _pyio bz2 dbm filecmp fnmatch genericpath glob gzip io linecache lzma ntpath
        nturl2path os pathlib pipes posixpath pty shelve shutil stat tarfile tempfile tty zipfile""",
    "graphical interfaces": """
        curses idlelib tkinter turtle turtledemo""",
    "mail & text formats": """
        _markupbase base64 binhex csv email html json mailbox mailcap mimetypes plistlib quopri tomllib
        uu xdrlib xml""",
    "networking": """
        cgi ftplib http imaplib ipaddress netrc nntplib poplib smtpd smtplib socket socketserver ssl
        telnetlib urllib wsgiref xmlrpc""",
    "numbers & time": """
        _pydecimal _strptime calendar colorsys datetime fractions hashlib hmac numbers random secrets
        statistics uuid zoneinfo""",
    "packaging & imports": """
        _osx_support compileall distutils ensurepip imp importlib modulefinder pkgutil py_compile runpy
        venv zipapp zipimport""",
    "parsing & source code": """
        ast codecs codeop dis encodings inspect keyword lib2to3 opcode pickle pickletools pyclbr re
        string symtable tabnanny textwrap token tokenize""",
    "testing & debugging": """
        bdb cProfile cgitb difflib doctest pdb profile pstats timeit trace traceback tracemalloc
        unittest warnings""",
}
TOPICS: dict[str, tuple[str, ...]] = {topic: tuple(modules.split()) for topic, modules in _MODULES.items()}
"""Topic -> the top-level modules and packages whose docstrings are about it."""
MASK = "_"
"""Stands where a passage named its own module."""
MIN_WORDS, MAX_WORDS = 6, 45
PHRASE_WORDS = 5
MAX_KNOWN_PHRASES = 0.5
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Fields of a statement that hold statements, in the order of `ast.walk`."""
_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
_CONSOLE_LINE = re.compile(r"^\s*(>>>|\.\.\.(\s|$)).*$", re.MULTILINE)


@dataclass(frozen=True)
class Passage:
    """Some sentences of one docstring."""

    text: str
    topic: str
    source: str
    """The file and the top-level definition that it comes from, such as `asyncio/locks:Lock`."""


@dataclass(frozen=True)
class DocstringSplits:
    """Passages of disjoint sets of definitions."""

    train: list[Passage]
    search: list[Passage]
    test: list[Passage]


def load_splits(seed: int = 0, search: int = 560, test: int = 750) -> DocstringSplits:
    """All passages, split by top-level definition within each topic.

    A split by file was tried first: the topic of a file like no other cannot be learned from the others. One
    model was right on 39 % of the search files and 55 % of the test files: layers chosen on the one would say
    little about the other.

    Args:
        seed: decides which definitions are held out.
        search: about how many passages to hold out for analysis.
        test: about how many passages to hold out for final figures.
    """
    by_source: dict[str, list[Passage]] = defaultdict(list)
    for passage in _of_the_standard_library():
        by_source[passage.source].append(passage)
    parts: dict[str, list[Passage]] = {"train": [], "search": [], "test": []}
    for topic in TOPICS:
        sources = sorted(name for name, found in by_source.items() if found[0].topic == topic)
        random.Random(seed).shuffle(sources)  # noqa: S311  (a split is no secret)
        wanted = {"test": test // len(TOPICS), "search": search // len(TOPICS)}
        for name in sources:
            parts[_side(len(by_source[name]), wanted)].extend(by_source[name])
    known = {phrase for passage in parts["train"] for phrase in phrases(passage.text)}
    return DocstringSplits(
        train=parts["train"],
        search=[passage for passage in parts["search"] if not is_familiar(passage.text, known)],
        test=[passage for passage in parts["test"] if not is_familiar(passage.text, known)],
    )


@cache
def _of_the_standard_library() -> tuple[Passage, ...]:
    """Read once a process: it takes some seconds, and the files stay as they are."""
    return tuple(unique(read_passages(Path(sysconfig.get_paths()["stdlib"]))))


def _side(size: int, wanted: dict[str, int]) -> str:
    """The side of a definition of `size` passages: held out if it takes at most a third of what is wanted."""
    for side, left in wanted.items():
        if left > 0 and size <= max(1, left // 3):
            wanted[side] -= size
            return side
    return "train"


def read_passages(stdlib: Path) -> Iterator[Passage]:
    """The passages of every file whose module has a topic, in the order of the file names."""
    topic_of = {module: topic for topic, modules in TOPICS.items() for module in modules}
    for path in sorted(stdlib.rglob("*.py")):
        parts = path.relative_to(stdlib).with_suffix("").parts
        if parts[0] not in topic_of or {"test", "tests", "idle_test", "__pycache__"} & set(parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):  # files that show lib2to3 what is not Python 3
            continue
        own_names = [part for part in parts if part != "__init__"]
        for definition, text in _texts(tree, own_names):
            yield Passage(text, topic_of[parts[0]], f"{'/'.join(parts)}:{definition}")


def _texts(tree: ast.Module, own_names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Top-level definition and text of one file's passages, names masked, too short ones left out."""
    names = "|".join(map(re.escape, own_names))
    own = re.compile(rf"(?<![A-Za-z])({names})(?![A-Za-z])", re.IGNORECASE)
    for definition, docstring in _docstrings(tree):
        for text in cut(own.sub(MASK, docstring)):
            if len(_WORD.findall(text)) >= MIN_WORDS:
                yield definition, text


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Top-level definition and docstring of everything that has one; the module's own has no name."""
    yield "", ast.get_docstring(tree) or ""
    for top in tree.body:
        name = getattr(top, "name", "")
        for node in _statements(top):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, ast.get_docstring(node) or ""


def _statements(top: ast.stmt) -> Iterator[ast.AST]:
    """What `ast.walk` gives, in its order, without expressions: they hold no definition, and most of the nodes."""
    waiting: deque[ast.AST] = deque([top])
    while waiting:
        node = waiting.popleft()
        yield node
        for field in _BLOCKS:
            waiting.extend(getattr(node, field, ()))


def cut(docstring: str) -> Iterator[str]:
    """Whole paragraphs of a docstring, put together up to `MAX_WORDS` words; console lines are left out."""
    kept: list[str] = []
    for paragraph in re.split(r"\n\s*\n", _CONSOLE_LINE.sub("", docstring)):
        words = paragraph.split()
        if kept and len(kept) + len(words) > MAX_WORDS:
            yield " ".join(kept)
            kept = []
        kept.extend(words)
        while len(kept) > 2 * MAX_WORDS:
            yield " ".join(kept[:MAX_WORDS])
            kept = kept[MAX_WORDS:]
    if kept:
        yield " ".join(kept)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, by which two texts count as equal."""
    return tuple(word.lower() for word in _WORD.findall(text))


def unique(passages: Iterator[Passage]) -> list[Passage]:
    """Each text once, and no text that two topics share: nobody could say which it is."""
    seen: dict[tuple[str, ...], list[Passage]] = defaultdict(list)
    for passage in passages:
        seen[words_of(passage.text)].append(passage)
    return [same[0] for same in seen.values() if len({passage.topic for passage in same}) == 1]


def phrases(text: str) -> set[tuple[str, ...]]:
    """All runs of `PHRASE_WORDS` words."""
    words = words_of(text)
    return {words[start : start + PHRASE_WORDS] for start in range(len(words) - PHRASE_WORDS + 1)}


def is_familiar(text: str, known: set[tuple[str, ...]]) -> bool:
    """True where more than `MAX_KNOWN_PHRASES` of a text's phrases are known."""
    own = phrases(text)
    return len(own & known) > MAX_KNOWN_PHRASES * len(own)
