"""Sounds: decoded as they were written, resampled as a sine must be, refused with a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data import files, sounds
from analysis_core.data.options import ReadOptions
from analysis_core.data.sound_folders import read_sound_classes, read_transcribed_sounds
from analysis_core.data.sounds import check_sound, resampled
from analysis_core.errors import DataError


def sine(hertz: float, rate_hz: int = 8000, seconds: float = 0.25) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate_hz * seconds)) / rate_hz)


def encoded(samples: np.ndarray, rate_hz: int = 8000, kind: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=200),
    kind=st.sampled_from(["WAV", "FLAC"]),
    rate_hz=st.sampled_from([8000, 16000, 44100]),
)
def test_sixteen_bits_come_back_exactly(values: list[int], kind: str, rate_hz: int) -> None:
    sound, _ = check_sound(encoded(np.array(values, dtype=np.int16), rate_hz, kind), "x")
    assert (sound.rate_hz, sound.frames) == (rate_hz, len(values))
    np.testing.assert_array_equal(sound.samples() * 2**15, values)


def test_channels_are_averaged_also_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "_BLOCK_FRAMES", 100)
    both = np.stack([sine(440), sine(880)], axis=1)
    sound, _ = check_sound(encoded(both, subtype="DOUBLE"), "x")
    np.testing.assert_allclose(sound.samples(), both.mean(axis=1), atol=1e-7)
    assert sound.seconds == 0.25


@pytest.mark.parametrize(("rate_hz", "new_rate_hz"), [(8000, 16000), (44100, 16000), (48000, 16000), (16000, 11025)])
def test_a_sine_stays_a_sine_at_another_rate(rate_hz: int, new_rate_hz: int) -> None:
    got = resampled(sine(300, rate_hz, 0.5), rate_hz, new_rate_hz)
    expected = sine(300, new_rate_hz, 0.5)
    assert abs(len(got) - len(expected)) <= 1 and got.dtype == np.float32
    inside = slice(200, len(expected) - 200)  # at the ends the filter sees silence
    np.testing.assert_allclose(got[inside], expected[inside], atol=2e-3)


def test_what_the_new_rate_cannot_hold_is_taken_out() -> None:
    assert np.abs(resampled(sine(7000, 44100, 0.5), 44100, 8000)[200:-200]).max() < 5e-3


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="0 samples in a second"):
        resampled(sine(300), 8000, 0)


def test_wav_and_flac_of_one_recording_have_one_digest() -> None:
    values = (sine(440) * 2**15).astype(np.int16)
    wav, flac = (check_sound(encoded(values, kind=kind), "x")[1] for kind in ("WAV", "FLAC"))
    assert wav == flac != check_sound(encoded(values, rate_hz=16000), "x")[1]


WAV = encoded(sine(440))
FLAC = encoded(np.random.default_rng(0).normal(0, 0.1, 20000), kind="FLAC")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"empty \(0 bytes\)"),
        (encoded(np.zeros(0)), "lasts 0 seconds"),
        (WAV[:-100], "damaged or cut off"),
        (WAV[:20], "damaged or cut off"),
        (FLAC[: len(FLAC) // 2], "damaged or cut off"),
        (FLAC[:30], "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "as WAV or FLAC: it is a PNG picture"),
        (b"OggS" + b"x" * 50, "it is an Ogg sound"),
        (b"plain words", "it is something else"),
        (encoded(np.array([0.0, np.nan]), subtype="FLOAT"), "samples that are no numbers"),
        (encoded(np.zeros((10, 9))), "9 channels"),
        (encoded(np.zeros(10), rate_hz=100), "100 samples in a second"),
    ],
    ids=range(12),  # some of the files hold the time
)
def test_what_cannot_be_heard_is_named(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"one/1.wav: .*({message})"):
        check_sound(content, "one/1.wav")


def test_a_long_sound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "LONGEST_SECONDS", 0.1)
    with pytest.raises(DataError, match=r"at most 0\.1 are read"):
        check_sound(WAV, "x")


def write(path: Path, hertz: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = (sine(hertz, seconds=0.05) * 2**15).astype(np.int16)
    path.write_bytes(encoded(values, kind=path.suffix[1:].upper()))


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    for number, digit in enumerate(("one", "two")):
        for speaker in range(5):
            for take in range(3):
                write(
                    tmp_path / "spoken" / digit / f"voice {speaker}" / f"{take}.wav", 100 + 50 * speaker + take + number
                )
    return tmp_path / "spoken"


def test_speakers_are_never_divided(spoken: Path) -> None:
    found = read_sound_classes(spoken)
    assert found.class_names == ("one", "two") and len(found) == 30
    assert found.labels is not None and found.labels.tolist() == [0] * 15 + [1] * 15
    sides: dict[str, set[str]] = {}
    for record, part in zip(found, found.parts, strict=True):
        sides.setdefault(record.speaker, set()).add(part)
    assert len(sides) == 5 and all(len(parts) == 1 for parts in sides.values()) and len(found.splits) == 3
    assert "speaker" in found.split_rule
    assert found[0].sound.samples(16000).shape == (800,)


def test_without_speakers_equal_sounds_stay_together(tmp_path: Path) -> None:
    for take in range(8):
        write(tmp_path / "a" / f"{take}.wav", 100 + take)
        write(tmp_path / "b" / f"{take}.flac", 100 + take)
    found = read_sound_classes(tmp_path)
    assert (found.parts[:8] == found.parts[8:]).all() and len(found.splits) == 3
    assert "same sound" in found.split_rule and "speaker" not in found.split_rule


def test_the_checksum_is_of_sounds_and_labels(spoken: Path, tmp_path: Path) -> None:
    before = read_sound_classes(spoken).sha256
    spoken.rename(tmp_path / "renamed")
    assert read_sound_classes(tmp_path / "renamed", ReadOptions(seed=4)).sha256 == before
    write(tmp_path / "renamed" / "two" / "voice 0" / "0.wav", 999)
    assert read_sound_classes(tmp_path / "renamed").sha256 != before


@pytest.fixture
def transcribed(tmp_path: Path) -> Path:
    for name in ("a/1.wav", "a/2.wav", "b/1.flac"):
        write(tmp_path / name, 100 + len(name) + ord(name[0]) + ord(name[2]))
    (tmp_path / "transcripts.tsv").write_text("a/1.wav\tone\na/2.wav\t two \n\nb/1.flac\tthree\n")
    return tmp_path


def test_transcripts_go_with_their_files(transcribed: Path) -> None:
    found = read_transcribed_sounds(transcribed)
    assert [(record.transcript, record.speaker) for record in found] == [("one", "a"), ("two", "a"), ("three", "b")]
    assert found.parts[0] == found.parts[1] != found.parts[2] and found.labels is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a/1.wav one", r"transcripts\.tsv, line 3: Expected file<TAB>text; found 'a/1\.wav one'"),
        ("a/3.wav\tone", r"line 3: The file 'a/3\.wav' is not in the folder"),
        ("../x.wav\tone", "line 3: .*leads out of the folder"),
        ("a/1.wav\tone", "line 3: The file has a transcript already"),
        ("a/x.mp3\tone", r"line 3: The file 'a/x\.mp3' is no \.wav or \.flac file"),
        ("a/1.wav\t ", "line 3: Expected file<TAB>text"),
        ("b/2.wav\tone", r"b/2\.wav: The file is empty \(0 bytes\)"),
    ],
)
def test_a_wrong_transcript_names_its_line(transcribed: Path, line: str, message: str) -> None:
    (transcribed / "a" / "x.mp3").write_bytes(b"ID3")
    (transcribed / "b" / "2.wav").touch()
    (transcribed / "transcripts.tsv").write_text(f"a/1.wav\tone\na/2.wav\ttwo\n{line}\n")
    with pytest.raises(DataError, match=message):
        read_transcribed_sounds(transcribed)


def test_folders_without_sounds_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder for each class"):
        read_sound_classes(tmp_path)
    with pytest.raises(DataError, match="no transcript file"):
        read_transcribed_sounds(tmp_path)
    (tmp_path / "transcripts.tsv").write_text("\n\n")
    with pytest.raises(DataError, match="names no sounds"):
        read_transcribed_sounds(tmp_path)
    (tmp_path / "transcripts.tsv").unlink()
    (tmp_path / "transcripts.tsv").symlink_to("/etc/passwd")
    with pytest.raises(DataError, match="leads out"):
        read_transcribed_sounds(tmp_path)


def test_more_than_memory_should_hold_is_refused(transcribed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FOLDER_BYTES", 1000)
    with pytest.raises(DataError, match=r"holds more than .* files or 1,000 bytes"):
        read_transcribed_sounds(transcribed)


def test_a_broken_sound_in_a_folder_is_named(spoken: Path) -> None:
    (spoken / "one" / "voice 1" / "2.wav").write_bytes(WAV[:-50])
    with pytest.raises(DataError, match=r"one/voice 1/2\.wav: The sound cannot be read"):
        read_sound_classes(spoken)
