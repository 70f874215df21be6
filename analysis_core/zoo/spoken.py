"""Digits and numbers spoken by a machine: many voices, speeds and pitches, each clip under a second.

Source: the synthesiser eSpeak NG (Debian's package ``espeak-ng``), which training needs and nothing else does: what
ships are short FLAC clips. A voice is one accent of English in one variant of the synthesiser's larynx; parts are cut
by variant, so that a model is judged on voices that it never heard. Clips carry noise and stand at a random place in
their time.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soundfile  # type: ignore[import-untyped]  # the package carries no types

from analysis_core.data.sounds import resampled
from analysis_core.errors import ConfigurationError

RATE_HZ = 8_000
LONGEST_SPEECH = 6_640
"""Samples, which is 0.83 s; slower speech is cut off."""
IN_A_ROW = 10
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
VARIANTS = {
    "train": ("m1", "m3", "m5", "m7", "f1", "f3", "f5", "Andy", "Alicia", "adam", "anika", "benjamin", "caleb",
              "david", "ed", "edward", "gene", "john", "linda", "Hugo", "michel", "paul", "pedro", "steph"),
    "search": ("m2", "m8", "f2", "max", "Andrea", "rob"),
    "test": ("m4", "m6", "f4", "mike", "belinda", "robert", "Marco", "quincy"),
}  # fmt: skip
SLOWEST, FASTEST = 170, 250
"""Words a minute."""
LOWEST, HIGHEST = 20, 80
"""The synthesiser's own scale of pitch, 0 to 99."""
QUIETEST_AUDIBLE = 0.01
SNR_DB = (6.0, 25.0)
"""How far speech stands above noise."""
PEAK = (0.3, 0.9)
MOST_SILENCE_SECONDS = 0.06
"""Before and after speech, each."""
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class Clip:
    """What one voice said once.

    Args:
        number: 0 to 99.
        samples: without noise and silence, ``[samples]`` float32 at `RATE_HZ`, peak 1.
    """

    number: int
    samples: np.ndarray

    @property
    def text(self) -> str:
        """What was said."""
        return words_of(self.number)


def words_of(number: int) -> str:
    """A number from 0 to 99 in words.

    >>> words_of(7), words_of(40), words_of(42)
    ('seven', 'forty', 'forty two')
    """
    if number < len(_UNITS):
        return _UNITS[number]
    tens, units = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_UNITS[units]}" if units else "")


@lru_cache(maxsize=8)
def spoken(part: str, numbers: Sequence[int], takes: int, seed: int) -> tuple[Clip, ...]:
    """Every number, `takes` times by each voice of a part; up to ten in a row at one speed and pitch.

    Args:
        part: of `VARIANTS`.
        numbers: a tuple or a range.
        takes: how often a voice says each number.
        seed: of accents, speeds, pitches, and which numbers are said in a row.

    Raises:
        ConfigurationError: the synthesiser is not installed.
    """
    draws = np.random.default_rng([seed, list(VARIANTS).index(part)])
    clips: list[Clip] = []
    for variant in VARIANTS[part] * takes:
        order = draws.permutation(list(numbers)).tolist()
        for row in (order[first : first + IN_A_ROW] for first in range(0, len(order), IN_A_ROW)):
            voice = f"{draws.choice(ACCENTS)}+{variant}"
            speed, pitch = draws.integers(SLOWEST, FASTEST + 1), draws.integers(LOWEST, HIGHEST + 1)
            said = speak([words_of(number) for number in row], voice, int(speed), int(pitch))
            clips.extend(Clip(number, samples) for number, samples in zip(row, said, strict=True))
    return tuple(clips)


def speak(texts: Sequence[str], voice: str, words_per_minute: int, pitch: int) -> list[np.ndarray]:
    """Each text's speech ``[samples]`` float32 at `RATE_HZ`, peak 1, without silence at both ends.

    Raises:
        ConfigurationError: the synthesiser is not installed.
    """
    if shutil.which("espeak-ng") is None:
        raise ConfigurationError(
            "The speech synthesiser 'espeak-ng' is not installed.",
            where="zoo train",
            remedy="Install Debian's package espeak-ng; only training needs it, not the trained models.",
        )
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout"]
    paragraphs = "".join(f"{text}.\n\n" for text in texts)  # it pauses after each
    done = subprocess.run(command, input=paragraphs.encode(), capture_output=True, check=True)  # noqa: S603  # our own words
    samples, rate_hz = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
    return [
        np.asarray(speech / np.abs(speech).max(), dtype=np.float32)[:LONGEST_SPEECH]
        for speech in between_pauses(resampled(samples, rate_hz, RATE_HZ), len(texts))
    ]


def between_pauses(samples: np.ndarray, pieces: int) -> list[np.ndarray]:
    """Cut a recording at its longest pauses.

    >>> [piece.tolist() for piece in between_pauses(np.array([0, 0.5, 0.5, 0, 0, 0.5, 0, 0.5, 0]), 2)]
    [[0.5, 0.5], [0.5, 0.0, 0.5]]
    """
    audible = np.flatnonzero(np.abs(samples) > QUIETEST_AUDIBLE)
    longest = np.sort(np.argsort(np.diff(audible))[len(audible) - pieces :])
    starts = audible[np.concatenate([[0], longest + 1])]
    stops = audible[np.concatenate([longest, [len(audible) - 1]])] + 1
    return [samples[start:stop] for start, stop in zip(starts, stops, strict=True)]


def recorded(samples: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """The speech as if recorded: at some loudness, with silence around and noise over it, -1 … 1."""
    before, after = draws.integers(0, int(MOST_SILENCE_SECONDS * RATE_HZ) + 1, 2)
    around = np.pad(samples * draws.uniform(*PEAK), (before, after))
    power = float(np.square(around).mean()) * 10 ** (-draws.uniform(*SNR_DB) / 10)
    noise = draws.standard_normal(len(around), dtype=np.float32) * power**0.5
    return np.asarray(np.clip(around + noise, -1.0, 1.0), dtype=np.float32)


def flac_of(samples: np.ndarray) -> bytes:
    """A FLAC file of 8 bits a sample, which is finer than the noise."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format="FLAC", subtype="PCM_S8")
    return buffer.getvalue()


def padded(clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Sounds ``[clips, samples]`` float32, filled up with zeros to the longest, and their lengths ``[clips]``."""
    lengths = np.array([len(clip) for clip in clips])
    filled = np.zeros((len(clips), int(lengths.max())), dtype=np.float32)
    for row, clip in zip(filled, clips, strict=True):
        row[: len(clip)] = clip
    return filled, lengths
