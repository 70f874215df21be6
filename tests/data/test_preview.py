"""What the app shows of data before a run: the forms with their examples, what was found, which column means what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis_core.data.format_samples import SAMPLES
from analysis_core.data.formats import FORMATS, recognise
from analysis_core.data.options import ReadOptions
from analysis_core.data.own import Purpose
from analysis_core.data.preview import columns_read, look_at_table, meanings_for, preview
from analysis_core.errors import DataError
from analysis_core.models.catalog import catalog
from analysis_core.vocabulary import ModalityType, TaskType

TEXTS = Purpose(ModalityType.TEXT, TaskType.CLASSIFICATION, ("no", "yes"))


def reviews(folder: Path, rows: int = 60) -> Path:
    lines = [
        f"{row},the film number {row} was {'good' if row % 2 else 'bad'},{'yes' if row % 2 else 'no'}"
        for row in range(rows)
    ]
    path = folder / "reviews.csv"
    path.write_text("\n".join(["id,what they said,liked", *lines]))
    return path


def test_every_form_has_an_example() -> None:
    assert set(SAMPLES) == {form.name for form in FORMATS}


@pytest.mark.parametrize(
    ("name", "file"),
    [("squad", "a.json"), ("amazon-2018", "a.json"), ("amazon-2023", "a.jsonl"), ("movielens", "u.data"),
     ("pairs", "a.txt"), ("table", "a.csv")],
)  # fmt: skip
def test_the_example_is_of_its_form(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / file).write_text(SAMPLES[name])
    assert recognise(tmp_path / file)[0].name == name


def test_a_table_is_read_by_its_mapping_and_told(tmp_path: Path) -> None:
    path = reviews(tmp_path)
    look = look_at_table(path)
    assert look.columns == ("id", "what they said", "liked")
    assert look.mapping.one("text") == "what they said" and "longest" in look.mapping.reasons["text"]
    with pytest.raises(DataError, match="columns are"):
        preview(path, TEXTS)
    seen = preview(path, TEXTS, ReadOptions({"text": "what they said", "label": "liked"}))
    assert seen.examples == 60 and sum(seen.splits.values()) == 60
    assert seen.form == "table" and seen.reason == "it is a .csv file"


def test_the_first_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\ngood,yes\nbad,no,no\n")
    with pytest.raises(DataError, match="3 values stand where the header names 2") as caught:
        preview(path, TEXTS)
    assert caught.value.where == "a.csv, line 3"


def test_a_folder_of_pictures_tells_its_classes(tmp_path: Path) -> None:
    shades = np.random.default_rng(0).integers(0, 255, (12, 6, 6), dtype=np.uint8)
    for index, shade in enumerate(shades):
        place = tmp_path / ("cat" if index % 2 else "dog")
        place.mkdir(exist_ok=True)
        Image.fromarray(shade).save(place / f"{index}.png")
    seen = preview(tmp_path, Purpose(ModalityType.VISION, TaskType.CLASSIFICATION))
    assert (seen.form, seen.examples, seen.class_names) == ("picture-classes", 12, ("cat", "dog"))


def test_a_form_that_is_named_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    pd.DataFrame({"text": [f"one {n}" for n in range(9)], "summary": [f"two {n}" for n in range(9)]}).to_csv(path)
    purpose = Purpose(ModalityType.TEXT, TaskType.SUMMARIZATION)
    seen = preview(path, purpose, ReadOptions({"text": "text", "second_text": "summary"}), "table")
    assert (seen.form, seen.reason, seen.examples) == ("table", "", 9)


def test_meanings_are_those_that_the_task_needs() -> None:
    assert meanings_for(ModalityType.TABULAR, TaskType.CLASSIFICATION) == ("numbers", "label")
    assert meanings_for(ModalityType.TEXT, TaskType.TRANSLATION) == ("text", "second_text")
    assert meanings_for(ModalityType.VISION, TaskType.CLASSIFICATION) == ()


def test_an_embedded_model_tells_the_columns_that_it_reads() -> None:
    for card in catalog():
        assert columns_read(card) and "split" not in columns_read(card)
