"""Whether anything can go is known before layers are chosen."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from analysis_core.compression.removal.possible import first_cut
from analysis_core.compression.removal.trial import refuse_broken_cache
from analysis_core.data.batches import Batch
from analysis_core.errors import NothingToCutError, SurgeryError
from analysis_core.models.plain import ModuleModel
from tests.compression import models
from tests.compression.models import inputs_for


class Stack(nn.Module):
    """Four blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(4)])


class Counted(Stack):
    """Calls each block by a number that is written into its code."""

    def forward(self, x: Tensor) -> Tensor:
        for number in range(4):
            x = self.blocks[number](x)
        return x


class EveryOther(Stack):
    """Doubles what each block with an even number puts out."""

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            x = block(x) * (2 - number % 2)
        return x


def observed(module: nn.Module) -> ModuleModel:
    torch.manual_seed(0)
    return ModuleModel(module, example=torch.ones(2, 4))


def test_that_nothing_can_go_is_said_with_a_reason() -> None:
    model = observed(Counted())
    assert all(layer.removable for layer in model.layers)
    with pytest.raises(NothingToCutError, match=r"No layer.*does not run: IndexError"):
        first_cut(model)


def test_the_first_that_can_go_is_found() -> None:
    index, smaller = first_cut(observed(EveryOther()), [0, 3, 1], share_weights=True)
    assert index == 3 and len(list(smaller.get_submodule("blocks").children())) == 3


def test_no_candidate_means_nothing_can_go() -> None:
    with pytest.raises(NothingToCutError, match="No layer"):
        first_cut(observed(EveryOther()), [])


def test_two_blocks_at_one_place_of_the_cache_are_noticed() -> None:
    tiny = models.gpt2(4)
    model = ModuleModel(tiny.module, example=Batch(inputs_for(tiny), None, 3))
    wrong: Any = copy.deepcopy(model.module)
    refuse_broken_cache(model, wrong)
    wrong.transformer.h[1].attn.layer_idx = 0
    with pytest.raises(SurgeryError, match="does not generate with its key-value cache"):
        refuse_broken_cache(model, wrong)
    refuse_broken_cache(ModuleModel(wrong, example=model.example), wrong)  # the original's own affair
