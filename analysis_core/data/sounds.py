"""Open a sound, and say clearly when it cannot be opened."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis_core.data.contents import kind_of
from analysis_core.data.digests import unhashed
from analysis_core.errors import DataError

SOUND_SUFFIXES = (".wav", ".flac")
LONGEST_SECONDS = 600
MOST_CHANNELS = 8
SLOWEST_RATE_HZ, FASTEST_RATE_HZ = 1_000, 192_000
_BLOCK_FRAMES = 2**18


@dataclass(frozen=True)
class Sound:
    """A sound as its file holds it, known to be whole.

    Args:
        encoded: the bytes of a WAV or FLAC file.
        rate_hz: samples in a second.
        frames: samples of one channel.
        where: how it is called in errors.
    """

    encoded: bytes
    rate_hz: int = unhashed()
    frames: int = unhashed()
    where: str = unhashed()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.frames / self.rate_hz

    def samples(self, rate_hz: int | None = None) -> np.ndarray:
        """One channel, ``[samples]``, float32, -1 … 1: the mean of all channels, resampled to the rate asked for.

        Resampling is by a polyphase filter (``scipy.signal.resample_poly``), which may overshoot ±1 a little.
        """
        with _opened(self.encoded, self.where) as file:
            mono = np.concatenate([block.mean(axis=1) for block in _blocks(file)])
        return mono if rate_hz is None else resampled(mono, self.rate_hz, rate_hz)


def check_sound(encoded: Any, where: str) -> tuple[Sound, bytes]:
    """The sound of a WAV or FLAC file after it was read from its first sample to its last.

    Args:
        encoded: the file's bytes.
        where: how it is called in errors.

    Returns:
        The sound, and a digest of its rate and samples: the same for a WAV and a FLAC file of one recording.

    Raises:
        DataError: it is empty, of another kind, damaged, cut off, too long, or holds samples that are no numbers.
    """
    if encoded is not None and not isinstance(encoded, bytes):
        raise DataError(
            f"A sound of type '{type(encoded).__name__}' is not understood.",
            where=where,
            remedy="Give the bytes of a WAV or FLAC file.",
        )
    if not encoded:
        raise DataError("The sound is empty (0 bytes).", where=where, remedy="Replace it or leave it out.")
    with _opened(encoded, where) as file:
        _check_header(file, where)
        digest = hashlib.sha256(f"{file.samplerate}:{file.channels}:".encode())
        frames = 0
        try:
            for block in _blocks(file):
                if not np.isfinite(block).all():
                    raise DataError("The sound holds samples that are no numbers.", where=where, remedy="Replace it.")
                digest.update(block.tobytes())
                frames += len(block)
        except RuntimeError as error:
            raise _damaged(where) from error
        if frames < file.frames or _wav_is_cut_off(encoded):
            raise _damaged(where)
        return Sound(encoded, file.samplerate, frames, where), digest.digest()


def resampled(samples: np.ndarray, rate_hz: int, new_rate_hz: int) -> np.ndarray:
    """One channel ``[samples]`` at another rate, float32.

    Raises:
        DataError: a rate that is not positive.
    """
    if new_rate_hz <= 0:
        raise DataError(f"A sound cannot have {new_rate_hz} samples in a second.", remedy="Ask for 16000, say.")
    if rate_hz == new_rate_hz:
        return samples
    from scipy.signal import resample_poly

    shared = math.gcd(rate_hz, new_rate_hz)
    return np.asarray(resample_poly(samples, new_rate_hz // shared, rate_hz // shared), dtype=np.float32)


def _opened(encoded: bytes, where: str) -> Any:
    import soundfile  # type: ignore[import-untyped]  # the package carries no types

    kind = kind_of(encoded[:16])
    if kind not in ("a WAV sound", "a FLAC sound"):
        raise DataError(
            f"The sound cannot be read as WAV or FLAC: it is {kind or 'something else'}.",
            where=where,
            remedy="Replace it or leave it out.",
        )
    try:
        return soundfile.SoundFile(io.BytesIO(encoded))
    except RuntimeError as error:
        raise _damaged(where) from error


def _blocks(file: Any) -> Iterator[np.ndarray]:
    """Samples ``[frames, channels]``, piece by piece, so that no file unpacks to more than one channel."""
    while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        yield block


def _check_header(file: Any, where: str) -> None:
    if file.frames <= 0:
        raise DataError("The sound lasts 0 seconds.", where=where, remedy="Replace it or leave it out.")
    if not SLOWEST_RATE_HZ <= file.samplerate <= FASTEST_RATE_HZ or file.channels > MOST_CHANNELS:
        raise DataError(
            f"The sound has {file.channels} channels and {file.samplerate:,} samples in a second; "
            f"at most {MOST_CHANNELS} and {SLOWEST_RATE_HZ:,} to {FASTEST_RATE_HZ:,} are read.",
            where=where,
            remedy="Convert it to one channel of 16,000 samples in a second.",
        )
    seconds = file.frames / file.samplerate
    if seconds > LONGEST_SECONDS:
        raise DataError(
            f"The sound lasts {seconds:,.0f} seconds; at most {LONGEST_SECONDS} are read.",
            where=where,
            remedy="Cut it into pieces.",
        )


def _wav_is_cut_off(encoded: bytes) -> bool:
    """Whether the file ends before its data chunk does; the library reads such a file as a shorter sound."""
    if encoded[:4] != b"RIFF":
        return False
    position = 12
    while position + 8 <= len(encoded):
        size = int.from_bytes(encoded[position + 4 : position + 8], "little")
        if encoded[position : position + 4] == b"data":
            streamed = size in (0, 2**32 - 1)  # written by programs that did not know the length yet
            return not streamed and position + 8 + size > len(encoded)
        position += 8 + size + size % 2
    return False


def _damaged(where: str) -> DataError:
    return DataError(
        "The sound cannot be read as WAV or FLAC: it is damaged or cut off.",
        where=where,
        remedy="Replace it or leave it out.",
    )
