"""Tables: which column holds what, and where a wrong value stands."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data.labels import indices_and_names
from analysis_core.data.options import ReadOptions
from analysis_core.data.table_data import TableData, read_table_data
from analysis_core.errors import ConfigurationError, DataError


def read(tmp_path: Path, content: str, options: ReadOptions | None = None, name: str = "x.csv") -> TableData:
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return read_table_data(path, options)


FLOWERS = "id,petal,sepal,species\n1,0.5,3,rose\n2,1.5,4,iris\n3,2.5,5,rose\n4,3.5,6,iris\n"


def test_numbers_and_classes_are_guessed_with_reasons(tmp_path: Path) -> None:
    table = read(tmp_path, FLOWERS)
    assert table.number_names == ("petal", "sepal") and table.class_names == ("iris", "rose")
    assert table.numbers is not None and table.numbers.tolist() == [[0.5, 3], [1.5, 4], [2.5, 5], [3.5, 6]]
    assert table.labels is not None and table.labels.tolist() == [1, 0, 1, 0] and table.texts is None
    assert table.mapping.reasons == {"numbers": "these columns hold numbers", "label": "the one column of few words"}


def test_numbers_to_predict_are_told_from_classes(tmp_path: Path) -> None:
    rows = "".join(f"{index},{index / 3}\n" for index in range(20))
    table = read(tmp_path, f"a,target\n{rows}")
    assert table.labels is None and table.targets is not None
    np.testing.assert_allclose(table.targets, np.arange(20) / 3)
    assert "no classes" in table.mapping.reasons["target"]
    classes = read(tmp_path, "a,target\n" + "".join(f"{index},{index % 3 + 1}\n" for index in range(20)))
    assert classes.class_names == ("1", "2", "3") and classes.targets is None


def test_a_pair_of_texts(tmp_path: Path) -> None:
    table = read(tmp_path, "premise,hypothesis,label\nit rains,it is wet,yes\nit snows,it is hot,no\n")
    assert table.texts == ["it rains", "it snows"] and table.second_texts == ["it is wet", "it is hot"]
    translation = read(tmp_path, "source,target\ngood day,guten Tag\nthank you,danke schön\n")
    assert translation.second_texts == ["guten Tag", "danke schön"] and translation.labels is None


def test_texts_under_another_name_are_found_by_their_length(tmp_path: Path) -> None:
    table = read(tmp_path, "kind,words\na,one two three four\nb,five six seven eight\na,one five one six\nb,a b c d\n")
    assert table.mapping.one("text") == "words" and "longest, 4 words" in table.mapping.reasons["text"]
    assert table.mapping.one("label") == "kind"


def test_what_is_given_goes_before_what_would_be_guessed(tmp_path: Path) -> None:
    options = ReadOptions(columns={"numbers": ["sepal"], "label": ()}, seed=3)
    table = read(tmp_path, FLOWERS, options)
    assert table.number_names == ("sepal",) and table.labels is None
    assert table.mapping.reasons == {"numbers": "as given"}
    target = read(tmp_path, FLOWERS, ReadOptions(columns={"target": "sepal"}))
    assert target.number_names == ("petal",) and target.targets is not None and target.labels is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": "words"}, r"no column 'words'; the columns are 'id', 'petal', 'sepal', 'species'"),
        ({"text": "species", "label": "species"}, "'species' is given two meanings"),
        ({"label": ["petal", "species"]}, "Only one column can be the label"),
    ],
)
def test_a_mapping_that_does_not_fit_is_said(tmp_path: Path, columns: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, FLOWERS, ReadOptions(columns=columns))


def test_an_unknown_meaning_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot mean 'lable'"):
        read(tmp_path, FLOWERS, ReadOptions(columns={"lable": "species"}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,label\n1,x\n2,y\nabc,x\n4,y\n", r"x\.csv, line 4: Expected a number in the column 'a'; found 'abc'"),
        ("a,label\n1,x\n2,y\n,x\n4,y\n", r"line 4: Expected a number in the column 'a'; found ''"),
        ("a,label\n1,x\n2,y\ninf,x\n", r"line 4: Expected a number"),
        ("a,label\n1,x\n2,\n", r"line 3: The label is empty"),
        ("text,label\nx y,1\n ,2\n", r"line 3: The column 'text' holds no text here"),
        ("kind\na\nb\n", "No column holds texts or numbers; the columns are 'kind'"),
        ("text,split\nx,test\ny,train\n", r"line 3: The split 'train' is unknown"),
    ],
)
def test_the_first_wrong_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_labels_are_looked_up_in_the_models_classes(tmp_path: Path) -> None:
    table = read(tmp_path, FLOWERS, ReadOptions(class_names=("Rose", "Iris", "Tulip")))
    assert table.labels is not None and table.labels.tolist() == [0, 1, 0, 1] and len(table.class_names) == 3
    with pytest.raises(DataError, match=r"line 2: The label 'rose' is none of the model's classes"):
        read(tmp_path, FLOWERS, ReadOptions(class_names=("iris", "tulip")))


def test_gzip_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    plain, packed = read(tmp_path, FLOWERS), read(tmp_path, FLOWERS, name="y.csv.gz")
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "petal": [0.5, 1.5, 2.5, 3.5], "sepal": [3, 4, 5, 6]})
    frame.assign(species=["rose", "iris", "rose", "iris"]).set_index("petal").to_parquet(tmp_path / "z.parquet")
    parquet = read_table_data(tmp_path / "z.parquet", ReadOptions(columns={"numbers": ["petal", "sepal"]}))
    assert plain.sha256 == packed.sha256 == parquet.sha256
    assert (plain.parts == packed.parts).all() and (plain.parts == parquet.parts).all()
    assert plain.sha256 != read(tmp_path, FLOWERS.replace("3.5", "3.25")).sha256


def test_equal_rows_are_on_one_side(tmp_path: Path) -> None:
    rows = "".join(f"text number {index % 17},{index % 2}\n" for index in range(100))
    table = read(tmp_path, f"text,label\n{rows}")
    sides: dict[str, set[str]] = {}
    for text, part in zip(table.texts or [], table.parts, strict=True):
        sides.setdefault(text, set()).add(part)
    assert all(len(parts) == 1 for parts in sides.values()) and len(table.splits) == 3
    part = table.split("test").head(5)
    assert len(part) == 5 and set(part.parts) == {"test"} and part.sha256 == table.split("test").head(5).sha256


def test_a_long_second_text_ties_and_a_short_one_does_not(tmp_path: Path) -> None:
    long = "".join(f"query number {index},the one passage that answers all\n" for index in range(9))
    assert len(read(tmp_path, f"query,passage\n{long}").splits) == 1
    short = "".join(f"query number {index},yes\n" for index in range(9))
    assert len(read(tmp_path, f"query,answer\n{short}").splits) == 3


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9)), min_size=1),
    seed=st.integers(0, 3),
)
def test_numbers_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, int]], seed: int) -> None:
    path = tmp_path_factory.mktemp("numbers") / "x.csv"
    path.write_text("a,b\n" + "".join(f"{one!r},{other}\n" for one, other in rows))
    table = read_table_data(path, ReadOptions(columns={"numbers": ["a", "b"], "label": (), "target": ()}, seed=seed))
    assert table.numbers is not None and table.numbers.tolist() == [[one, float(other)] for one, other in rows]


def test_classes_are_sorted_as_numbers_or_words() -> None:
    indices, names = indices_and_names(["10", 9.0, " 10 ", "2"], ["x"] * 4)
    assert names == ("2", "9", "10") and indices.tolist() == [2, 1, 2, 0]
    assert indices_and_names(["b", "a", "10"], ["x"] * 3)[1] == ("10", "a", "b")
    with pytest.raises(DataError, match="line 2: The label is empty"):
        indices_and_names(["a", None], ["line 1", "line 2"])
