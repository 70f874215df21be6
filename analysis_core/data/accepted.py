"""What may be uploaded: by name, by suffix, and by the first bytes. No torch here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from analysis_core.data.contents import kind_of, quoted
from analysis_core.errors import DataError, UnsafeFileError
from analysis_core.models.files import CODE_CARRIERS, refusal, refuse_by_content

DEEPEST = 4
_NAME = re.compile(r"\w[\w .,+()@=-]*")
_LONGEST_NAME = 120
_LANGUAGE = re.compile(r"\.[a-z]{2}")
_NO_LANGUAGES = frozenset({".py", ".so", ".pt", ".gz", ".js", ".sh", ".db"})
_CONTENT = {
    ".png": "a PNG picture", ".jpg": "a JPEG picture", ".jpeg": "a JPEG picture",
    ".wav": "a WAV sound", ".flac": "a FLAC sound", ".parquet": "a Parquet file",
}  # fmt: skip


@dataclass(frozen=True)
class Accepted:
    """What may be uploaded for one purpose.

    Args:
        noun: what it is, for sentences.
        folder: how a folder of several files is called when nothing gives it a name.
        suffixes: of the files, in small letters.
        most_members: of an archive, or files in one go.
        languages: whether a text may end in its language, such as ``train.de``.
    """

    noun: str
    folder: str
    suffixes: frozenset[str]
    most_members: int
    languages: bool = False


MODEL_FILES = Accepted(
    "a model", "my-model", frozenset({".safetensors", ".json", ".txt", ".model", ".md", ".jinja"}), most_members=200
)
DATA_FILES = Accepted(
    "data",
    "my-data",
    frozenset({".csv", ".tsv", ".json", ".jsonl", ".txt", ".data", *_CONTENT}),
    most_members=20_000,
    languages=True,
)


class Places:
    """Gives every name, as it came, the parts of a path that is safe, and each place once."""

    def __init__(self, accepted: Accepted) -> None:
        self._accepted = accepted
        self._taken: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = set()

    def take(self, raw: str) -> tuple[str, ...]:
        """The parts for one name.

        Raises:
            UnsafeFileError: it could lead elsewhere, or its kind is not accepted.
            DataError: its place is taken.
        """
        parts = tuple(unicodedata.normalize("NFC", part) for part in raw.split("/"))
        safe = all(_NAME.fullmatch(part) and len(part) <= _LONGEST_NAME and part[-1] not in ". " for part in parts)
        if not safe or len(parts) > DEEPEST + 1:
            raise UnsafeFileError(
                f"The name {quoted(raw)} is refused.",
                where="upload",
                remedy=f"Use letters, digits, spaces and . _ - in names, and at most {DEEPEST} folders in each other.",
            )
        suffix = Path(parts[-1]).suffix.lower()
        spoken = self._accepted.languages and _LANGUAGE.fullmatch(suffix) and suffix not in _NO_LANGUAGES
        if suffix not in self._accepted.suffixes and not spoken:
            raise _not_accepted(parts[-1], self._accepted)
        folded = tuple(part.casefold() for part in parts)
        above = {folded[:depth] for depth in range(1, len(folded))}
        if folded in self._taken or folded in self._folders or above & self._taken:
            raise DataError(f"Two files are called {quoted(raw)}.", where="upload", remedy="Rename one of them.")
        self._taken.add(folded)
        self._folders |= above
        return parts


def check_content(path: Path, name: str, accepted: Accepted) -> None:
    """See that the first bytes say the same as the name.

    Raises:
        UnsafeFileError: they say something else.
        DataError: the file is empty.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise DataError("The file is empty (0 bytes).", where=name, remedy="Replace it or leave it out.")
    found, suffix = kind_of(head[:16]), Path(name).suffix.lower()
    if accepted is MODEL_FILES:
        refuse_by_content(path)
        return
    expected = _CONTENT.get(suffix, "")
    if found != expected or (not expected and b"\0" in head):
        raise UnsafeFileError(
            f"Behind this name stands {found or 'something else'}, not {expected or 'UTF-8 text'}.",
            where=name,
            remedy="Give the file under its own name, in a form that is accepted.",
        )


def _not_accepted(name: str, accepted: Accepted) -> UnsafeFileError:
    if Path(name).suffix.lower() in CODE_CARRIERS and accepted is MODEL_FILES:
        return refusal(Path(name))
    return UnsafeFileError(
        f"Files of kind {quoted(Path(name).suffix or name)} are not accepted as {accepted.noun}.",
        where=name[-80:],
        remedy=f"Accepted are {', '.join(sorted(accepted.suffixes))}; unpack what is packed, or pack all as one zip.",
    )
