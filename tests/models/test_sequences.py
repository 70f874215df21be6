"""Histories become tokens, and a prediction is what stands after the last real item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError
from analysis_core.models.loading import load_model
from analysis_core.models.sequences import SequenceModel
from analysis_core.tasks import task_for
from analysis_core.vocabulary import ModalityType, TaskType

ITEMS = 20


def network(**settings: int) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    small = {"vocab_size": ITEMS + 1, "n_positions": 6, "n_embd": 16, "n_layer": 3, "n_head": 2} | settings
    return GPT2LMHeadModel(GPT2Config(**small, bos_token_id=None, eos_token_id=None, pad_token_id=0))


@pytest.fixture(scope="module")
def model() -> SequenceModel:
    return SequenceModel(network())


def examples(histories: list[object], items: list[int] | None = None) -> ExampleSet:
    frame = pd.DataFrame({"history": histories})
    return ExampleSet(frame if items is None else frame.assign(item=items))


def test_items_become_tokens_with_padding_behind(model: SequenceModel) -> None:
    (batch,) = model.batches(examples([[0, 4, 19], [7]], [2, 3]), batch_size=2)
    assert batch.inputs["input_ids"].tolist() == [[1, 5, 20], [8, 0, 0]]  # type: ignore[index, call-overload]
    assert batch.padding_mask is not None and batch.padding_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.targets is not None and batch.targets.tolist() == [2, 3]
    assert model.items == ITEMS and len(model.layers) == 3 and all(layer.removable for layer in model.layers)


def test_of_a_long_history_the_newest_items_are_read(model: SequenceModel) -> None:
    (batch,) = model.batches(examples([np.arange(10)]), batch_size=1)
    assert batch.inputs["input_ids"].tolist() == [[5, 6, 7, 8, 9, 10]]  # type: ignore[index, call-overload]
    assert batch.targets is None


def test_a_prediction_is_that_of_the_history_alone(model: SequenceModel) -> None:
    (together,) = model.batches(examples([[3, 1, 2], [5, 6]], [0, 0]), batch_size=2)
    found = model.forward(together)
    for row, history in enumerate([[3, 1, 2], [5, 6]]):
        with torch.no_grad():
            logits = model.module(input_ids=torch.tensor([[item + 1 for item in history]])).logits
        torch.testing.assert_close(found[row], logits[0, -1, 1:], rtol=1e-4, atol=1e-5)
    assert found.shape == (2, ITEMS)


def test_the_task_takes_the_predictions_as_they_are(model: SequenceModel) -> None:
    task = task_for(model.task, model.modality)
    (batch,) = model.batches(examples([[3, 1, 2], [5, 6]], [19, 0]), batch_size=2)
    logits = model.forward(batch)
    expected = -logits.log_softmax(-1)[[0, 1], [19, 0]]
    torch.testing.assert_close(task.losses(logits, batch), expected)
    assert task.predictions(logits, batch)[:, 2].tolist() == [ITEMS - 1, ITEMS - 1]


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([], "The history of example 1 is no list of item numbers"),
        ([0.5, 1.5], "is no list of item numbers"),
        ("1 2", "is no list of item numbers"),
        ([3, 20], r"names item 20, but the model knows items 0 to 19\. Number the items as they were"),
        ([3, -1], "names item -1"),
    ],
)
def test_strange_histories_are_said(model: SequenceModel, history: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(model.batches(examples([[1, 2], history], [0, 0]), batch_size=2))


def test_a_next_item_that_the_model_does_not_know_is_said(model: SequenceModel) -> None:
    (batch,) = model.batches(examples([[1, 2]], [ITEMS]), batch_size=1)
    with pytest.raises(DataError, match=r"item .*20"):
        task_for(model.task).losses(model.forward(batch), batch)


def test_a_model_without_a_head_over_its_tokens_is_no_recommender() -> None:
    config = BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
    with pytest.raises(ModelError, match="'BertModel' does not give one logit for each item that it reads"):
        SequenceModel(BertModel(config))


def test_a_folder_comes_back_as_a_recommender(tmp_path: Path) -> None:
    network(n_layer=2).save_pretrained(tmp_path)
    wanted = {"task": TaskType.RECOMMENDATION, "modality": ModalityType.TABULAR}
    model = load_model(str(tmp_path), device="cpu", **wanted)  # type: ignore[arg-type]
    assert isinstance(model, SequenceModel) and model.longest_history == 6
