"""Watching leaves no trace, whatever happens while it lasts."""

from __future__ import annotations

from typing import Any

import pytest
import tiny_models
import torch
from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor, with_first_tensor
from analysis_core.models.observation import output_of, sightings, watched


def module() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(tiny_models.Residual(3) for _ in range(3)))


def traces(net: nn.Module) -> list[nn.Module]:
    return [part for part in net.modules() if "forward" in vars(part)]


def test_nothing_remains_after_a_pass() -> None:
    net = module()
    seen = sightings(list(net), lambda: net(torch.ones(2, 3)))
    assert [(s.calls, s.position, s.input_shape, s.output_shape) for s in seen] == [
        (1, position, (2, 3), (2, 3)) for position in range(3)
    ]
    assert traces(net) == []


def test_nothing_remains_after_an_error() -> None:
    net = module()
    with pytest.raises(RuntimeError):
        sightings(list(net), lambda: net(torch.ones(2, 4)))
    assert traces(net) == []


def test_a_forward_that_was_set_on_the_instance_is_put_back() -> None:
    net = tiny_models.Residual(3)

    def own(x: Tensor) -> Tensor:
        return x * 2

    net.forward = own  # type: ignore[method-assign]
    with watched(net, lambda args, kwargs, result: None):
        assert net.forward is not own
    assert net.forward is own


def test_hidden_states_may_come_by_keyword() -> None:
    class ByName(nn.Module):
        def forward(self, *, hidden_states: Tensor) -> tuple[Tensor, int]:
            return hidden_states[:1], 7

    net = ByName()
    (seen,) = sightings([net], lambda: net(hidden_states=torch.ones(2, 3)))
    assert (seen.input_shape, seen.output_shape) == ((2, 3), (1, 3))


def test_no_gradients_are_made_while_watching() -> None:
    net, outputs = module(), []
    sightings([net[0]], lambda: outputs.append(net(torch.ones(1, 3))))
    assert not outputs[0].requires_grad


def test_the_output_of_a_layer_is_what_the_layer_computes() -> None:
    net, x = module(), torch.ones(2, 3)
    torch.testing.assert_close(output_of(net[1], lambda: net(x)), net[1](net[0](x)))
    assert output_of(net[1], lambda: net(x)).requires_grad


def test_a_layer_that_does_not_run_has_no_output() -> None:
    def nothing() -> Any:
        return None

    with pytest.raises(ModelError, match=r"blocks\.1: .*did not run"):
        output_of(module()[1], nothing, "blocks.1")


def test_the_first_tensor_may_lie_deep() -> None:
    state, other = torch.zeros(2), torch.ones(2)
    assert first_tensor(((state, None), (other,))) is state
    assert first_tensor((None, {"states": [other]}, state)) is state  # what stands by itself comes first
    nested = ((None, state), {"beside": other})
    replaced = with_first_tensor(nested, other)
    assert replaced[0] == (None, other) and replaced[1] == nested[1] and nested[0][1] is state
    with pytest.raises(ModelError, match="'tuple' holds no tensor"):
        first_tensor(((), {"none": None}))


class TwoStreams(nn.Module):
    """Puts out two states, each with something beside it."""

    def forward(self, x: Tensor) -> Any:
        return (x + 1, None), (x + 2, None)


def test_a_layer_with_several_states_has_no_single_shape() -> None:
    layer = TwoStreams()
    [seen] = sightings([layer], lambda: layer(torch.ones(2, 3)))
    assert (seen.input_shape, seen.output_shape) == ((2, 3), None)
