"""People's own data, brought to the columns that models read; each row worked out by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from analysis_core.data.options import ReadOptions
from analysis_core.data.own import Purpose, own_examples
from analysis_core.errors import DataError
from analysis_core.vocabulary import ModalityType as M
from analysis_core.vocabulary import TaskType as T


def png(shade: int, size: tuple[int, int] = (10, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, format="PNG")
    return buffer.getvalue()


def wav(seconds: float = 0.1, shade: int = 0) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(round(8000 * seconds), shade / 1000), 8000, format="WAV")
    return buffer.getvalue()


def written(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_parallel_files_become_pairs(tmp_path: Path) -> None:
    folder = written(tmp_path / "p", {"train.en": "one\ntwo\nthree\n", "train.fr": "un\ndeux\ntrois\n"})
    found = own_examples(folder, Purpose(M.TEXT, T.TRANSLATION, columns=("text", "target_text")))
    assert dict(zip(found.column("target_text"), found.column("text"), strict=True)) == {
        "un": "one", "deux": "two", "trois": "three",
    }  # fmt: skip
    assert sum(found.splits.values()) == 3


def test_questions_keep_all_answers_and_the_place_of_the_first(tmp_path: Path) -> None:
    answers = [{"text": "blue", "answer_start": 11}, {"text": "sky is blue", "answer_start": 4}]
    qas = [{"id": "1", "question": "What colour?", "answers": answers}]
    content = {"data": [{"title": "t", "paragraphs": [{"context": "The sky is blue.", "qas": qas}]}]}
    content["data"][0]["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] = 11
    path = written(tmp_path, {"x.json": json.dumps(content)}) / "x.json"
    found = own_examples(path, Purpose(M.TEXT, T.QA, columns=("question", "context", "answers", "answer_start")))
    (row,) = found.frame.to_dict("records")
    assert (row["answers"], row["answer_start"], row["context"][11:15]) == (["blue", "sky is blue"], 11, "blue")


def test_boxes_become_centers_and_sizes_and_crowds_are_left_out(tmp_path: Path) -> None:
    boxes = [
        {"image_id": 1, "category_id": 7, "bbox": [2, 5, 4, 10]},
        {"image_id": 1, "category_id": 7, "bbox": [0, 0, 10, 20], "iscrowd": 1},
    ]
    images = [{"id": n, "file_name": f"{n}.png"} for n in (1, 2)]
    coco = {"images": images, "annotations": boxes, "categories": [{"id": 7, "name": "cat"}]}
    folder = written(tmp_path / "c", {"1.png": png(1), "2.png": png(2), "x.json": json.dumps(coco)})
    found = own_examples(folder, Purpose(M.VISION, T.DETECTION, columns=("image", "objects")))
    assert found.column("objects") == [[[0.0, 0.4, 0.5, 0.4, 0.5]], []]
    assert found.class_names == ("cat",)


def test_masks_and_sounds_keep_their_files(tmp_path: Path) -> None:
    folder = written(tmp_path / "m", {"images/a.png": png(3), "masks/a.png": png(0)})
    found = own_examples(folder, Purpose(M.VISION, T.SEGMENTATION, columns=("image", "mask")))
    assert found.column("mask") == [png(0)]
    folder = written(tmp_path / "s", {"no/a.wav": wav(), "yes/b.wav": wav(shade=5)})
    found = own_examples(folder, Purpose(M.AUDIO, T.CLASSIFICATION, ("no", "yes"), ("sound",)))
    assert found.column("sound") == [wav(), wav(shade=5)] and found.column("label") == [0, 1]
    folder = written(tmp_path / "t", {"a.wav": wav(), "transcripts.tsv": "a.wav\thello there\n"})
    found = own_examples(folder, Purpose(M.AUDIO, T.GENERATION, columns=("sound", "target_text")))
    assert found.column("target_text") == ["hello there"]


def test_a_log_is_numbered_as_the_model_numbers_its_items(tmp_path: Path) -> None:
    log = "".join(f"{user} {item}\n" for user in (1, 2) for item in (10, 99, 20, 30, 40))
    path = written(tmp_path, {"log.txt": log}) / "log.txt"
    purpose = Purpose(M.TABULAR, T.RECOMMENDATION, ("40", "30", "20", "10"), ("history", "item"))
    found = own_examples(path, purpose)
    test = found.split("test").frame.to_dict("records")
    histories = [(row["history"].tolist(), row["item"]) for row in test]
    assert histories == [([3, 2, 1], 0)] * 2  # 99 is unknown and left out
    assert found.splits == {"search": 2, "test": 2, "heal": 2}
    with pytest.raises(DataError, match="knows none of what the log recommends, such as '10'"):
        own_examples(path, Purpose(M.TABULAR, T.RECOMMENDATION, ("x",), ("history", "item")))
    unnamed = own_examples(path, Purpose(M.TABULAR, T.RECOMMENDATION, (), ("history", "item")))
    assert unnamed.split("test").column("item") == [4, 4]


def test_a_graph_becomes_a_neighbourhood_for_each_node_with_a_class(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "edges.csv": "source,target\na,b\nb,c\n",
        "nodes.csv": "node,label,x\na,1,0.5\nb,2,1.5\nc,,2.5\n",
    }
    purpose = Purpose(M.GRAPH, T.CLASSIFICATION, columns=("node_features", "edges"), facts={"most_nodes": 2})
    found = own_examples(written(tmp_path / "g", files), purpose)
    rows = {row["label"]: row for row in found.frame.to_dict("records")}
    assert rows[0]["node_features"] == [[0.5], [1.5]] and rows[0]["edges"] == [[0, 1], [1, 0]]
    assert len(rows) == 2 and rows[1]["node_features"][0] == [1.5]


def test_tables_of_numbers_and_targets(tmp_path: Path) -> None:
    path = written(tmp_path, {"x.csv": "a,b,price\n1,2,3.5\n4,5,6.25\n7,8,9.75\n"}) / "x.csv"
    options = ReadOptions(columns={"numbers": ("a", "b"), "target": "price"})
    found = own_examples(path, Purpose(M.TABULAR, T.REGRESSION, columns=("numbers",)), options)
    assert [row.tolist() for row in found.column("numbers")] == [[1, 2], [4, 5], [7, 8]]
    assert found.column("target") == [3.5, 6.25, 9.75]


def test_a_parquet_file_with_the_model_s_columns_is_taken_as_it_is(tmp_path: Path) -> None:
    rows = pd.DataFrame({"image": [png(n) for n in range(4)], "text": list("abcd"), "other": range(4)})
    rows.to_parquet(tmp_path / "pairs.parquet")
    purpose = Purpose(M.MULTIMODAL, T.RETRIEVAL, columns=("image", "text"))
    found = own_examples(tmp_path / "pairs.parquet", purpose)
    assert found.columns == ("text", "image") and sum(found.splits.values()) == 4
    rows.assign(split="train").to_parquet(tmp_path / "pairs.parquet")
    with pytest.raises(DataError, match="The split 'train' is unknown"):
        own_examples(tmp_path / "pairs.parquet", purpose)


def test_data_of_another_task_is_refused_with_the_forms_that_serve(tmp_path: Path) -> None:
    folder = written(tmp_path / "p", {"train.en": "one\n", "train.de": "eins\n"})
    with pytest.raises(
        DataError, match=r"'Parallel texts', which does not serve audio classification.*Sounds by class"
    ):
        own_examples(folder, Purpose(M.AUDIO, T.CLASSIFICATION, columns=("sound",)))
    with pytest.raises(DataError, match=r"For that give a Parquet file with the columns image, text"):
        own_examples(folder, Purpose(M.MULTIMODAL, T.RETRIEVAL, columns=("image", "text")))


def test_a_table_without_what_the_model_reads_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, {"x.csv": "text,label\na long text here,1\nanother long text,0\n"}) / "x.csv"
    with pytest.raises(DataError, match="no column 'target_text'"):
        own_examples(path, Purpose(M.TEXT, T.TRANSLATION, columns=("text", "target_text")))


NUMBERS = [[float(row), 1.0] for row in range(6)]


@pytest.mark.parametrize(
    ("modality", "task", "columns", "message"),
    [
        (M.TABULAR, T.CLASSIFICATION, {"numbers": NUMBERS, "label": ["a"] * 5 + ["c"]}, "row 6: The label 'c' is none"),
        (M.TABULAR, T.CLASSIFICATION, {"numbers": NUMBERS, "label": ["a", None] * 3}, "row 2: The label is empty"),
        (M.TABULAR, T.CLASSIFICATION, {"numbers": NUMBERS}, "no column 'label'"),
        (M.TABULAR, T.REGRESSION, {"numbers": NUMBERS, "target": [1.0, np.nan] * 3}, "row 2: Expected a number"),
        (M.TABULAR, T.REGRESSION, {"numbers": NUMBERS, "target": list("123x56")}, "row 4: Expected a number.*'x'"),
        (M.TABULAR, T.RECOMMENDATION, {"numbers": NUMBERS, "item": ["a", "z"] * 3}, "row 2: The label 'z'"),
        (M.TEXT, T.CLASSIFICATION, {"text": ["a b", None] * 3, "label": ["a"] * 6}, "row 2: The text is empty"),
        (M.VISION, T.CLASSIFICATION, {"image": ["a.png"] * 6, "label": ["a"] * 6}, "row 1: A picture of type 'str'"),
        (M.VISION, T.DETECTION, {"image": [b"x"] * 6}, "no column 'objects'"),
        (M.VISION, T.SEGMENTATION, {"image": [b"x"] * 6}, "no column 'mask'"),
    ],
)  # fmt: skip
def test_a_parquet_file_with_the_model_s_columns_is_looked_through(
    tmp_path: Path, modality: M, task: T, columns: dict[str, Any], message: str
) -> None:
    path = tmp_path / "mine.parquet"
    pd.DataFrame(columns).to_parquet(path)
    read = tuple(name for name in columns if name not in ("label", "target", "item"))
    with pytest.raises(DataError, match=rf"mine\.parquet.*{message}"):
        own_examples(path, Purpose(modality, task, ("a", "b"), read))


def test_words_are_classes_in_parquet_too(tmp_path: Path) -> None:
    pd.DataFrame({"numbers": NUMBERS, "label": list("abbaba")}).to_parquet(tmp_path / "x.parquet")
    purpose = Purpose(M.TABULAR, T.CLASSIFICATION, ("a", "b"), ("numbers",))
    assert own_examples(tmp_path / "x.parquet", purpose).column("label") == [0, 1, 1, 0, 1, 0]


def test_what_has_no_form_is_told_the_forms_that_serve_and_no_others(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine", {"notes.doc": "words"})
    with pytest.raises(DataError, match=r"mine: This has no form that serves audio classification") as caught:
        own_examples(folder, Purpose(M.AUDIO, T.CLASSIFICATION, columns=("sound",)))
    assert "Sounds by class" in caught.value.remedy and "Amazon" not in caught.value.remedy
