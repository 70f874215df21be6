"""Spoken clips: what is said, how it is cut, and how it is made to sound recorded."""

from __future__ import annotations

import io
import itertools
import shutil

import numpy as np
import pytest
import soundfile

from analysis_core.errors import ConfigurationError
from analysis_core.zoo import spoken
from analysis_core.zoo.spoken import VARIANTS, Clip, between_pauses, flac_of, padded, recorded, words_of
from analysis_core.zoo.spoken_digits import digit_sample, spread

SPEECH = np.sin(np.arange(2400) / 5).astype(np.float32)


def test_numbers_in_words() -> None:
    assert [words_of(number) for number in (0, 13, 20, 21, 99)] == [
        "zero", "thirteen", "twenty", "twenty one", "ninety nine"
    ]  # fmt: skip
    assert len({words_of(number) for number in range(100)}) == 100


def test_no_voice_is_heard_in_two_parts() -> None:
    for one, other in itertools.combinations(VARIANTS.values(), 2):
        assert not set(one) & set(other)


def test_a_recording_is_cut_at_its_longest_pauses_only() -> None:
    silence, stop = np.zeros(900, np.float32), np.zeros(300, np.float32)
    said = np.concatenate([silence, SPEECH, silence, SPEECH[:700], stop, SPEECH[:500], silence])
    first, second = between_pauses(said, 2)
    assert abs(len(first) - 2400) < 5 and abs(len(second) - 1500) < 5
    assert len(between_pauses(said, 3)) == 3


def test_noise_is_as_loud_as_drawn_and_silence_surrounds() -> None:
    draws = np.random.default_rng(0)
    heard = [recorded(SPEECH, draws) for _ in range(60)]
    lengths = np.array([len(clip) for clip in heard]) - len(SPEECH)
    assert lengths.min() >= 0 and lengths.max() <= 2 * 480 and len(set(lengths)) > 20
    assert all(np.abs(clip).max() <= 1.0 and clip.dtype == np.float32 for clip in heard)
    assert len({round(float(np.abs(clip).max()), 1) for clip in heard}) > 3


def test_a_flac_of_eight_bits_keeps_the_speech() -> None:
    back, rate_hz = soundfile.read(io.BytesIO(flac_of(0.5 * SPEECH)), dtype="float32")
    assert rate_hz == spoken.RATE_HZ
    np.testing.assert_allclose(back, 0.5 * SPEECH, atol=1 / 127)


def test_padding_is_silence_behind() -> None:
    sounds, lengths = padded([np.ones(3, np.float32), np.ones(5, np.float32)])
    assert sounds.tolist() == [[1, 1, 1, 0, 0], [1] * 5] and lengths.tolist() == [3, 5]


def test_a_sample_holds_each_part_and_repeats_itself() -> None:
    clips = [Clip(number, SPEECH) for number in range(10)]
    parts = {"search": clips[:3], "test": clips[3:6], "heal": spread(clips, 4)}
    sample = digit_sample(parts, seed=1)
    assert sample["label"].tolist() == [0, 1, 2, 3, 4, 5, 0, 3, 6, 9]
    assert sample.equals(digit_sample(parts, seed=1)) and not sample.equals(digit_sample(parts, seed=2))


def test_without_the_synthesiser_training_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ConfigurationError, match="'espeak-ng' is not installed"):
        spoken.speak(["one"], "en-us+m1", 200, 50)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="only training needs the synthesiser")
def test_the_synthesiser_says_each_text_once_and_always_the_same() -> None:
    words = ["one", "seventy seven", "six"]
    said = spoken.speak(words, "en-gb+f2", 200, 50)
    assert len(said) == 3 and len(said[1]) == max(map(len, said))
    assert all(0.1 < len(clip) / spoken.RATE_HZ <= 0.83 and np.isclose(np.abs(clip).max(), 1) for clip in said)
    for one, again in zip(said, spoken.speak(words, "en-gb+f2", 200, 50), strict=True):
        np.testing.assert_array_equal(one, again)
