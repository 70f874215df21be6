"""A folder of sounds: one folder a class, or a file that says what is spoken in each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis_core.data.contents import quoted
from analysis_core.data.digests import unhashed
from analysis_core.data.files import Total, check_file, check_folder, file_below, files_in, name_below
from analysis_core.data.labels import indices_and_names
from analysis_core.data.lines import text_lines
from analysis_core.data.options import ReadOptions
from analysis_core.data.records import RecordSet
from analysis_core.data.sounds import SOUND_SUFFIXES, Sound, check_sound
from analysis_core.data.splitting import assign_parts
from analysis_core.errors import DataError

TRANSCRIPT_NAMES = ("transcripts.tsv", "transcripts.txt", "transcript.tsv", "transcript.txt")
_BY_CONTENT = "Recordings with the same sound are never divided."
_BY_SPEAKER = "A speaker's recordings (one folder a speaker) are never divided, nor are recordings with the same sound."

_Row = tuple[Path, int | None, str | None, str]
"""File, label, transcript, speaker."""


@dataclass(frozen=True)
class SoundExample:
    """A recording, and what it is or says.

    Args:
        sound: decode it with ``sound.samples(rate_hz)``.
        label: index of its class; None where sounds have transcripts.
        transcript: what is spoken; None where sounds have classes.
        speaker: name of the folder of its speaker or session; empty where there is none.
    """

    sound: Sound
    label: int | None
    transcript: str | None
    speaker: str = unhashed(default="")


def read_sound_classes(folder: Path, options: ReadOptions | None = None) -> RecordSet[SoundExample]:
    """``class/sound.wav`` or ``class/speaker/sound.wav``.

    Raises:
        DataError: names the first file that is wrong.
    """
    options = options or ReadOptions()
    files = [path for path in files_in(check_folder(folder), SOUND_SUFFIXES, deepest=3) if path.parent != folder]
    if not files:
        raise DataError(
            "The folder holds no WAV or FLAC files in folders named by class.",
            where=folder.name,
            remedy="Make one folder for each class and put its sounds there.",
        )
    places = [path.relative_to(folder).parts for path in files]
    sources = [name_below(path, folder) for path in files]
    labels, class_names = indices_and_names([place[0] for place in places], sources, options.class_names)
    speakers = [place[1] if len(place) == 3 else "" for place in places]
    rows: list[_Row] = [
        (path, label, None, speaker) for path, label, speaker in zip(files, labels.tolist(), speakers, strict=True)
    ]
    return _collected(folder, rows, class_names, options)


def read_transcribed_sounds(folder: Path, options: ReadOptions | None = None) -> RecordSet[SoundExample]:
    """Sounds and a file such as ``transcripts.tsv`` with lines ``file<TAB>text``.

    A file named ``speaker/1.wav`` belongs to the speaker that its first folder is named for.

    Raises:
        DataError: names the first line or file that is wrong.
    """
    options = options or ReadOptions()
    listing = transcript_file(check_folder(folder))
    if listing is None:
        raise DataError(
            "The folder has no transcript file.", where=folder.name, remedy=f"Put a {TRANSCRIPT_NAMES[0]} into it."
        )
    rows: list[_Row] = []
    seen: set[Path] = set()
    for number, line in enumerate(text_lines(listing), start=1):
        if not line.strip():
            continue
        where = f"{listing.name}, line {number}"
        path, text = _file_and_text(line, folder, where)
        if path in seen:
            raise DataError("The file has a transcript already.", where=where, remedy="Drop one of both.")
        seen.add(path)
        place = path.relative_to(folder).parts
        rows.append((path, None, text, place[0] if len(place) > 1 else ""))
    if not rows:
        raise DataError("The file names no sounds.", where=listing.name, remedy="Write lines 'file<TAB>text'.")
    return _collected(folder, rows, (), options)


def transcript_file(folder: Path) -> Path | None:
    """The folder's transcript file; None where there is none."""
    name = next((name for name in TRANSCRIPT_NAMES if (folder / name).is_file()), None)
    return file_below(folder, name, folder.name) if name else None


def _file_and_text(line: str, folder: Path, where: str) -> tuple[Path, str]:
    name, tab, text = line.rstrip("\r\n").partition("\t")
    if not tab or not name.strip() or not text.strip():
        raise DataError(
            f"Expected file<TAB>text; found {quoted(line)}.", where=where, remedy="Put one tab between both."
        )
    path = file_below(folder, name.strip(), where)
    if path.suffix.lower() not in SOUND_SUFFIXES:
        raise DataError(f"The file {quoted(name)} is no .wav or .flac file.", where=where, remedy="Convert it.")
    return path, text.strip()


def _collected(
    folder: Path,
    rows: list[_Row],
    class_names: tuple[str, ...],
    options: ReadOptions,
) -> RecordSet[SoundExample]:
    records: list[SoundExample] = []
    ties: list[tuple[bytes | str, ...]] = []
    total = Total(folder.name)
    by_speaker = len({speaker for *_, speaker in rows if speaker}) >= 2  # one speaker cannot be on two sides
    for path, label, transcript, speaker in rows:
        where = name_below(path, folder)
        total.add(check_file(path, where))
        sound, digest = check_sound(path.read_bytes(), where)
        records.append(SoundExample(sound, label, transcript, speaker))
        ties.append((digest, speaker) if by_speaker and speaker else (digest,))
    return RecordSet(
        name=folder.name,
        parts=assign_parts(ties, options.seed),
        split_rule=_BY_SPEAKER if by_speaker else _BY_CONTENT,
        class_names=class_names,
        records=tuple(records),
    )
