"""Examples of each task become what its model reads and what its task compares with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tiny_models
import tiny_texts
import torch
from torch import Tensor

from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, ModelError
from analysis_core.models.loading import load_model
from analysis_core.models.text import TextModel
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.vocabulary import TaskType

PAIRS = ExampleSet(
    pd.DataFrame(
        {
            "text": ["a mountain is high", "the river is long and cold", "cold"],
            "target_text": ["high mountain", "a long and cold river runs down", "water"],
        }
    ),
    "pairs",
)


def loaded(folder: Path, **wanted: Any) -> TextModel:
    model = load_model(str(folder), device="cpu", **wanted)
    assert isinstance(model, TextModel)
    return model


def examples(**columns: list[Any]) -> ExampleSet:
    return ExampleSet(pd.DataFrame(columns), "examples")


def tokens(batch: Batch, name: str) -> Tensor:
    assert isinstance(batch.inputs, dict)
    found = batch.inputs[name]
    assert isinstance(found, Tensor)
    return found


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    return loaded(tiny_models.gpt2_folder(tmp_path_factory.mktemp("gpt2")))


@pytest.fixture(scope="module", params=["t5", "bart"])
def writer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    make = {"t5": tiny_texts.t5_folder, "bart": tiny_texts.bart_folder}[request.param]
    return loaded(make(tmp_path_factory.mktemp(request.param)), task=TaskType.TRANSLATION)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    return loaded(tiny_texts.questions_folder(tmp_path_factory.mktemp("questions")))


def test_a_decoder_foresees_each_next_token(gpt2: TextModel) -> None:
    assert gpt2.columns == ("text",)
    (batch,) = gpt2.batches(examples(text=["good film", "a very bad film"]), 2)
    good, bad, film, a, very = (tiny_models.WORDS.index(word) for word in ("good", "bad", "film", "a", "very"))
    assert batch.targets is not None
    assert batch.targets.tolist() == [[film, NO_TARGET, NO_TARGET, NO_TARGET], [very, bad, film, NO_TARGET]]
    assert tokens(batch, "input_ids")[1].tolist() == [a, very, bad, film] and tokens(batch, "input_ids")[0, 0] == good


def test_perplexity_does_not_depend_on_padding(gpt2: TextModel) -> None:
    task, texts = task_for(TaskType.GENERATION), examples(text=["good film", "a very bad film", "the film"])

    def nats(batch_size: int) -> Tensor:
        return torch.cat([task.losses(gpt2.forward(batch), batch) for batch in gpt2.batches(texts, batch_size)])

    with torch.no_grad():
        torch.testing.assert_close(nats(3), nats(1))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["good film", "good"], r"examples: Example 1 is a single token"),
        (["good film", " "], r"examples: Example 1 has no 'text'"),
        (["", " "], r"examples: Every 'text' is empty"),
    ],
)
def test_texts_that_leave_nothing_to_foresee_are_named(gpt2: TextModel, texts: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(gpt2.batches(examples(text=texts), 8))


def test_missing_and_empty_texts_of_a_classifier_are_named(tmp_path: Path) -> None:
    bert = loaded(tiny_models.bert_folder(tmp_path))
    with pytest.raises(DataError, match="text of example 1 is missing"):
        list(bert.batches(examples(text=["good", None], label=[0, 1]), 8))
    with pytest.raises(DataError, match="examples: Every 'text' is empty"):
        list(bert.batches(examples(text=["", " "], label=[0, 1]), 8))
    with pytest.raises(DataError, match="Every text of a batch is empty"):  # its tokenizer marks neither end
        list(bert.batches(examples(text=["good", ""], label=[0, 1]), 1))


def test_a_writer_is_fed_by_the_models_own_shift(writer: TextModel) -> None:
    assert writer.columns == ("text", "target_text")
    (batch,) = writer.batches(PAIRS, 3)
    labels, given = batch.targets, tokens(batch, "decoder_input_ids")
    start, end = writer.module.config.decoder_start_token_id, writer.tokenizer.eos_token_id
    assert labels is not None and given.shape == labels.shape
    assert (given[:, 0] == start).all()
    for row, shifted in zip(labels, given, strict=True):
        real = row[row != NO_TARGET]
        assert real[-1] == end
        assert shifted[1 : len(real)].tolist() == real[:-1].tolist()
    encoder, decoder = batch.stack_masks["encoder"], batch.stack_masks["decoder"]
    assert encoder is not None and decoder is not None
    assert (encoder == tokens(batch, "attention_mask")).all() and (decoder == (labels != NO_TARGET)).all()
    assert {batch.mask_of(layer.name) is decoder for layer in writer.layers if "decoder" in layer.name} == {True}
    assert {batch.mask_of(layer.name) is encoder for layer in writer.layers if "encoder" in layer.name} == {True}


def test_what_a_writer_answers_does_not_depend_on_padding(writer: TextModel) -> None:
    task = task_for(TaskType.TRANSLATION)

    def nats(batch_size: int) -> Tensor:
        return torch.cat([task.losses(writer.forward(batch), batch) for batch in writer.batches(PAIRS, batch_size)])

    with torch.no_grad():
        torch.testing.assert_close(nats(3), nats(1))


def test_texts_are_written_also_when_layers_of_both_stacks_are_gone(writer: TextModel) -> None:
    stacks = {"encoder": 0, "decoder": 0}
    for layer in writer.layers:
        stacks[next(name for name in stacks if name in layer.name)] = layer.index
    smaller = compressed_model(writer, remove_layers(writer, stacks.values()), stacks.values())
    assert len(smaller.layers) == len(writer.layers) - 2
    task = task_for(TaskType.TRANSLATION)
    for model in (writer, smaller):
        batches = list(writer.batches(PAIRS, 2))
        found = task.final_metrics(model, batches)
        assert found.keys() == {"bleu", "chrf"} and all(0 <= value <= 100 for value in found.values())


@pytest.mark.parametrize(("side", "other"), [("text", "target_text"), ("target_text", "text")])
@pytest.mark.parametrize("nothing", [None, "  "])
def test_a_pair_with_one_side_missing_is_named(writer: TextModel, side: str, other: str, nothing: str | None) -> None:
    columns: dict[str, list[Any]] = {"text": ["cold", "long"], "target_text": ["water", "river"]}
    columns[side][1] = nothing
    with pytest.raises(DataError, match=rf"examples: Example 1 has no '{side}' to go with its '{other}'"):
        list(writer.batches(examples(**columns), 8))


def test_the_words_before_a_text_come_from_the_configuration(tmp_path: Path) -> None:
    plain = loaded(tiny_texts.t5_folder(tmp_path / "plain"), task=TaskType.SUMMARIZATION)
    settings = {"summarization": {"prefix": "river "}}
    told = loaded(tiny_texts.t5_folder(tmp_path / "told", task_specific_params=settings), task=TaskType.SUMMARIZATION)
    (with_prefix,) = told.batches(examples(text=["cold"], target_text=["water"]), 1)
    (by_hand,) = plain.batches(examples(text=["river cold"], target_text=["water"]), 1)
    assert tokens(with_prefix, "input_ids").tolist() == tokens(by_hand, "input_ids").tolist()


def answered(context: str, answer: str, question: str = "which river") -> ExampleSet:
    start = context.index(answer)
    return examples(question=[question], context=[context], answers=[[answer]], answer_start=[start])


def test_an_answers_characters_become_its_tokens(asked: TextModel) -> None:
    assert asked.task is TaskType.QA and asked.columns == ("question", "context")
    (batch,) = asked.batches(answered("the river is long and cold", "long and"), 1)
    assert batch.targets is not None
    first, last = batch.targets[0].tolist()
    span = tokens(batch, "input_ids")[0, first : last + 1]
    assert asked.tokenizer.decode(span).strip() == "long and"


def test_a_long_paragraph_is_read_where_its_answer_stands(asked: TextModel) -> None:
    context = " ".join(["a mountain is high"] * 12 + ["the river is cold"])
    (batch,) = asked.batches(answered(context, "cold"), 1)
    assert batch.targets is not None and tokens(batch, "input_ids").shape[1] == tiny_texts.LONGEST
    first, last = batch.targets[0].tolist()
    assert asked.tokenizer.decode(tokens(batch, "input_ids")[0, first : last + 1]).strip() == "cold"
    assert first > 0


def test_which_part_of_a_paragraph_is_read_does_not_depend_on_its_batch(asked: TextModel) -> None:
    long = " ".join(["a mountain is high"] * 12 + ["the river is cold"])
    both = pd.concat([answered(long, "cold").frame, answered(long, "high", "which river is long").frame])
    (together,) = asked.batches(ExampleSet(both, "examples"), 2)
    (alone,) = asked.batches(answered(long, "cold"), 1)
    assert tokens(together, "input_ids")[0].tolist() == tokens(alone, "input_ids")[0].tolist()
    assert together.targets is not None and alone.targets is not None
    assert together.targets[0].tolist() == alone.targets[0].tolist()


def test_a_question_without_an_answer_points_at_the_first_token(asked: TextModel) -> None:
    unanswered = examples(question=["which river"], context=["a mountain is high"], answers=[[]], answer_start=[-1])
    (batch,) = asked.batches(unanswered, 1)
    assert batch.targets is not None and batch.targets.tolist() == [[0, 0]]
    (unknown,) = asked.batches(examples(question=["which river"], context=["a mountain is high"]), 1)
    assert unknown.targets is None


@pytest.mark.parametrize(("answer", "start"), [("long", 0), ("warm", 4), ("long", -1), ("", 3)])
def test_an_answer_that_does_not_stand_in_its_paragraph_is_named(asked: TextModel, answer: str, start: int) -> None:
    wrong = examples(
        question=["which river", "which river"],
        context=["the river is long", "the river is long"],
        answers=[["long"], [answer]],
        answer_start=[13, start],
    )
    with pytest.raises(DataError, match=r"examples: The answer '.*' of example 1 does not stand at character"):
        list(asked.batches(wrong, 2))


def test_a_question_that_leaves_no_room_for_its_paragraph_is_named(asked: TextModel) -> None:
    with pytest.raises(DataError, match=r"question of example 0 has \d+ tokens"):
        list(asked.batches(answered("the river is long", "long", "which river " * 9), 1))


def test_answers_need_a_tokenizer_that_knows_its_characters(asked: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(asked.tokenizer), "is_fast", False)
    with pytest.raises(ModelError, match="which characters a token stands for"):
        list(asked.batches(answered("the river is long", "long"), 1))


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = tiny_texts.questions_folder(tmp_path)
    tiny_models.tokenizer([*tiny_models.WORDS, *(f"word{n}" for n in range(99))]).save_pretrained(folder)
    with pytest.raises(ModelError, match=r"knows 109 tokens, but the model has embeddings for 60 only"):
        load_model(str(folder), device="cpu")
