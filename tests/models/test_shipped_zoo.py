"""The models that ship load by name and do what their cards say."""

from __future__ import annotations

import pytest
import torch

from analysis_core.data.loading import load_examples
from analysis_core.models.catalog import ModelCard, catalog, find_card
from analysis_core.models.loading import load_model
from analysis_core.models.text import TextModel
from analysis_core.models.vision import VisionModel
from analysis_core.tasks import task_for

CARDS = catalog()


def test_both_first_models_ship() -> None:
    assert {"zoo/text-bert", "zoo/vision-vit"} <= {card.id for card in CARDS}


@pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS])
def test_a_shipped_model_is_as_good_as_its_card_says(card: ModelCard) -> None:
    model = load_model(card.id, device="cpu")
    assert isinstance(model, (TextModel, VisionModel))
    assert len(model.layers) == card.layers and all(layer.removable for layer in model.layers)
    assert model.parameter_count == card.parameters
    assert model.summary["labels"] == list(card.labels)
    task = task_for(model.task)
    examples = load_examples(model).split(str(card.baseline["split"]))
    batches = list(model.batches(examples, 64))
    with torch.inference_mode():
        predictions = torch.cat([task.predictions(model.forward(batch), batch) for batch in batches])
    metrics = task.metrics(predictions, torch.cat([batch.targets for batch in batches if batch.targets is not None]))
    assert len(examples) == card.baseline["examples"]
    assert metrics["accuracy"] == pytest.approx(card.baseline["accuracy"], abs=1e-6)
    assert metrics["macro_f1"] == pytest.approx(card.baseline["macro_f1"], abs=1e-6)


@pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS])
def test_a_layers_output_has_the_width_of_the_card(card: ModelCard) -> None:
    model = load_model(card.id, device="cpu")
    assert isinstance(model, (TextModel, VisionModel))
    batch = next(model.batches(load_examples(find_card(card.id)).split("search"), 2))
    assert model.get_layer_output(batch, card.layers - 1).shape[-1] == card.hidden_size
