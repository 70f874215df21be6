"""The command line as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def layerwise(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis_core.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def document(*arguments: str) -> Any:
    done = layerwise(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_models() -> None:
    cards = {card["id"]: card for card in document("models")}
    assert {"zoo/text-bert", "zoo/vision-vit"} <= set(cards)
    assert cards["zoo/text-bert"]["layers"] == 12 and "accuracy" in cards["zoo/text-bert"]["baseline"]
    assert "zoo/vision-vit" in layerwise("models").stdout


def test_methods() -> None:
    found = {method["name"]: method for method in document("methods")}
    assert {"fisher_information", "layer_ablation"} <= set(found)
    assert all(method[key] for method in found.values() for key in ("question", "formula", "paper", "cost"))
    assert "question:" in layerwise("methods").stdout


@pytest.mark.usefixtures("worker")
def test_analyze_then_list_the_run() -> None:
    found = document("analyze", "zoo/vision-vit", "--methods", "block_influence,layer_ablation", "--samples", "32")
    assert set(found) == {"run", "model", "layers", "methods", "consensus", "baseline", "provenance"}
    assert len(found["layers"]) == 12 and found["layers"][0]["removable"] is True
    assert len(found["methods"]["layer_ablation"]["scores"]) == 12
    assert found["methods"]["block_influence"]["not_applicable"] is None
    assert found["provenance"]["examples"] == 32
    assert found["run"] in {run["id"] for run in document("runs")}
    assert found["run"] in layerwise("runs").stdout


@pytest.mark.usefixtures("worker")
def test_compress_writes_a_folder_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "smaller"
    found = document("compress", "zoo/vision-vit", "--ratio", "1.2", "--strategy", "block_influence", "--out", str(out))
    assert found["plan"]["original_layers"] == 12 and found["plan"]["compressed_layers"] == 10
    assert found["metric"]["low"] <= found["metric"]["retention"] <= found["metric"]["high"]
    assert found["parameters"]["compressed"] < found["parameters"]["original"]
    assert found["bytes"]["compressed"] < found["bytes"]["original"]
    assert found["latency_ms"]["speedup"] > 0 and found["reload_equal"] is True
    code = "import load; model = load.load(); print(len(model.blocks))"
    done = subprocess.run([sys.executable, "-c", code], cwd=out, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "10"
    again = layerwise("compress", "zoo/vision-vit", "--ratio", "1.2", "--out", str(out))
    assert again.returncode == 2 and "exists already" in again.stderr


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
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], sentence: str) -> None:
    done = layerwise(*arguments)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.usefixtures("worker")
def test_a_run_that_cannot_be_as_asked_says_why() -> None:
    done = layerwise("compress", "zoo/vision-vit", "--ratio", "20")
    assert done.returncode == 2
    assert "20x cannot be reached" in done.stderr.strip().splitlines()[-1]


def test_the_command_line_brings_in_no_torch() -> None:
    code = "import sys, analysis_core.cli; print({'torch', 'transformers', 'streamlit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
