"""Two text files that belong together line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from analysis_core.data.digests import unhashed
from analysis_core.data.files import check_folder, files_in
from analysis_core.data.lines import stem_of, suffix_of, text_lines
from analysis_core.data.options import ReadOptions
from analysis_core.data.records import RecordSet
from analysis_core.data.splitting import assign_parts, content_key
from analysis_core.errors import DataError

MOST_PAIRS = 5_000_000
SPLIT_RULE = "Pairs that share a text on either side are never divided."
_FIRST_STEMS = ("source", "src", "input", "article", "document")
_SECOND_STEMS = ("target", "tgt", "output", "summary", "reference")
_OTHER_KINDS = (".json", ".csv", ".tsv", ".parquet", ".png", ".jpg", ".jpeg", ".wav", ".flac", ".md", ".gz", ".zip")


@dataclass(frozen=True)
class TextPair:
    """A text and what it is to become: its translation, its summary."""

    text: str
    target: str
    where: str = unhashed(default="")


def read_parallel(first: Path, options: ReadOptions | None = None) -> RecordSet[TextPair]:
    """Pairs of lines; a line that is empty in both files is left out.

    Args:
        first: the texts, with ``options.companion`` as the targets; or a folder with both:
            ``train.en`` and ``train.de``, where the first in the alphabet is the text, or ``source.txt`` and
            ``target.txt``.

    Raises:
        DataError: names the first line that has no partner.
    """
    options = options or ReadOptions()
    if first.is_dir():
        text_file, target_file = file_pair(first)
    elif options.companion is not None:
        text_file, target_file = first, options.companion
    else:
        raise DataError("The second of both files is missing.", where=first.name, remedy="Give both files.")
    records: list[TextPair] = []
    for pair in _pairs(text_file, target_file):
        records.append(pair)
        if len(records) > MOST_PAIRS:
            raise DataError(f"There are more than {MOST_PAIRS:,} pairs.", where=text_file.name, remedy="Give a part.")
    if not records:
        raise DataError("The files hold no texts.", where=text_file.name, remedy="Write one text on each line.")
    ties = [(b"1" + content_key(pair.text), b"2" + content_key(pair.target)) for pair in records]
    return RecordSet(
        name=text_file.parent.name if first.is_dir() else text_file.name,
        parts=assign_parts(ties, options.seed),
        split_rule=SPLIT_RULE,
        records=tuple(records),
    )


def _pairs(text_file: Path, target_file: Path) -> Iterator[TextPair]:
    lines = zip_longest(text_lines(text_file), text_lines(target_file))
    for number, (text_line, target_line) in enumerate(lines, start=1):
        if text_line is None or target_line is None:
            ended, longer = (text_file, target_file) if text_line is None else (target_file, text_file)
            raise DataError(
                f"'{ended.name}' ends after line {number - 1}, but '{longer.name}' goes on.",
                where=f"{longer.name}, line {number}",
                remedy="Give files with the same number of lines.",
            )
        text, target = text_line.strip(), target_line.strip()
        if bool(text) != bool(target):
            empty = target_file if text else text_file
            raise DataError(
                "The line is empty, but its partner is not.",
                where=f"{empty.name}, line {number}",
                remedy="Write both or neither.",
            )
        if text:
            yield TextPair(text, target, f"{text_file.name}, line {number}")


def file_pair(folder: Path) -> tuple[Path, Path]:
    """The texts and the targets of a folder that holds two text files and no other.

    Raises:
        DataError: there are more or fewer, or their names do not say that they belong together.
    """
    found = _text_files(check_folder(folder))
    if len(found) == 2:
        first, second = found
        stems = stem_of(first).lower(), stem_of(second).lower()
        if stems[0] == stems[1] and suffix_of(first) != suffix_of(second):
            return first, second
        if stems[0] in _FIRST_STEMS and stems[1] in _SECOND_STEMS:
            return first, second
        if stems[1] in _FIRST_STEMS and stems[0] in _SECOND_STEMS:
            return second, first
    raise DataError(
        "Expected two text files that belong together, such as train.en and train.de, or source.txt and target.txt; "
        f"found {', '.join(repr(path.name) for path in found[:5]) or 'none'}.",
        where=folder.name,
        remedy="Name the files so, or give both by their paths.",
    )


def _text_files(folder: Path) -> list[Path]:
    suffixes = {suffix_of(path) for path in folder.iterdir() if path.is_file()} - set(_OTHER_KINDS)
    wanted = tuple({*suffixes, ".gz"})
    return [path for path in files_in(folder, wanted, deepest=1) if suffix_of(path) in suffixes]
