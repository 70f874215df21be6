"""The user's own files: what is understood, and where a mistake is pointed out."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from analysis_core.data import tables
from analysis_core.data.readers import read_examples
from analysis_core.errors import DataError

CLASSES = ("negative", "positive")


def csv(tmp_path: Path, content: str | bytes, name: str = "films.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def picture(shade: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), shade).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "header",
    ["text,label", "Sentence,Target", "label,review", "id,content,y", "text,label,label_text,idx"],
)
def test_usual_column_names_are_understood(tmp_path: Path, header: str) -> None:
    row = {"text": "fine", "sentence": "fine", "review": "fine", "content": "fine"}
    values = [row.get(name.lower(), "1") for name in header.split(",")]
    frame = read_examples(csv(tmp_path, f"{header}\n{','.join(values)}\n"), "text", CLASSES)
    assert frame.to_dict("records") == [{"text": "fine", "label": 1}]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_recognised(tmp_path: Path, separator: str) -> None:
    content = separator.join(["text", "label"]) + "\n" + separator.join(["good film", "positive"]) + "\n"
    assert read_examples(csv(tmp_path, content), "text", CLASSES)["label"].tolist() == [1]


def test_a_byte_order_mark_quotes_and_line_breaks_are_understood(tmp_path: Path) -> None:
    content = '\ufefftext,label\r\n"one, two\nthree ""four""",0\r\n\r\nfive,1\r\n'
    frame = read_examples(csv(tmp_path, content), "text", CLASSES)
    assert frame["text"].tolist() == ['one, two\nthree "four"', "five"]


@pytest.mark.parametrize(("label", "index"), [("positive", 1), (" Positive ", 1), ("0", 0), ("1.0", 1)])
def test_labels_are_names_or_numbers(tmp_path: Path, label: str, index: int) -> None:
    assert read_examples(csv(tmp_path, f"text,label\nx,{label}\n"), "text", CLASSES)["label"].tolist() == [index]


def test_numbers_that_are_names_mean_the_names(tmp_path: Path) -> None:
    frame = read_examples(csv(tmp_path, "text,label\nx,3\n"), "text", ("7", "3"))
    assert frame["label"].tolist() == [1]


def test_without_class_names_numbers_are_needed(tmp_path: Path) -> None:
    assert read_examples(csv(tmp_path, "text,label\nx,41\n"), "text")["label"].tolist() == [41]
    with pytest.raises(DataError, match="give whole numbers"):
        read_examples(csv(tmp_path, "text,label\nx,good\n"), "text")


@pytest.mark.parametrize("label", ["neutral", "2", "-1", "0.5", "nan", "inf"])
def test_an_unknown_label_names_its_line_and_the_classes(tmp_path: Path, label: str) -> None:
    content = f'text,label\n"two\nlines",0\nx,{label}\n'
    with pytest.raises(DataError, match=r"films\.csv, line 4: .*'negative', 'positive'"):
        read_examples(csv(tmp_path, content), "text", CLASSES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("text,label\n", "no rows"),
        ("words,label\nx,0\n", "No column holds the texts; the columns are 'words', 'label'"),
        ("text,other\nx,0\n", "No column holds the labels; the columns are 'text', 'other'"),
        ("text,label\nx,0\ny\n", r"line 3: 1 values stand where the header names 2 columns"),
        ("text,label\nx,0\na,b,1\n", r"line 3: 3 values"),
        ("text,label\nx,0\n  ,1\n", r"line 3: The text is empty"),
        ("text,label\nx,0\ny, \n", r"line 3: The label is empty"),
        ("text,text,label\nx,y,0\n", "Two columns are called 'text'"),
        ('text,label\nx,0\n"open,1\n', "line 3: The line cannot be read"),
        (b"text,label\n\xff\xfe,0\n", "not UTF-8"),
        ("text,label,split\nx,0,train\n", "line 2: The split 'train' is unknown"),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_examples(csv(tmp_path, content), "text", CLASSES)


def test_a_split_of_ones_own_is_kept(tmp_path: Path) -> None:
    frame = read_examples(csv(tmp_path, "text,label,Split\nx,0,test\ny,1,search\n"), "text", CLASSES)
    assert frame["split"].tolist() == ["test", "search"]


def test_parquet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "films.parquet"
    pd.DataFrame({"sentence": ["a", "b"], "label": [1, 0]}).to_parquet(path)
    assert read_examples(path, "text", CLASSES).to_dict("records") == [
        {"text": "a", "label": 1}, {"text": "b", "label": 0}]  # fmt: skip


def test_a_missing_value_in_parquet_names_its_row(tmp_path: Path) -> None:
    path = tmp_path / "films.parquet"
    pd.DataFrame({"text": ["a", None], "label": [1, 0]}).to_parquet(path)
    with pytest.raises(DataError, match=r"films\.parquet, row 2: The text is empty"):
        read_examples(path, "text", CLASSES)


def test_damaged_parquet_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="damaged or not Parquet"):
        read_examples(csv(tmp_path, "PAR1 not really", "films.parquet"), "text", CLASSES)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "films.parquet"
    pd.DataFrame({"text": ["a"] * 100, "label": [0] * 100}).to_parquet(path)
    monkeypatch.setattr(tables, "MOST_ROWS", 50)
    with pytest.raises(DataError, match="unpacks to 100 rows"):
        read_examples(path, "text", CLASSES)


@pytest.mark.parametrize("name", ["films.pkl", "films.xlsx", "films"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"\.csv or \.parquet"):
        read_examples(csv(tmp_path, "x", name), "text", CLASSES)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_examples(tmp_path / "nowhere.csv", "text", CLASSES)


def image_folder(root: Path) -> Path:
    for label in CLASSES:
        (root / label).mkdir(parents=True)
        (root / label / "1.png").write_bytes(picture(1))
    (root / ".hidden").mkdir()
    (root / "negative" / "notes.txt").write_text("ignored")
    return root


def test_a_folder_of_pictures_is_read_by_class(tmp_path: Path) -> None:
    frame = read_examples(image_folder(tmp_path / "photos"), "image", CLASSES)
    assert frame["label"].tolist() == [0, 1] and frame["image"].tolist() == [picture(1)] * 2


def test_a_picture_of_no_bytes_is_named(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "photos")
    (root / "positive" / "1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"positive/1\.png: The picture is empty \(0 bytes\)"):
        read_examples(root, "image", CLASSES)


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "photos")
    (root / "positive" / "1.png").write_bytes(picture()[:40])
    with pytest.raises(DataError, match=r"positive/1\.png: The picture cannot be read"):
        read_examples(root, "image", CLASSES)


def test_a_folder_named_for_no_class_is_said(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "photos")
    (root / "positive").rename(root / "postive")
    with pytest.raises(DataError, match=r"postive/1\.png: The label 'postive'"):
        read_examples(root, "image", CLASSES)


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder for each class"):
        read_examples(tmp_path, "image", CLASSES)


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="model reads text"):
        read_examples(tmp_path, "text", CLASSES)


def test_pictures_in_parquet_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "photos.parquet"
    pd.DataFrame({"image": [picture(), b"none"], "label": [0, 1]}).to_parquet(path)
    with pytest.raises(DataError, match=r"photos\.parquet, row 2: The picture cannot be read"):
        read_examples(path, "image", CLASSES)
