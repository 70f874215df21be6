"""The embedded models are what their cards say: they load, repeat their baseline, keep to the limits."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors import safe_open

from analysis_core.data.digests import digest_of
from analysis_core.models.catalog import ModelCard, catalog
from analysis_core.models.loading import load_model
from analysis_core.models.reading import ReadingModel
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import Direction, ModalityType, TaskType
from analysis_core.workflow.examples import SEARCH, prepare
from analysis_core.zoo import RECIPES
from analysis_core.zoo.card import SAMPLE, WEIGHTS, read_json, sha256
from analysis_core.zoo.shipping import measured, read_examples

ASSETS = Path(__file__).parents[2] / "assets"
CARDS = catalog()
MAX_BYTES, MAX_BYTES_IN_ALL = 4_000_000, 40_000_000
MIN_ROWS = {"search": 100, "test": 200, "heal": 100}
FEW = 200

every_card = pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS])


@cache
def loaded(name: str) -> ReadingModel:
    """No test here changes a model: it is loaded once for all of them."""
    model = load_model(name, device="cpu")
    assert isinstance(model, ReadingModel)
    return model


def test_every_recipe_ships_its_model() -> None:
    assert {card.id.removeprefix("zoo/") for card in CARDS} == set(RECIPES)
    assert all(card.recipe == RECIPES[card.id.removeprefix("zoo/")] for card in CARDS)


def test_every_modality_and_every_task_has_a_model() -> None:
    assert len(CARDS) >= 20
    assert {card.modality for card in CARDS} == set(ModalityType)
    assert {card.task for card in CARDS} == set(TaskType)


def test_all_assets_together_are_small() -> None:
    assert sum(file.stat().st_size for file in ASSETS.rglob("*") if file.is_file()) < MAX_BYTES_IN_ALL


@every_card
def test_files_are_small_finite_and_those_of_the_card(card: ModelCard) -> None:
    assert sum(file.stat().st_size for file in card.folder.iterdir()) < MAX_BYTES
    assert dict(card.sha256) == {name: sha256(card.folder / name) for name in (WEIGHTS, SAMPLE)}
    with safe_open(card.folder / WEIGHTS, framework="pt") as weights:
        names = list(weights.keys())
        assert all(weights.get_tensor(name).isfinite().all() for name in names)


@every_card
def test_the_card_says_what_is_needed(card: ModelCard) -> None:
    values = read_json(card.folder / "card.json")
    assert card.title and card.description and card.architecture and card.train_seconds > 0
    assert {"name", "description", "licence"} <= set(card.data)
    assert card.metric in card.baseline and next(iter(card.baseline)) == card.metric
    assert card.trivial["how"] and sum(card.stacks.values()) == card.layers
    assert values["versions"] and values["trained_at"] and values["trained_on"]


@every_card
def test_the_sample_has_three_parts_that_share_nothing(card: ModelCard) -> None:
    rows = pd.read_parquet(card.folder / SAMPLE)
    counts = rows["split"].value_counts()
    assert set(counts.index) == set(MIN_ROWS)
    assert all(counts[split] >= least for split, least in MIN_ROWS.items()), counts.to_dict()
    content = rows.drop(columns="split")
    digests = [digest_of(list(row)) for row in content.itertuples(index=False)]
    assert rows["split"].groupby(digests).nunique().max() == 1


@every_card
def test_the_baseline_is_repeated_and_beats_the_trivial_answer(card: ModelCard) -> None:
    model = loaded(card.id)
    assert (len(model.layers), model.parameter_count) == (card.layers, card.parameters)
    found = measured(model, card.folder, "test")
    assert found["examples"] == card.baseline["examples"]
    for name, value in found.items():
        assert value == pytest.approx(card.baseline[name], rel=1e-4, abs=1e-6), name
    better = 1 if card.metric_direction == Direction.HIGHER_IS_BETTER else -1
    assert better * found[card.metric] > better * float(card.trivial["value"])


@every_card
def test_depth_matters(card: ModelCard) -> None:
    """Taking out all but two of the layers that can go costs loss, or right answers where a model is too sure."""
    model = loaded(card.id)
    part = prepare(model, read_examples(card.folder, SEARCH), SEARCH, 32, FEW, 0)
    replayer = Replayer(model, task_for(model.task, model.modality), part.batches)
    removable = [layer.index for layer in model.layers if layer.removable]
    assert len(removable) >= len(model.layers) / 2
    intact, without = replayer.outcome(), replayer.outcome(removable[:-2])
    better = 1 if card.metric_direction == Direction.HIGHER_IS_BETTER else -1
    worse_answers = better * without.metric.mean() < better * intact.metric.mean()
    assert without.losses.mean() > intact.losses.mean() or worse_answers


@every_card
def test_batches_do_not_change_what_an_example_costs(card: ModelCard) -> None:
    model = loaded(card.id)
    task = task_for(model.task, model.modality)
    examples = read_examples(card.folder, SEARCH).head(9)

    def losses(batch_size: int) -> torch.Tensor:
        with torch.inference_mode():
            return torch.cat(
                [task.losses(model.forward(batch), batch) for batch in model.batches(examples, batch_size)]
            )

    torch.testing.assert_close(losses(9), losses(4), rtol=2e-4, atol=2e-5)
