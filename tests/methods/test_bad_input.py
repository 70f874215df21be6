"""Awkward models and awkward data: a right answer or a clear sentence, never a crash and never a silent NaN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import T5Config, T5ForSequenceClassification
from transformers.utils import ModelOutput

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.errors import NumericalError
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.plain import ModuleModel
from analysis_core.vocabulary import LayerKind
from analysis_core.workflow.analysis import analyze
from tests.methods.contract import Snapshot, assert_complete, assert_equal_results, result_of
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches

Toy = tuple[UniversalModel, list[Batch]]
EVERY = METHODS.names()
WIDTH = 8


class Residual(nn.Module):
    """x + activation(linear(x))."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class Net(nn.Module):
    """Blocks and a head, on rows of numbers."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(x))


class SeveralOutputs(nn.Module):
    """Blocks that return a tuple, a model that returns an object."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(WIDTH, WIDTH)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x + torch.tanh(self.linear(x)), x.mean()

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(self.Block() for _ in range(3))
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, x: Tensor) -> ModelOutput:
        for block in self.blocks:
            x, _ = block(x)
        return ModelOutput(logits=self.head(x), hidden=x)


def rows(examples: int = 16, batch_size: int = 6) -> list[Batch]:
    generator = torch.Generator().manual_seed(4)
    inputs = torch.randn(examples, WIDTH, generator=generator)
    labels = torch.randint(3, (examples,), generator=generator)
    return [
        Batch(inputs[i : i + batch_size], labels[i : i + batch_size], len(inputs[i : i + batch_size]), first=i)
        for i in range(0, examples, batch_size)
    ]


def of_blocks(*blocks: nn.Module) -> Toy:
    return NamedLayersModel(Net(*blocks), [f"blocks.{i}" for i in range(len(blocks))], LayerKind.MLP), rows()


def dense() -> Residual:
    return Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh()))


def without_attention() -> Toy:
    torch.manual_seed(0)
    return of_blocks(dense(), dense(), dense())


def without_weights_in_a_layer() -> Toy:
    torch.manual_seed(0)
    return of_blocks(dense(), Residual(nn.Tanh()), dense())


def with_tied_weights() -> Toy:
    torch.manual_seed(0)
    first, second = dense(), dense()
    second.inner[0].weight = first.inner[0].weight
    return of_blocks(first, dense(), second)


def with_in_place_activations() -> Toy:
    torch.manual_seed(0)
    return of_blocks(*(Residual(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True))) for _ in range(3)))


def with_several_outputs() -> Toy:
    torch.manual_seed(0)
    return NamedLayersModel(SeveralOutputs(), [f"blocks.{i}" for i in range(3)], LayerKind.MLP), rows()


def with_frozen_weights() -> Toy:
    model, batches = tiny_bert(), token_batches()
    for weight in model.module.parameters():
        weight.requires_grad_(False)
    return model, batches


def in_train_mode_with_dropout_and_batch_norm() -> Toy:
    model, batches = tiny_convolutional(), image_batches()
    for block in (0, 1):
        model.module.blocks[block].act = nn.Sequential(nn.ReLU(), nn.Dropout(0.5))
    model.module.train()
    return model, batches


def with_a_table_of_positions() -> Toy:
    """T5's first blocks hold a table that serves all examples alike: nobody's gradient of it is its own."""
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=50, d_model=16, d_kv=8, num_layers=2, num_decoder_layers=2, num_heads=2, d_ff=32, num_labels=3,
        decoder_start_token_id=0,
    )  # fmt: skip
    module = T5ForSequenceClassification(config).eval()
    ids = torch.arange(12).repeat(8, 1) + torch.arange(2, 10)[:, None]
    ids[:, -1] = 1  # the end of the text, which the head reads
    mask = torch.ones(4, 12).long()
    batches = [
        Batch({"input_ids": ids[i : i + 4], "attention_mask": mask}, torch.tensor([0, 1, 2, 0]), 4, first=i)
        for i in (0, 4)
    ]
    return ModuleModel(module, example=batches[0]), batches


AWKWARD = [
    without_attention, without_weights_in_a_layer, with_tied_weights, with_in_place_activations, with_several_outputs,
    with_frozen_weights, with_a_table_of_positions, in_train_mode_with_dropout_and_batch_norm,
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("make", AWKWARD)
def test_awkward_models(name: str, make: Callable[[], Toy]) -> None:
    model, batches = make()
    before = Snapshot.of(model.module)
    assert_complete(result_of(name, model, batches), len(model.layers))
    before.assert_kept(model.module)


@pytest.mark.parametrize("names", [("fisher_information",), ("fisher_information", "gradient_based")])
def test_a_weight_that_serves_all_examples_has_no_fisher_information_of_theirs(names: tuple[str, ...]) -> None:
    """Alone, weights are frozen; beside a method that needs their gradients they are not: the answer is the same."""
    model, batches = with_a_table_of_positions()
    config = AnalysisConfig(analysis_methods=names)
    result = analyze(model, batches, config, {name: METHODS.get(name) for name in names})["fisher_information"]
    assert [score is None for score in result.scores] == [True, False, True, False]
    assert "serves all examples alike" in str(result.reasons[0])


@pytest.mark.parametrize("name", EVERY)
def test_train_mode_gives_the_scores_of_evaluation_mode(name: str) -> None:
    model, batches = in_train_mode_with_dropout_and_batch_norm()
    one = result_of(name, model, batches)
    model.module.eval()
    assert_equal_results(one, result_of(name, model, batches))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(name: str, dtype: torch.dtype) -> None:
    model, batches = tiny_bert(), token_batches()
    model.module.to(dtype)
    assert_complete(result_of(name, model, batches), len(model.layers))


@pytest.mark.parametrize("name", EVERY)
def test_one_class_only(name: str) -> None:
    model, batches = tiny_bert(), token_batches()
    same = [replace(batch, targets=torch.zeros_like(batch.targets)) for batch in batches]
    assert_complete(result_of(name, model, same), len(model.layers))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("examples", [1, 2])
def test_hardly_any_examples(name: str, examples: int) -> None:
    model = tiny_bert()
    assert_complete(result_of(name, model, token_batches(examples=examples)), len(model.layers))


@pytest.mark.parametrize("name", EVERY)
def test_an_infinite_loss_is_named(name: str) -> None:
    """Weights are fine, one example is not: the sentence names it."""
    model, batches = without_attention()
    broken = batches[1].inputs.clone()
    broken[2] = torch.inf
    bad: list[Any] = [batches[0], replace(batches[1], inputs=broken), *batches[2:]]
    with pytest.raises(NumericalError, match="example 8"):
        result_of(name, model, bad)
