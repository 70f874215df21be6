"""Wrong data, the whole way of a run: one sentence that says what, where and the remedy, and nothing is touched."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pytest

from analysis_core.adapter import UniversalLayerwiseAdapter
from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.errors import LayerwiseError
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model
from analysis_core.workflow.compression import compress_run
from tests.workflow.wrong_data import CASES, DIGITS, ROWS, Wrong, lines, parquet, png

LONGEST_SENTENCE = 450
"""Twelve classes, or five forms of data, may be listed in it."""


@cache
def embedded(name: str) -> UniversalModel:
    return load_model(f"zoo/{name}")


def analysed(name: str, data: Path, methods: tuple[str, ...] = ("block_influence",), **settings: object) -> object:
    adapter = UniversalLayerwiseAdapter(
        AnalysisConfig(f"zoo/{name}", data=str(data), analysis_methods=methods, **settings)  # type: ignore[arg-type]
    )
    adapter.load_model(embedded(name))
    return adapter.analyze_importance()


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", CASES)
def test_wrong_data_are_one_sentence_and_stay_as_they_are(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    data = case.written(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(LayerwiseError, match=case.sentence) as caught:
        analysed(case.model, data, data_columns=dict(case.columns))
    error = caught.value
    assert error.input_at_fault and error.where and error.remedy
    assert error.what.endswith(".") and error.remedy.endswith(".")
    assert "\n" not in error.sentence and len(error.sentence) <= LONGEST_SENTENCE
    assert str(tmp_path) not in error.sentence  # the name of the file is said, and not where it lies
    assert contents(tmp_path) == before


def test_what_is_not_there_is_said_with_the_path_that_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LayerwiseError, match=r"nowhere: There is no such file or folder\. Check the path\."):
        analysed("text-bert", tmp_path / "nowhere")


def test_a_form_that_there_is_not_proposes_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(LayerwiseError, match=r"Unknown format 'tabel'. Did you mean 'table'\?"):
        analysed("text-bert", Wrong("text-bert", {"x.csv": lines("text,label", *ROWS)}, "").written(tmp_path),
                 data_format="tabel")  # fmt: skip


HARD_ON_FEW = (
    "fisher_information",
    "layer_correlation",
    "layer_ablation",
    "information_bottleneck",
    "layer_conductance",
)
"""Methods that compare examples, classes or losses: one of each kind."""


def test_a_folder_with_one_class_is_analysed(tmp_path: Path) -> None:
    alone = {file: content for file, content in DIGITS.items() if file.startswith("0/")}
    report = analysed("vision-vit", Wrong("vision-vit", alone, "").written(tmp_path), HARD_ON_FEW)
    assert all(result.not_applicable or any(score is not None for score in result.scores)
               for result in report.methods.values())  # type: ignore[attr-defined]  # fmt: skip


ONE_PICTURE = {"x.parquet": parquet(image=[png()], label=[0], split=["search"])}


def test_one_example_to_choose_with_is_analysed_and_said_to_be_one(tmp_path: Path) -> None:
    """Where the file says so, one example is enough to score layers; errors of means are then unknown."""
    report = analysed("vision-vit", Wrong("vision-vit", ONE_PICTURE, "").written(tmp_path), HARD_ON_FEW)
    assert report.provenance["examples"] == 1  # type: ignore[attr-defined]
    assert all(error is None for error in report["layer_ablation"].std_errors)  # type: ignore[index]


@pytest.mark.parametrize(
    ("files", "settings", "sentence"),
    [
        ({"x.parquet": parquet(image=[png()], label=[0])}, {}, "no examples for 'search', only 1 for 'test'"),
        (ONE_PICTURE, {}, "no examples for 'test', only 1 for 'search'"),
        (
            {"x.parquet": parquet(image=[png(), png(1)], label=[0, 0], split=["search", "test"])},
            {"heal": "linear"},
            "no examples for 'heal', only 1 for 'search', 1 for 'test'",
        ),
    ],
)
def test_too_few_examples_to_compress_with_are_said_before_the_search(
    tmp_path: Path, files: dict[str, bytes], settings: dict[str, str], sentence: str
) -> None:
    heard: list[str] = []
    data = str(Wrong("vision-vit", dict(files), "").written(tmp_path))
    config = CompressionConfig("zoo/vision-vit", target_ratio=1.2, data=data, **settings)  # type: ignore[arg-type]
    with pytest.raises(LayerwiseError, match=sentence):
        compress_run(config, progress=lambda _done, message: heard.append(message))
    assert heard == ["Loading the model"]
