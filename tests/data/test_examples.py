"""Example sets: parts that share nothing, heads that represent the whole."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from analysis_core.data.examples import ExampleSet, zoo_examples
from analysis_core.data.loading import load_examples
from analysis_core.errors import DataError
from analysis_core.models.catalog import ModelCard
from analysis_core.vocabulary import ModalityType, TaskType


def examples(labels: list[int]) -> ExampleSet:
    frame = pd.DataFrame({"text": [f"text {i}" for i in range(len(labels))], "label": labels})
    return ExampleSet(frame.assign(split="search"), "some")


def card(folder: Path) -> ModelCard:
    return ModelCard(
        "zoo/x", "X", ModalityType.TEXT, TaskType.CLASSIFICATION, "transformers", "L", "A", 2, 4, 10, "",
        ("no", "yes"), {}, 0.5, data={"name": "films"}, folder=folder,
    )  # fmt: skip


def text_model(name: str = "mine", labels: tuple[str, ...] = ("no", "yes")) -> Any:
    return SimpleNamespace(name=name, modality=ModalityType.TEXT, summary={"labels": list(labels)})


def test_parts_are_read_by_name() -> None:
    frame = pd.DataFrame({"text": list("abcd"), "label": [0, 1, 0, 1], "split": ["search", "test", "search", "heal"]})
    whole = ExampleSet(frame, "films", ("no", "yes"))
    assert whole.splits == {"search": 2, "test": 1, "heal": 1} and len(whole) == 4
    part = whole.split("search")
    assert part.column("text") == ["a", "c"] and part.class_names == ("no", "yes")
    assert part.labels is not None and part.labels.tolist() == [0, 0]


def test_an_empty_part_is_said() -> None:
    with pytest.raises(DataError, match=r"some: There are no examples for 'test'.*search"):
        examples([0, 1]).split("test")


def test_examples_need_a_content_column() -> None:
    with pytest.raises(DataError, match="none of the columns 'text'"):
        ExampleSet(pd.DataFrame({"words": ["a"]}))


def test_the_checksum_is_of_contents_labels_and_order() -> None:
    one = examples([0, 1, 0])
    assert one.sha256 == examples([0, 1, 0]).sha256
    assert one.sha256 != examples([0, 1, 1]).sha256
    backwards = ExampleSet(one.frame.iloc[::-1].reset_index(drop=True))
    assert backwards.sha256 != one.sha256
    assert ExampleSet(one.frame.drop(columns="label")).sha256 != one.sha256


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=80), seed=st.integers(0, 5), data=st.data())
def test_a_head_keeps_the_shares_of_the_classes(labels: list[int], seed: int, data: st.DataObject) -> None:
    whole = examples(labels)
    length = data.draw(st.integers(1, len(labels)))
    head = whole.head(length, seed)
    assert head.labels is not None and len(head) == length
    for label, count in Counter(labels).items():
        expected = count * length / len(labels)
        got = int((head.labels == label).sum())
        assert abs(got - expected) <= 1 + len(set(labels)) / 2, (label, expected, got)


def test_a_head_is_the_start_of_a_longer_head() -> None:
    whole = examples([0, 1, 2, 0, 1, 0, 0, 1, 2, 0])
    longer = whole.head(8, seed=3).column("text")
    assert whole.head(5, seed=3).column("text") == longer[:5]
    assert whole.head(5, seed=3).column("text") != whole.head(5, seed=4).column("text")
    assert sorted(whole.head(100).column("text")) == sorted(whole.column("text"))


def test_a_head_without_labels_is_random_but_repeatable() -> None:
    whole = ExampleSet(pd.DataFrame({"text": [str(index) for index in range(30)]}))
    assert whole.head(10, 1).column("text") == whole.head(10, 1).column("text") != whole.column("text")[:10]


def test_the_sample_of_a_card(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["a", "b"], "label": [0, 1], "split": ["search", "test"]})
    frame.to_parquet(tmp_path / "sample.parquet")
    sample = load_examples(card(tmp_path))
    assert (sample.name, sample.class_names, sample.splits) == (
        "films",
        ("no", "yes"),
        {"search": 1, "test": 1},
    )


@pytest.mark.parametrize("content", [None, b"no parquet"])
def test_a_damaged_sample_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "sample.parquet").write_bytes(content)
    with pytest.raises(DataError, match="layerwise zoo train x"):
        zoo_examples(card(tmp_path))


def test_a_model_of_ones_own_has_no_sample() -> None:
    with pytest.raises(DataError, match="comes with no examples"):
        load_examples(text_model())


def test_a_file_is_divided_and_its_labels_are_looked_up(tmp_path: Path) -> None:
    rows = "".join(f"text {index},{'yes' if index % 2 else 'no'}\n" for index in range(50))
    (tmp_path / "films.csv").write_text("text,label\n" + rows)
    found = load_examples(text_model(), str(tmp_path / "films.csv"))
    assert found.name == "films.csv" and found.splits == {"search": 20, "test": 20, "heal": 10}
    assert found.labels is not None and set(found.labels.tolist()) == {0, 1}


def test_a_folder_of_pictures_for_a_vision_model(tmp_path: Path) -> None:
    for label in ("no", "yes"):
        (tmp_path / label).mkdir()
        for index in range(4):
            buffer = io.BytesIO()
            Image.new("L", (4, 4), 60 * index + (label == "yes")).save(buffer, format="PNG")
            (tmp_path / label / f"{index}.png").write_bytes(buffer.getvalue())
    model = SimpleNamespace(name="m", modality=ModalityType.VISION, summary={"labels": ["no", "yes"]})
    found = load_examples(model, tmp_path)
    assert len(found) == 8 and found.columns == ("image", "label")
    assert found.labels is not None and found.labels.tolist() == [0] * 4 + [1] * 4
