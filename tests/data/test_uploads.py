"""What is taken from people's browsers, and what is refused: by name, by size, by content."""

from __future__ import annotations

import io
import pickle
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from analysis_core.data import uploads
from analysis_core.data.accepted import DATA_FILES, MODEL_FILES, Accepted
from analysis_core.data.uploads import Upload, find_upload, receive
from analysis_core.errors import DataError, LayerwiseError, StorageError, UnsafeFileError

TABLE = b"text,label\ngood,1\n"


def png(shade: int = 0) -> bytes:
    sink = io.BytesIO()
    Image.new("L", (4, 4), shade).save(sink, "PNG")
    return sink.getvalue()


def packed(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def take(folder: Path, files: Mapping[str, bytes], accepted: Accepted = DATA_FILES) -> Upload:
    given: list[tuple[str, BinaryIO]] = [(name, io.BytesIO(content)) for name, content in files.items()]
    return receive(given, folder / "uploads", accepted)


def left_over(folder: Path) -> list[str]:
    return [path.name for path in (folder / "uploads").iterdir()]


def test_one_file_keeps_its_name_and_the_same_content_its_place(tmp_path: Path) -> None:
    first, again = take(tmp_path, {"reviews.csv": TABLE}), take(tmp_path, {"reviews.csv": TABLE})
    assert first == again == find_upload(first.key, tmp_path / "uploads")
    assert first.path.name == "reviews.csv" and first.path.read_bytes() == TABLE
    assert left_over(tmp_path) == [first.key]
    assert take(tmp_path, {"reviews.csv": TABLE + b"bad,0\n"}).key != first.key


def test_several_files_lie_together(tmp_path: Path) -> None:
    given = take(tmp_path, {"train.en": b"one\n", "train.de": b"eins\n"})
    assert given.path.name == "my-data"
    assert given.files == {"train.en": 4, "train.de": 5}


def test_a_zip_keeps_its_folders_and_loses_the_one_around_them(tmp_path: Path) -> None:
    files = {"Digits/0/a.png": png(0), "Digits/1/b.png": png(9), "__MACOSX/._x": b"-", "Digits/.DS_Store": b"-"}
    given = take(tmp_path, {"Größe & Form.zip": packed(files)})
    assert given.path.name == "groe-form"
    assert sorted(given.files) == ["0/a.png", "1/b.png"]


def test_the_streams_stay_open_for_another_look(tmp_path: Path) -> None:
    stream = io.BytesIO(TABLE)
    receive([("a.csv", stream)], tmp_path, DATA_FILES)
    assert not stream.closed


@pytest.mark.parametrize(
    "name",
    ["../a.csv", "/etc/a.csv", "a/../../b.csv", "C:\\a.csv", "a\\b.csv", "a\0.csv", "", "a//b.csv", "~/a.csv",
     "1/2/3/4/5/6.csv", " a.csv", "a .csv/", "x" * 130 + ".csv", "a/./b.csv"],
)  # fmt: skip
def test_names_that_could_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFileError, match="The name"):
        take(tmp_path, {name: TABLE})
    assert left_over(tmp_path) == []


def test_names_in_a_zip_are_looked_at_as_hard(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="is refused"):
        take(tmp_path, {"x.zip": packed({"../../evil.csv": TABLE})})
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("names", [("a.csv", "A.csv"), ("e\u0301.csv", "\u00e9.csv"), ("x.csv", "x.csv/y.csv")])
def test_two_files_for_one_place_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="Two files are called"):
        take(tmp_path, {"x.zip": packed(dict.fromkeys(names, TABLE))})


def test_a_name_listed_twice_is_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", TABLE)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.csv", b"text\nother\n")
    with pytest.raises(DataError, match="Two files are called"):
        take(tmp_path, {"x.zip": sink.getvalue()})


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    bomb = packed({"zeros.csv": b"0," * (10 * 2**20)})
    assert len(bomb) < 100_000
    with pytest.raises(UnsafeFileError, match="unpacks to more than 16 MiB"):
        take(tmp_path, {"x.zip": bomb})
    assert left_over(tmp_path) == []


def test_many_small_files_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    with pytest.raises(UnsafeFileError, match="unpacks to more"):
        take(tmp_path, {f"{number}.csv": TABLE for number in range(10)})


def test_a_long_list_is_refused_before_it_is_read(tmp_path: Path) -> None:
    files = {f"{number}.txt": b"x" for number in range(MODEL_FILES.most_members + 1)}
    with pytest.raises(UnsafeFileError, match="lists more than 200 files"):
        take(tmp_path, {"x.zip": packed(files)}, MODEL_FILES)
    with pytest.raises(DataError, match="more than 200 files"):
        take(tmp_path, files, MODEL_FILES)


