"""Files and lines: what is opened, and what is refused before it does harm."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data import files, lines
from analysis_core.data.files import check_file, file_below, files_in, folder_below
from analysis_core.data.lines import read_json, stem_of, suffix_of, text_lines
from analysis_core.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside.txt").write_text("secret")
    inner = tmp_path / "inner"
    (inner / "one").mkdir(parents=True)
    (inner / "one" / "a.txt").write_text("a")
    (inner / ".hidden").mkdir()
    (inner / ".hidden" / "b.txt").write_text("b")
    return inner


@pytest.mark.parametrize(
    "name", ["../outside.txt", "one/../../outside.txt", "/etc/passwd", "C:\\x.txt", "..\\x", "C:x", "a\0b", "", "."]
)
def test_names_that_lead_out_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"list, line 3: The file name .* leads out of the folder"):
        file_below(folder, name, "list, line 3")


def test_a_name_in_the_folder_is_found(folder: Path) -> None:
    assert file_below(folder, "one/a.txt", "x") == folder / "one" / "a.txt"
    with pytest.raises(DataError, match=r"'one/b\.txt' is not in the folder 'inner'"):
        file_below(folder, "one/b.txt", "x")
    with pytest.raises(DataError, match="is not in the folder"):
        file_below(folder, "x" * 300 + "/a.txt", "x")


def test_links_are_followed_only_inside(folder: Path) -> None:
    (folder / "near.txt").symlink_to(folder / "one" / "a.txt")
    assert [path.name for path in files_in(folder, (".txt",))] == ["near.txt", "a.txt"]
    (folder / "far.txt").symlink_to(folder.parent / "outside.txt")
    with pytest.raises(DataError, match=r"far\.txt: The link leads out"):
        files_in(folder, (".txt",))
    with pytest.raises(DataError, match="leads out"):
        file_below(folder, "far.txt", "x")
    (folder / "etc").symlink_to("/etc")
    with pytest.raises(DataError, match="leads out"):
        folder_below(folder, "etc")


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "one" / "again").symlink_to(folder)
    assert 1 <= len(files_in(folder, (".txt",))) <= files.DEEPEST_FOLDER
    (folder / "self").symlink_to(folder / "self")
    with pytest.raises(DataError, match="self: The link leads out"):
        files_in(folder, (".txt",))


def test_too_many_files_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "two.txt").write_text("2")
    monkeypatch.setattr(files, "MOST_FILES", 1)
    with pytest.raises(DataError, match="more than 1 files"):
        files_in(folder, (".txt",))


def test_special_and_missing_files_are_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in ((tmp_path / "pipe", "no plain file"), (tmp_path, "no plain"), (tmp_path / "x", "no such")):
        with pytest.raises(DataError, match=message):
            check_file(path)
    (tmp_path / "empty").touch()
    with pytest.raises(DataError, match=r"empty \(0 bytes\)"):
        check_file(tmp_path / "empty")
    (tmp_path / "large").write_bytes(b"x" * 11)
    with pytest.raises(DataError, match="11 bytes; at most 10 bytes"):
        check_file(tmp_path / "large", most_bytes=10)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=30), min_size=1),
    packed=st.booleans(),
    marked=st.booleans(),
    ended=st.booleans(),
)
def test_lines_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], packed: bool, marked: bool, ended: bool
) -> None:
    texts[0] = f"a{texts[0]}"
    path = tmp_path_factory.mktemp("lines") / ("x.txt.gz" if packed else "x.txt")
    raw = b"\xef\xbb\xbf" * marked + "\n".join(texts).encode() + b"\n" * ended
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    found = list(text_lines(path))
    assert "".join(found).encode() == raw.removeprefix(b"\xef\xbb\xbf" * marked)
    expected = texts if ended else texts[: len(texts) - (texts[-1] == "")]
    assert [line.removesuffix("\n") for line in found] == expected


def test_lines_do_not_depend_on_the_pieces_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.txt"
    path.write_text("one\ntwö\n\n\nthree €\nfour")
    whole = list(text_lines(path))
    for size in range(1, 9):
        monkeypatch.setattr(lines, "_PIECE_BYTES", size)
        if size >= 3:  # a byte order mark has three
            assert list(text_lines(path)) == whole == ["one\n", "twö\n", "\n", "\n", "three €\n", "four"]


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("x.txt", b"one\ntwo\nd\xe9\nfour\n", r"x\.txt, line 3: The line is not UTF-8 text \(byte 2\)"),
        ("x.txt", b"\xef\xbb\xbfd\xe9\n", r"x\.txt, line 1: The line is not UTF-8 text \(byte 2\)"),
        ("x.txt", "one".encode("utf-16"), r"x\.txt: The file is UTF-16 text, not UTF-8"),
        ("x.txt", b"one\nt\0wo\n", r"x\.txt, line 2: The line holds zero bytes"),
        ("x.txt", b"\x89PNG\r\n\x1a\n", r"x\.txt: The file is a PNG picture"),
        ("x.txt", gzip.compress(b"one", mtime=0), r"x\.txt: The file is gzipped\. Call it 'x\.txt\.gz'"),
        ("x.txt.gz", b"one", r"x\.txt\.gz: The file is called \.gz but is not gzipped"),
        ("x.txt.gz", gzip.compress(b"one", mtime=0)[:-6], r"x\.txt\.gz: The gzip file is cut off or damaged"),
        ("x.txt.gz", gzip.compress(b"one", mtime=0)[:-8] + b"12345678", "cut off or damaged"),
        ("x.txt.gz", gzip.compress(b"one", mtime=0)[:10] + b"\xff\xff\xff", "cut off or damaged"),
        ("x.txt.gz", gzip.compress(b"", mtime=0), "unpacks to nothing"),
        ("x.txt", b"", "empty"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=message):
        list(text_lines(tmp_path / name))


def test_a_gzip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(b"0123456\n" * 2**22, compresslevel=9, mtime=0))
    with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
        list(text_lines(path))
    path.write_bytes(gzip.compress(b'"' + b"x" * 2**25 + b'"', mtime=0))
    with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
        read_json(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 100)
    monkeypatch.setattr(lines, "_PIECE_BYTES", 32)
    (tmp_path / "x.txt").write_bytes(b"one\n" + b"x" * 200)
    with pytest.raises(DataError, match=r"x\.txt, line 2: The line is longer"):
        list(text_lines(tmp_path / "x.txt"))


@settings(max_examples=40, deadline=None)
@given(value=st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("json") / "x.json"
    path.write_text(json.dumps(value))
    assert read_json(path) == value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1,\n "b": }', r"x\.json, line 2: The file is no JSON: Expecting value, column 7"),
        ("[" * 200_000, "no JSON"),
        ("1" * 5000, "no JSON"),
    ],
)
def test_damaged_json_names_its_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match=message):
        read_json(tmp_path / "x.json")


def test_json_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST_JSON_BYTES", 10)
    (tmp_path / "x.json").write_text(json.dumps("x" * 20))
    with pytest.raises(DataError, match="of JSON"):
        read_json(tmp_path / "x.json")


def test_suffixes_look_through_gz() -> None:
    assert [suffix_of(Path(name)) for name in ("a.CSV", "a.csv.gz", "a.gz", "a")] == [".csv", ".csv", "", ""]
    assert [stem_of(Path(name)) for name in ("train.en", "train.en.gz")] == ["train", "train"]
