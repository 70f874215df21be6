"""The smallest recipe, trained for some seconds: a table, a regression, and a folder that reads its own scaling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis_core import zoo
from analysis_core.models.loading import load_model
from analysis_core.models.tabular import TabularModel
from analysis_core.zoo.card import CARD, read_json
from analysis_core.zoo.shipping import measured, read_examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo") / "tabular-resnet-mlp"
    zoo.train("tabular-resnet-mlp", folder, quick=True)
    return folder


def test_some_seconds_of_training_foretell_better_than_the_mean(folder: Path) -> None:
    card = read_json(folder / CARD)
    assert card["metric"] == "rmse" and card["metric_direction"] == "lower"
    assert card["baseline"]["rmse"] < 0.7 * card["trivial"]["value"]
    assert card["baseline"]["r2"] == pytest.approx(1 - (card["baseline"]["rmse"] / spread(folder)) ** 2, abs=1e-3)
    assert next(iter(card["baseline"])) == "rmse" and card["stacks"] == {"blocks": 2}


def spread(folder: Path) -> float:
    """Standard deviation of the test targets, in those of the training data."""
    scaling = read_json(folder / "config.json")["target"]
    return float(np.std(read_examples(folder, "test").column("target")) / scaling["std"][0])


def test_the_folder_alone_gives_the_cards_figures(folder: Path) -> None:
    model = load_model(str(folder), device="cpu")
    assert isinstance(model, TabularModel) and model.numbers == 7
    baseline = read_json(folder / CARD)["baseline"]
    figures = measured(model, folder, "test")
    assert figures == pytest.approx({name: baseline[name] for name in figures}) and len(figures) == len(baseline) - 1
