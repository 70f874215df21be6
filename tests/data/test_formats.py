"""Formats are recognised by what they hold, and the table says what there is."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from analysis_core.data.examples import ExampleSet
from analysis_core.data.formats import FORMATS, find_format, formats_for, read_data, recognise
from analysis_core.data.options import ReadOptions
from analysis_core.errors import DataError, LayerwiseError, UnknownNameError
from analysis_core.vocabulary import ModalityType, TaskType

QUESTION = {"id": "1", "question": "?", "answers": [{"text": "b", "answer_start": 2}]}
SQUAD = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "a b", "qas": [QUESTION]}]}]}
COCO = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": [{"id": 1, "name": "x"}]}


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, format="PNG")
    return buffer.getvalue()


def wav() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(100), 8000, format="WAV")
    return buffer.getvalue()


SAMPLES: dict[str, dict[str, bytes]] = {
    "squad": {"x.json": json.dumps(SQUAD).encode()},
    "amazon-2018": {"x.json": b'{"reviewerID": "a", "asin": "b", "overall": 5.0, "unixReviewTime": 3}\n'},
    "amazon-2023": {"x.jsonl": b'{"rating": 5.0, "asin": "b", "user_id": "a", "timestamp": 3}\n'},
    "movielens": {"u.data": b"1\t2\t3\t4\n"},
    "pairs": {"x.txt": b"1 2\n1 3\n"},
    "graph": {"g/edges.csv": b"source,target\na,a\n", "g/nodes.csv": b"node,label,x\na,1,2\n"},
    "coco": {"c/a.png": png(), "c/annotations/x.json": json.dumps(COCO).encode()},
    "masks": {"m/images/a.png": png(), "m/masks/a.png": png()},
    "transcripts": {"t/a.wav": wav(), "t/transcripts.tsv": b"a.wav\thello\n"},
    "sound-classes": {"s/one/a.wav": wav(), "s/two/speaker/a.wav": wav()},
    "picture-classes": {"p/one/a.png": png(), "p/two/b.png": png()},
    "parallel": {"l/train.en": b"a\n", "l/train.de": b"b\n"},
    "table": {"x.csv": b"text,label\na b,1\n"},
}


def placed(tmp_path: Path, name: str) -> Path:
    for place, content in SAMPLES[name].items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / Path(next(iter(SAMPLES[name]))).parts[0]


def test_every_format_has_a_sample_here() -> None:
    assert [form.name for form in FORMATS] == list(SAMPLES)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_format_is_recognised_and_read(tmp_path: Path, name: str) -> None:
    path = placed(tmp_path, name)
    form, reason = recognise(path)
    assert form.name == name and reason
    found = read_data(path)
    assert len(found) >= 1 and len(found.sha256) == 64 and found.name == path.name
    assert read_data(path, name).sha256 == found.sha256


@pytest.mark.parametrize("name", ["squad", "amazon-2018", "amazon-2023", "movielens", "pairs", "table"])
def test_packed_files_are_recognised_too(tmp_path: Path, name: str) -> None:
    path = placed(tmp_path, name)
    packed = tmp_path / f"{path.name}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert recognise(packed)[0].name == name
    assert read_data(packed).sha256 == read_data(path).sha256


def test_a_translation_table_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("source,target\ngood day,guten Tag\n")
    assert recognise(tmp_path / "x.csv")[0].name == "table"
    placed(tmp_path, "graph")
    assert recognise(tmp_path / "g" / "edges.csv")[0].name == "graph"


def test_movielens_csv_and_coco_file(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3,4\n")
    assert recognise(tmp_path / "ratings.csv")[0].name == "movielens"
    assert recognise(placed(tmp_path, "coco") / "annotations" / "x.json")[0].name == "coco"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.pkl", pickle.dumps([1, 2]), r"\(a Python pickle\)"),
        ("x.zip", b"PK\x03\x04", r"\(a zip archive\)"),
        ("x.png", b"RIFF\0\0\0\0WAVEfmt ", r"\(a WAV sound\)"),
        ("x.txt", b"some words\n", "understood"),
        ("x.json", b"{}", "understood"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_data(tmp_path / name)
    assert all(form.title in caught.value.remedy for form in FORMATS) and "\n" not in caught.value.sentence


def test_mislabelled_tables_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(pickle.dumps({"text": 1}))
    with pytest.raises(DataError, match=r"x\.csv: The file is a Python pickle, not UTF-8 text"):
        read_data(tmp_path / "x.csv")
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "y.csv")
    with pytest.raises(DataError, match="The file is a Parquet file, not UTF-8 text"):
        read_data(tmp_path / "y.csv")
    (tmp_path / "z.csv.gz").write_bytes(gzip.compress(b"text,label\na,1\n" * 100)[:-9])
    with pytest.raises(DataError, match=r"z\.csv\.gz: The gzip file is cut off"):
        read_data(tmp_path / "z.csv.gz")


def test_empty_folders_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no form of data that is understood"):
        read_data(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        read_data(tmp_path / "nowhere")


def test_pictures_by_class_are_an_example_set(tmp_path: Path) -> None:
    path = placed(tmp_path, "picture-classes")
    found = read_data(path)
    assert isinstance(found, ExampleSet) and found.class_names == ("one", "two")
    looked_up = read_data(path, options=ReadOptions(class_names=("two", "one")))
    assert looked_up.labels is not None and looked_up.labels.tolist() == [1, 0]  # type: ignore[union-attr]


def test_an_unknown_name_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'movielens'"):
        find_format("movie-lens")


def test_only_what_fits_is_offered() -> None:
    assert [form.name for form in formats_for(ModalityType.AUDIO, TaskType.CLASSIFICATION)] == ["sound-classes"]
    assert [form.name for form in formats_for(ModalityType.TABULAR, TaskType.CLASSIFICATION)] == ["table"]
    assert len(formats_for(ModalityType.TEXT, TaskType.RECOMMENDATION)) == 4


@settings(max_examples=300, deadline=None)
@given(data=st.data(), name=st.sampled_from(list(SAMPLES)))
def test_damaged_files_are_read_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = placed(folder, name)
    victim = data.draw(st.sampled_from(sorted(file for file in folder.rglob("*") if file.is_file())))
    content = bytearray(victim.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    victim.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    refusal = None
    try:
        found = read_data(path, name)
    except LayerwiseError as error:
        refusal = error
    if refusal is None:
        assert len(found) >= 1 and found.sha256
    else:
        assert refusal.what and refusal.where and "\n" not in refusal.sentence


def test_the_table_brings_in_no_torch() -> None:
    code = "import sys, analysis_core.data.formats; sys.exit('torch' in sys.modules or 'soundfile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
