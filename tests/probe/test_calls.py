"""One example's share of a call's arguments."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from analysis_core.probe.calls import call_of_one


class Router(nn.Module):
    """Takes ``[examples, tokens, width]`` and puts out one row a token."""

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        return hidden.flatten(0, 1) + bias


def test_a_module_that_joins_examples_and_tokens_still_gets_one_example() -> None:
    hidden, bias = torch.arange(24.0).reshape(3, 4, 2), torch.ones(2)
    (one, same), _ = call_of_one(Router(), (hidden, bias), {}, slice(4, 8), rows=12)
    assert torch.equal(one, hidden[1:2]) and torch.equal(same, bias)


def test_rows_are_cut_where_there_is_one_a_token() -> None:
    rows = torch.arange(24.0).reshape(12, 2)
    _, given = call_of_one(Router(), (), {"hidden": rows}, slice(4, 8), rows=12)
    assert torch.equal(given["hidden"], rows[4:8])
