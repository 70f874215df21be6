"""The command line as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Command


def document(layerwise: Command, *arguments: str) -> Any:
    code, out, said = layerwise(*arguments, "--json")
    assert code == 0, said
    return json.loads(out)


def test_a_process_of_its_own_answers_and_ends_with_a_code() -> None:
    command = [sys.executable, "-m", "analysis_core.cli"]
    done = subprocess.run([*command, "models"], capture_output=True, text=True, timeout=280, check=False)
    assert (done.returncode, done.stderr) == (0, "") and "zoo/text-bert" in done.stdout
    done = subprocess.run(
        [*command, "analyze", "zoo/tex-bert"], capture_output=True, text=True, timeout=280, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Unknown model 'zoo/tex-bert'. Did you mean 'zoo/text-bert'?\n"


def test_models(layerwise: Command) -> None:
    cards = {card["id"]: card for card in document(layerwise, "models")}
    assert {"zoo/text-bert", "zoo/vision-vit"} <= set(cards)
    assert cards["zoo/text-bert"]["layers"] == 12 and "accuracy" in cards["zoo/text-bert"]["baseline"]
    assert "zoo/vision-vit" in layerwise("models")[1]


def test_methods(layerwise: Command) -> None:
    found = {method["name"]: method for method in document(layerwise, "methods")}
    assert {"fisher_information", "layer_ablation"} <= set(found)
    assert all(method[key] for method in found.values() for key in ("question", "formula", "paper", "cost"))
    assert "question:" in layerwise("methods")[1]


@pytest.mark.usefixtures("worker")
def test_analyze_then_list_the_run(layerwise: Command) -> None:
    arguments = ("zoo/vision-vit", "--methods", "block_influence,layer_ablation", "--samples", "32")
    found = document(layerwise, "analyze", *arguments)
    assert set(found) == {"run", "model", "layers", "methods", "consensus", "baseline", "provenance"}
    assert len(found["layers"]) == 12 and found["layers"][0]["removable"] is True
    assert len(found["methods"]["layer_ablation"]["scores"]) == 12
    assert found["methods"]["block_influence"]["not_applicable"] is None
    assert found["provenance"]["examples"] == 32
    assert found["run"] in {run["id"] for run in document(layerwise, "runs")}
    assert found["run"] in layerwise("runs")[1]


@pytest.mark.usefixtures("worker")
def test_compress_writes_a_folder_that_loads(layerwise: Command, tmp_path: Path) -> None:
    out = tmp_path / "smaller"
    arguments = ("zoo/vision-vit", "--ratio", "1.2", "--strategy", "block_influence", "--out", str(out))
    found = document(layerwise, "compress", *arguments)
    assert found["plan"]["original_layers"] == 12 and found["plan"]["compressed_layers"] == 10
    assert found["metric"]["low"] <= found["metric"]["retention"] <= found["metric"]["high"]
    assert found["parameters"]["compressed"] < found["parameters"]["original"]
    assert found["bytes"]["compressed"] < found["bytes"]["original"]
    assert found["latency_ms"]["speedup"] > 0 and found["reload_equal"] is True
    program = "import load; model = load.load(); print(len(model.blocks))"
    done = subprocess.run([sys.executable, "-c", program], cwd=out, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "10"
    code, _, said = layerwise("compress", "zoo/vision-vit", "--ratio", "1.2", "--out", str(out))
    assert code == 2 and "exists already" in said[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("analyze", "zoo/tex-bert"), "Unknown model 'zoo/tex-bert'. Did you mean 'zoo/text-bert'?"),
        (("analyze", "zoo/text-bert", "--methods", "fischer"), "Did you mean 'fisher_information'?"),
        (("analyze", "zoo/text-bert", "--granularity", "blok"), "Did you mean 'block'?"),
        (("compress", "zoo/text-bert", "--ratio", "0.5"), "would make the model larger"),
        (("compress", "zoo/text-bert", "--ratio", "2", "--strategy", "gredy"), "Did you mean 'greedy'?"),
        (("zoo", "train", "tex-bert", "--out", "nowhere"), "Did you mean 'text-bert'?"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    layerwise: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    code, out, said = layerwise(*arguments)
    assert code == 2, said
    assert len(said) == 1 and sentence in said[0]
    assert out == ""


@pytest.mark.usefixtures("worker")
def test_a_run_that_cannot_be_as_asked_says_why(layerwise: Command) -> None:
    code, _, said = layerwise("compress", "zoo/vision-vit", "--ratio", "20")
    assert code == 2
    assert "20x cannot be reached" in said[-1]


def test_the_command_line_brings_in_no_torch() -> None:
    code = "import sys, analysis_core.cli; print({'torch', 'transformers', 'streamlit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
