"""Each layer's share of the whole, against counts by hand, and goals that are stated in them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.compression.search import Goal, layer_shares
from analysis_core.data.batches import as_batches
from analysis_core.models.loading import universal_model
from analysis_core.vocabulary import ModalityType, RatioOf
from analysis_core.workflow.choosing import choose_layers
from tests.toys import tiny_bert, token_batches

BATCHES = token_batches(examples=16, batch_size=8)


class Stack(nn.Module):
    """Two linear blocks of 8 x 8 and a head of 8 x 2."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(8, 8, bias=False) for _ in range(2)])
        self.head = nn.Linear(8, 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


def test_shares_counted_by_hand() -> None:
    model = universal_model(Stack(), name="stack", modality=ModalityType.TABULAR)
    (batch,) = as_batches([(torch.randn(5, 8), torch.zeros(5, dtype=torch.long))])
    parameters = 64 / (2 * 64 + 16)
    for of in (RatioOf.PARAMETERS, RatioOf.MEMORY, RatioOf.FLOPS):
        assert layer_shares(model, batch, of) == pytest.approx((parameters, parameters)), of
    model.module.blocks[0].half()
    first, second = layer_shares(model, batch, RatioOf.MEMORY)
    assert (first, second) == pytest.approx((128 / 448, 256 / 448))
    assert layer_shares(model, batch, RatioOf.LAYERS) == (0.5, 0.5)


def test_time_is_shared_among_layers_and_the_rest() -> None:
    shares = layer_shares(tiny_bert(layers=6), BATCHES[0], RatioOf.LATENCY)
    assert len(shares) == 6 and all(share > 0 for share in shares) and sum(shares) < 1


@pytest.mark.parametrize("strategy", ["greedy", "consensus"])
@pytest.mark.parametrize("of", [RatioOf.PARAMETERS, RatioOf.MEMORY, RatioOf.FLOPS])
def test_the_smaller_model_really_is_that_much_smaller(of: RatioOf, strategy: str) -> None:
    model = tiny_bert(layers=6)
    share = layer_shares(model, BATCHES[0], of)[1]
    ratio = 1 / (1 - 1.5 * share)
    plan, _ = choose_layers(model, BATCHES, Goal(ratio, of), strategy)
    assert len(plan.remove) == 2 and plan.ratio_of is of
    smaller = remove_layers(model, plan.remove)
    if of is not RatioOf.FLOPS:
        after = sum(weight.numel() for weight in smaller.parameters())
        assert model.parameter_count / after >= ratio * 0.99