def test_an_archive_that_understates_its_list_is_refused(tmp_path: Path) -> None:
    """The count in the end record is ours to lie about; the size of the list decides as well."""
    whole = packed({f"{number}.txt": b"x" for number in range(3000)})
    place = whole.rindex(b"PK\x05\x06")
    lying = whole[: place + 8] + struct.pack("<2H", 1, 1) + whole[place + 12 :]
    with pytest.raises(UnsafeFileError, match="lists more than"):
        take(tmp_path, {"x.zip": lying}, MODEL_FILES)


def test_links_locks_and_unusual_compression_are_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeFileError, match="Links and special files"):
        take(tmp_path, {"x.zip": sink.getvalue()})
    with pytest.raises(UnsafeFileError, match="unusual way"):
        take(tmp_path, {"x.zip": packed({"a.csv": TABLE}, zipfile.ZIP_LZMA)})
    locked = bytearray(packed({"a.csv": TABLE}))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnsafeFileError, match="locked"):
        take(tmp_path, {"x.zip": bytes(locked)})


def test_damaged_archives_are_a_sentence(tmp_path: Path) -> None:
    whole = packed({"a.csv": TABLE * 500, "b.csv": TABLE})
    for broken in (whole[:-30], whole[:60], b"PK\x03\x04", whole[:40] + b"\xff" * 30 + whole[70:]):
        with pytest.raises(LayerwiseError):
            take(tmp_path, {"x.zip": broken})
    with pytest.raises(DataError, match="holds no files"):
        take(tmp_path, {"x.zip": packed({"__MACOSX/a": b"x"})})
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("name", ["w.bin", "w.pt", "w.pkl", "x/w.ckpt", "w.npz", "w.PTH"])
def test_models_that_could_run_code_are_refused_with_the_line_that_converts_them(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFileError, match="could run code") as caught:
        take(tmp_path, {"x.zip": packed({"config.json": b"{}", name: b"..."})}, MODEL_FILES)
    assert "torch.load" in caught.value.remedy and "weights_only=True" in caught.value.remedy


def test_what_torch_saves_is_refused_as_what_it_is_called(tmp_path: Path) -> None:
    saved = packed({"archive/data.pkl": b"x"})
    for files in ({"pytorch_model.bin": saved}, {"config.json": b"{}", "pytorch_model.bin": saved}):
        with pytest.raises(UnsafeFileError, match="could run code") as caught:
            take(tmp_path, files, MODEL_FILES)
        assert "torch.load('pytorch_model.bin'" in caught.value.remedy


def test_a_pickle_is_told_by_its_content(tmp_path: Path) -> None:
    for content in (pickle.dumps({"weights": [1.0]}), b"\x7fELF....", packed({"data.pkl": b"x"})):
        with pytest.raises(UnsafeFileError):
            take(tmp_path, {"config.json": b"{}", "model.safetensors": content}, MODEL_FILES)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [("a.png", b"RIFF....WAVEfmt ", "a WAV sound, not a PNG picture"), ("a.csv", b"text\0label", "something else"),
     ("a.csv", pickle.dumps([1]), "a Python pickle, not UTF-8 text"), ("a.wav", b"text", "something else, not a WAV"),
     ("a.pt", b"text", "not accepted"), ("a.npy", b"\x93NUMPY", "not accepted"), ("a.csv.gz", b"\x1f\x8b", "unpack"),
     ("a.csv", b"", "empty"), ("a", b"text", "not accepted"), ("a.de", b"\x80\x04.", "pickle")],
)  # fmt: skip
def test_data_under_a_wrong_name_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    with pytest.raises(LayerwiseError, match=told):
        take(tmp_path, {name: content})
    assert left_over(tmp_path) == []


def test_a_zip_among_files_and_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="taken by itself"):
        take(tmp_path, {"a.csv": TABLE, "b.zip": packed({"a.csv": TABLE})})
    with pytest.raises(DataError, match="Nothing was uploaded"):
        take(tmp_path, {})


@pytest.mark.parametrize("key", ["../..", "0" * 16, "", "0123456789ABCDEF"])
def test_an_upload_that_is_gone_says_so(tmp_path: Path, key: str) -> None:
    with pytest.raises(DataError, match="no longer here"):
        find_upload(key, tmp_path)


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis_core.data.uploads.os.replace", full)
    with pytest.raises(StorageError, match="No space left"):
        take(tmp_path, {"a.csv": TABLE})
    assert not [name for name in left_over(tmp_path) if name.startswith(".incoming")]
