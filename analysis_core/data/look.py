"""A first look at somebody's data: what kind of file it is, how it begins, what a folder holds."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from analysis_core.data.contents import kind_of
from analysis_core.data.files import check_file, files_in
from analysis_core.data.interaction_files import LogForm, form_of_line
from analysis_core.data.lines import suffix_of, text_head


class Look:
    """A first look at a file or folder, shared by all formats, each part of it taken when somebody asks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_folder = path.is_dir()
        self.suffix = "" if self.is_folder else suffix_of(path)

    @cached_property
    def kind(self) -> str:
        """What a file's first bytes say that it is; empty for text and for folders."""
        if self.is_folder:
            return ""
        with self.path.open("rb") as file:
            return kind_of(file.read(16))

    @property
    def in_words(self) -> str:
        """In brackets, what the first bytes say; empty where they say nothing."""
        return f" ({self.kind})" if self.kind else ""

    @cached_property
    def head(self) -> str:
        """The first 64 KiB of text, unpacked; empty for folders and for files that are no text."""
        return "" if self.is_folder or self.kind not in ("", "a gzip file") else text_head(self.path)

    @cached_property
    def first_line(self) -> str:
        """Without its end."""
        return (self.head.splitlines() or [""])[0]

    @cached_property
    def log_form(self) -> LogForm | None:
        """The form of a log's first line."""
        return form_of_line(self.first_line)

    def holds(self, suffixes: tuple[str, ...]) -> bool:
        """Whether the folder holds such files in folders of its own."""
        return self.is_folder and any(path.parent != self.path for path in files_in(self.path, suffixes, deepest=3))


def first_look(path: Path) -> Look:
    """A look at a folder, or at a file that can be read.

    Raises:
        DataError: there is no such file, it is no plain one, or it is empty.
    """
    if not path.is_dir():
        check_file(path)
    return Look(path)
