"""A query and its candidates run side by side, and folders of sentence-transformers give what that library gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tiny_models
import tiny_texts
import torch
from torch import Tensor

from analysis_core.compression.exporting.export import export
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError, UnsafeFileError
from analysis_core.models.loading import load_model
from analysis_core.models.pooling import TextPooling
from analysis_core.models.text_retrieval import CANDIDATES, RetrievalModel
from analysis_core.tasks import task_for
from analysis_core.tasks.candidates import candidate_places
from analysis_core.vocabulary import TaskType

DOCUMENTS = ["a river", "the mountain", "cold water", "long", "water runs down"]
PAIRS = ExampleSet(pd.DataFrame({"text": [*tiny_texts.SENTENCES, "high"], "target_text": DOCUMENTS}), "pairs")


def loaded(folder: Path, **wanted: Any) -> RetrievalModel:
    model = load_model(str(folder), device="cpu", **wanted)
    assert isinstance(model, RetrievalModel)
    return model


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> RetrievalModel:
    return loaded(tiny_texts.encoder_folder(tmp_path_factory.mktemp("encoder")))


def vector(model: RetrievalModel, text: str) -> Tensor:
    """One text alone, nothing padded, by hand: the mean over its tokens."""
    tokens = model.tokenizer(text, return_tensors="pt")["input_ids"]
    return model.module(input_ids=tokens).last_hidden_state[0].mean(0)


def test_each_example_is_a_query_and_its_fixed_candidates(encoder: RetrievalModel) -> None:
    assert encoder.task is TaskType.RETRIEVAL and encoder.columns == ("text", "target_text")
    (batch,) = encoder.batches(PAIRS, 5)
    places = candidate_places(DOCUMENTS, len(DOCUMENTS))
    with torch.no_grad():
        found = encoder.forward(batch)
        for row in range(5):
            torch.testing.assert_close(found["query_embeds"][row], vector(encoder, PAIRS.column("text")[row]))
            for position, place in enumerate(places[row]):
                torch.testing.assert_close(found["document_embeds"][row, position], vector(encoder, DOCUMENTS[place]))
    assert batch.targets is not None and batch.targets.tolist() == [0] * 5
    assert batch.pieces == 6 and batch.padding_mask is not None
    assert batch.padding_mask.shape == (5, 6 * encoder.arguments(batch)["input_ids"].shape[1])


def test_neither_batch_size_nor_padding_changes_an_examples_loss(encoder: RetrievalModel) -> None:
    task = task_for(TaskType.RETRIEVAL)

    def losses(batch_size: int) -> Tensor:
        return torch.cat([task.losses(encoder.forward(batch), batch) for batch in encoder.batches(PAIRS, batch_size)])

    with torch.no_grad():
        torch.testing.assert_close(losses(5), losses(2))
        (whole,) = encoder.batches(PAIRS, 5)
        cut = whole.select(1, 3)
        torch.testing.assert_close(task.losses(encoder.forward(cut), cut), losses(5)[1:3])


def test_a_large_sample_gives_each_query_so_many_candidates(encoder: RetrievalModel) -> None:
    many = pd.DataFrame({"text": ["cold"] * 20, "target_text": [f"water {'a' * n}" for n in range(20)]})
    batch = next(encoder.batches(ExampleSet(many), 4))
    assert batch.pieces == 1 + CANDIDATES


@pytest.mark.parametrize("mode", ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"])
def test_poolings_are_those_of_sentence_transformers(mode: str) -> None:
    hidden = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    pooled = TextPooling((mode,)).pooled(hidden, mask)
    for row, length in enumerate((5, 3, 1)):
        real = hidden[row, :length]
        places = torch.arange(1, length + 1).unsqueeze(1)
        expected = {
            "cls": real[0],
            "max": real.max(0).values,
            "mean": real.mean(0),
            "mean_sqrt_len_tokens": real.sum(0) / length**0.5,
            "weightedmean": (real * places).sum(0) / places.sum(),
            "lasttoken": real[-1],
        }[mode]
        torch.testing.assert_close(pooled[row], expected)
    assert TextPooling((mode, "cls")).pooled(hidden, mask).shape == (3, 8)


def test_settings_of_old_and_new_folders_are_read(tmp_path: Path) -> None:
    old = tiny_texts.encoder_folder(tmp_path / "old", pooling_mode_cls_token=True, pooling_mode_max_tokens=True)
    assert loaded(old).pooling.modes == ("cls", "max")
    new = tiny_texts.encoder_folder(tmp_path / "new", pooling_mode="lasttoken")
    (new / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "cold ", "passage": "a "}}))
    (new / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 7}))
    model = loaded(new)
    assert model.pooling.modes == ("lasttoken",) and model.longest_tokens == 7
    (batch,) = model.batches(PAIRS, 5)
    rows = model.arguments(batch)["input_ids"].reshape(5, 6, -1)
    by_hand = model.tokenizer(["cold high", "a water runs down"], truncation=True, max_length=7)["input_ids"]
    assert rows.shape[-1] == 7
    assert rows[4, 0, : len(by_hand[0])].tolist() == by_hand[0] and rows[4, 1].tolist() == by_hand[1]


def test_an_encoder_that_lies_in_a_folder_of_its_own_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "whole" / "0_Transformer"
    tiny_texts.encoder_folder(inner, described=False)
    described = tiny_texts.encoder_folder(tmp_path / "other")
    steps = json.loads((described / "modules.json").read_text())
    steps[0]["path"] = "0_Transformer"
    (inner.parent / "modules.json").write_text(json.dumps(steps))
    (described / "1_Pooling").rename(inner.parent / "1_Pooling")
    model = loaded(inner.parent)
    assert model.pooling.modes == ("mean",) and model.companions["modules.json"][0]["path"] == ""


def test_a_plain_encoder_is_pooled_by_the_mean_and_a_head_is_left_aside(tmp_path: Path) -> None:
    plain = loaded(tiny_texts.encoder_folder(tmp_path / "plain", described=False), task=TaskType.RETRIEVAL)
    assert plain.pooling.modes == ("mean",) and not plain.companions
    folder = tiny_models.bert_folder(tmp_path / "classifier")
    classifier = loaded(folder, task=TaskType.RETRIEVAL, modality="text")
    assert type(classifier.module).__name__ == "BertModel"


def test_an_export_is_a_folder_of_sentence_transformers_again(encoder: RetrievalModel, tmp_path: Path) -> None:
    smaller = compressed_model(encoder, remove_layers(encoder, [0]), [0])
    folder = export(smaller, tmp_path / "out", plan=plan_from_removed(encoder.layers, [0]))
    again = loaded(folder)
    assert len(again.layers) == 1 and again.pooling.modes == ("mean",)
    (batch,) = again.batches(PAIRS, 5)
    with torch.no_grad():
        torch.testing.assert_close(again.forward(batch), smaller.forward(batch))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda steps: steps[1].update(type="x.Dense"), ModelError, "step 'Dense' after the encoder is not served"),
        (lambda steps: steps[1].update(path="../1_Pooling"), UnsafeFileError, "leads out of the folder"),
        (lambda steps: steps[0].update(type="x.BoW"), ModelError, "begins with 'BoW'"),
        (lambda steps: steps.clear(), ModelError, "begins with 'nothing'"),
        (lambda steps: steps[0].pop("type"), ModelError, "lists no steps"),
    ],
)
def test_steps_that_are_not_served_are_said(tmp_path: Path, change: Any, error: type[Exception], message: str) -> None:
    folder = tiny_texts.encoder_folder(tmp_path / "encoder")
    steps = json.loads((folder / "modules.json").read_text())
    change(steps)
    (folder / "modules.json").write_text(json.dumps(steps))
    with pytest.raises(error, match=message):
        load_model(str(folder), device="cpu")


def test_an_unknown_pooling_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pooling 'median' is not known"):
        load_model(str(tiny_texts.encoder_folder(tmp_path, pooling_mode="median")), device="cpu")


@pytest.mark.parametrize(("side", "other"), [("text", "target_text"), ("target_text", "text")])
def test_a_pair_with_one_side_missing_is_named(encoder: RetrievalModel, side: str, other: str) -> None:
    frame = PAIRS.frame.copy()
    frame.loc[2, side] = " "
    with pytest.raises(DataError, match=rf"pairs: Example 2 has no '{side}' to go with its '{other}'"):
        next(encoder.batches(ExampleSet(frame, "pairs"), 2))


def test_one_document_is_no_choice(encoder: RetrievalModel) -> None:
    same = ExampleSet(pd.DataFrame({"text": ["cold", "long"], "target_text": ["water", "water"]}), "pairs")
    with pytest.raises(DataError, match="nothing to choose from"):
        next(encoder.batches(same, 2))
