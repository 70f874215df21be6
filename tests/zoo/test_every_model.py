"""Every embedded model, all the way: analysed by all methods, cut greedily to half its depth, exported, loaded again.

The exports are loaded by one fresh process that cannot import this project.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors.torch import load_file
from torch import Tensor

from analysis_core.compression.exporting import reload, reload_child
from analysis_core.compression.exporting.export import export
from analysis_core.compression.plan import possible_ratios
from analysis_core.compression.search import GREEDY
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.catalog import ModelCard, catalog
from analysis_core.models.loading import load_model
from analysis_core.models.reading import ReadingModel
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.cutting import cut_and_measure
from analysis_core.workflow.examples import SEARCH, TEST, prepare
from analysis_core.zoo.shipping import read_examples

EXAMPLES, BATCH_SIZE = 8, 4
SHARED = ("fisher_information", "gradient_based", "gradient_flow", "neuron_activation", "layer_ablation")
"""Methods that every model with layers can be asked."""
FIRST = ("zoo/text-bert", "zoo/vision-vit")
"""Plain encoders, which every method is made for."""
RELOAD_SCRIPT = Path(__file__).parents[1] / "universality" / "reload_many.py"
RELOAD_SECONDS = 240
CARDS = catalog()
every_card = pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS], scope="module")


@dataclass(frozen=True)
class Exported:
    """A folder that waits to be loaded by a stranger, and what it is to compute there."""

    folder: Path
    exchange: Path
    outputs: dict[str, Tensor]


@pytest.fixture(scope="module")
def exports() -> dict[str, Exported]:
    return {}


@pytest.fixture(scope="module")
def model(card: ModelCard) -> ReadingModel:
    loaded = load_model(card.id, device="cpu")
    assert isinstance(loaded, ReadingModel)
    return loaded


def batches(model: ReadingModel, card: ModelCard, split: str) -> tuple[Batch, ...]:
    return prepare(model, read_examples(card.folder, split), split, BATCH_SIZE, EXAMPLES, 0).batches


@every_card
def test_all_methods_score_it_or_say_why_not(card: ModelCard, model: ReadingModel) -> None:
    config = AnalysisConfig(card.id, analysis_methods=tuple(METHODS.names()))
    report = analyze(model, batches(model, card, SEARCH), config, {name: METHODS.get(name) for name in METHODS.names()})
    json.dumps(report.to_dict(), allow_nan=False)
    assert report.metric == card.metric
    for name, result in report.methods.items():
        reasons = dict(enumerate(result.reasons))
        for index, score in enumerate(result.scores):
            assert score is not None or result.not_applicable or reasons.get(index), (name, index)
    asked = METHODS.names() if card.id in FIRST else SHARED
    assert all(report[name].not_applicable is None for name in asked)
    stacks = {layer.stack for layer in report.layers}
    for stack in stacks:  # each stack is scored on its own
        indices = [layer.index for layer in report.layers if layer.stack == stack]
        assert any(report["gradient_based"].scores[index] for index in indices), stack


@every_card
def test_half_of_it_goes_and_the_rest_is_measured_and_loads_elsewhere(
    card: ModelCard, model: ReadingModel, tmp_path: Path, exports: dict[str, Exported]
) -> None:
    ratio = max(ratio for ratio in possible_ratios(model.layers) if ratio <= 2.0)
    plan, searched = choose_layers(model, batches(model, card, SEARCH), ratio, GREEDY)
    assert plan.remove and len(searched) > len(plan.remove)
    test = batches(model, card, TEST)
    result = cut_and_measure(model, plan, test, latency_pairs=2)
    measurement = result.measurement
    assert len(result.universal.layers) == len(model.layers) - len(plan.remove)
    assert measurement.parameters_compressed < measurement.parameters_original
    assert measurement.metric == card.metric and math.isfinite(measurement.compressed)
    folder = export(result.universal, tmp_path / "out", plan=plan, measurement=measurement)
    batch = test[0].select(0, 4)
    (tmp_path / "exchange").mkdir()
    reload._write_inputs(result.universal, batch, tmp_path / "exchange")
    exports[card.id] = Exported(folder, tmp_path / "exchange", reload._outputs(result.universal, batch))


def test_a_fresh_process_computes_the_same_with_every_one_of_them(exports: dict[str, Exported], tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.json"
    jobs.write_text(json.dumps([[str(one.folder), str(one.exchange)] for one in exports.values()]))
    command = [sys.executable, "-I", str(RELOAD_SCRIPT), str(reload_child.__file__), str(jobs)]
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **offline}, timeout=RELOAD_SECONDS, check=True)
    for name, one in exports.items():
        error = one.exchange / "error.txt"
        assert not error.exists(), f"{name}: {error.read_text()}"
        theirs = load_file(one.exchange / "outputs.safetensors")
        assert theirs.keys() == one.outputs.keys() and theirs, name
        for key, ours in one.outputs.items():
            assert reload._difference(ours, theirs[key]) <= reload.TOLERANCE, (name, key)
