"""What a file really is, told by its first bytes and not by its name."""

from __future__ import annotations

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"fLaC", "a FLAC sound"),
    (b"OggS", "an Ogg sound"),
    (b"ID3", "an MP3 sound"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x7fELF", "a program"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_RIFF_KINDS = {b"WAVE": "a WAV sound", b"WEBP": "a WebP picture", b"AVI ": "an AVI film"}


def kind_of(head: bytes) -> str:
    """What the first bytes say, such as ``"a WAV sound"``; empty where they say nothing.

    >>> kind_of(b"RIFF....WAVEfmt ")
    'a WAV sound'
    >>> kind_of(b"text,label")
    ''
    """
    if head[:4] == b"RIFF":
        return _RIFF_KINDS.get(head[8:12], "")
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), "")


def quoted(text: object, longest: int = 60) -> str:
    """Something that a file says, in single quotes, on one line, and never long.

    >>> quoted("one\\ntwo")
    "'one two'"
    """
    line = " ".join(str(text).split())
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return f"'{line[: longest - 1]}…'" if len(line) > longest else f"'{line}'"
