"""Texts become batches that a model can read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import tiny_models
import torch

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError
from analysis_core.models.base import first_tensor
from analysis_core.models.loading import load_model
from analysis_core.models.text import TextModel
from analysis_core.vocabulary import TaskType

TEXTS = ["a good film", "bad", "the very very bad film", "good good", "a " * 40]
EXAMPLES = ExampleSet(pd.DataFrame({"text": TEXTS, "label": [1, 0, 0, 1, 2]}), "films")


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    model = load_model(str(tiny_models.bert_folder(tmp_path_factory.mktemp("bert"))), device="cpu")
    assert isinstance(model, TextModel)
    return model


def labels_of(batch: Batch) -> list[int]:
    assert batch.targets is not None
    return [int(label) for label in batch.targets]


def test_batches_are_padded_to_their_longest_text(bert: TextModel) -> None:
    batches = list(bert.batches(EXAMPLES, 2))
    assert [batch.size for batch in batches] == [2, 2, 1]
    assert [batch.first for batch in batches] == [0, 2, 4]
    assert [tuple(first_tensor(batch.inputs).shape) for batch in batches] == [(2, 3), (2, 5), (1, 16)]
    assert batches[0].padding_mask is not None and batches[0].padding_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert [label for batch in batches for label in labels_of(batch)] == [1, 0, 0, 1, 2]


def test_max_samples_cuts_the_last_batch(bert: TextModel) -> None:
    assert [batch.size for batch in bert.batches(EXAMPLES, 2, max_samples=3)] == [2, 1]


def test_padding_changes_no_answer(bert: TextModel) -> None:
    with torch.no_grad():
        together = bert.forward(next(bert.batches(EXAMPLES, 5))).logits
        alone = torch.cat([bert.forward(batch).logits for batch in bert.batches(EXAMPLES, 1)])
    torch.testing.assert_close(together, alone)


def test_texts_are_cut_to_what_the_model_has_positions_for(bert: TextModel) -> None:
    bert.tokenizer.model_max_length = int(1e30)
    try:
        assert bert.longest_tokens == 32
    finally:
        bert.tokenizer.model_max_length = 16
    assert bert.longest_tokens == 16


def test_the_output_of_a_layer_has_one_row_an_example(bert: TextModel) -> None:
    batch = next(bert.batches(EXAMPLES, 3))
    assert bert.get_layer_output(batch, 1).shape == (3, 5, 8)
    assert bert.get_layer_output(batch.inputs, 1).shape == (3, 5, 8)


def test_pictures_are_no_texts(bert: TextModel) -> None:
    pictures = ExampleSet(pd.DataFrame({"image": [b"x"], "label": [0]}), "photos")
    with pytest.raises(DataError, match=r"photos: .*reads a column 'text'.*'image'"):
        next(bert.batches(pictures, 1))


def test_texts_without_a_single_token_are_said(bert: TextModel) -> None:
    empty = ExampleSet(pd.DataFrame({"text": ["", ""], "label": [0, 0]}))
    with pytest.raises(DataError, match="empty"):
        list(bert.batches(empty, 2))


def test_a_decoder_is_fed_without_its_cache(tmp_path: Path) -> None:
    model = load_model(str(tiny_models.gpt2_folder(tmp_path)), device="cpu")
    assert isinstance(model, TextModel) and model.task is TaskType.GENERATION
    batch = next(model.batches(ExampleSet(pd.DataFrame({"text": ["a good film", "very bad"]})), 2))
    assert isinstance(batch.inputs, dict) and batch.inputs["use_cache"] is False
    with torch.no_grad():
        assert model.forward(batch).past_key_values is None


def test_examples_without_labels_make_batches_without_targets(bert: TextModel) -> None:
    (batch,) = bert.batches(ExampleSet(pd.DataFrame({"text": ["good"]})), 8)
    assert batch.targets is None
