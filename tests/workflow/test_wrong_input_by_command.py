"""Wrong input on the command line: exit code 2, one sentence, no traceback, and nothing lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.commands import Command
from tests.models import tiny_models
from tests.workflow.wrong_data import CASES, DIGITS, ROWS, Wrong, lines, parquet, png

pytestmark = pytest.mark.usefixtures("worker")


@pytest.mark.parametrize(
    "name",
    [
        "an empty file", "a missing column", "a label that the model does not have", "one example",
        "a sound called png", "half a Parquet file", "a list that names a missing picture", "half a sound",
        "an edge to an unknown node",
    ],
)  # fmt: skip
def test_wrong_data_end_with_code_2_and_one_sentence(layerwise: Command, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    data = str(case.written(tmp_path))
    code, out, said = layerwise("analyze", f"zoo/{case.model}", "--methods", "block_influence", "--data", data)
    assert code == 2 and out == "" and len(said) == 1, said
    assert re.search(case.sentence, said[0]) and "Traceback" not in said[0]


def bert(folder: Path) -> Path:
    return tiny_models.bert_folder(folder / "my-bert")


def with_another_tokenizer(folder: Path) -> Path:
    path = bert(folder)
    tiny_models.tokenizer([*tiny_models.WORDS, "more", "words"]).save_pretrained(path)
    return path


def with_another_configuration(folder: Path) -> Path:
    path = bert(folder)
    settings = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(settings | {"num_hidden_layers": 5}))
    return path


def with_weights_of_another_shape(folder: Path) -> Path:
    path = bert(folder)
    tensors = load_file(path / "model.safetensors")
    tensors["classifier.weight"] = tensors["classifier.weight"][:2].clone()
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
    return path


def with_half_of_its_weights(folder: Path) -> Path:
    path = bert(folder)
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (with_another_tokenizer, "knows 12 tokens, but the model has embeddings for 10"),
        (with_another_configuration, "missing: bert.encoder.layer.3"),
        (with_weights_of_another_shape, "has shape"),
        (with_half_of_its_weights, "cut off"),
    ],
)
def test_a_model_that_does_not_fit_itself(
    layerwise: Command, tmp_path: Path, make: Callable[[Path], Path], sentence: str
) -> None:
    folder = make(tmp_path)
    data = Wrong("", {"x.csv": lines("text,label", "a good film,positive", "a bad film,negative")}, "")
    code, out, said = layerwise("analyze", str(folder), "--data", str(data.written(tmp_path)))
    assert code == 2 and out == "" and len(said) == 1 and sentence in said[0], said


def test_one_example_is_too_few_to_compress_with(layerwise: Command, tmp_path: Path) -> None:
    one = Wrong("", {"x.parquet": parquet(image=[png()], label=[0], split=["search"])}, "").written(tmp_path)
    out_folder = tmp_path / "smaller"
    arguments = ("zoo/vision-vit", "--ratio", "1.2", "--data", str(one))
    code, out, said = layerwise("compress", *arguments, "--out", str(out_folder))
    assert code == 2 and out == "" and len(said) == 1 and "no examples for 'test', only 1 for 'search'" in said[0]
    assert not out_folder.exists()


def test_a_failed_run_is_kept_with_its_reason_and_the_next_one_goes_on(layerwise: Command, tmp_path: Path) -> None:
    wrong = Wrong("", DIGITS | {"0/9.png": b""}, "").written(tmp_path)
    arguments = ("analyze", "zoo/vision-vit", "--methods", "block_influence", "--json", "--data", str(wrong))
    assert layerwise(*arguments)[0] == 2
    (wrong / "0" / "9.png").unlink()
    code, out, _ = layerwise(*arguments)
    assert code == 0 and json.loads(out)["methods"]["block_influence"]["scores"]
    newest, before = json.loads(layerwise("runs", "--json")[1])[:2]
    assert newest["state"] == "finished" and before["state"] == "failed"
    assert "0/9.png: The picture is empty" in before["error"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--columns", "text"), "--columns: 'text' does not say what a column means"),
        (("--columns", "text=review"), "x.csv: There is no column 'review'"),
        (("--format", "tabel"), "Unknown format 'tabel'. Did you mean 'table'?"),
        (("--samples", "0"), "0 examples tell nothing"),
    ],
)
def test_wrong_options_of_data(layerwise: Command, tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    data = Wrong("", {"x.csv": lines("text,label", *ROWS)}, "").written(tmp_path)
    code, out, said = layerwise("analyze", "zoo/text-bert", "--data", str(data), *options)
    assert code == 2 and out == "" and len(said) == 1 and sentence in said[0], said
