"""Blocks taken out where they stand, as descriptions of smaller models ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_models import Residual
from torch import nn

from analysis_core.errors import ModelError
from analysis_core.models.cuts import apply_cuts


def net() -> Any:
    stages = nn.ModuleList([nn.Sequential(*(Residual(2) for _ in range(3))) for _ in range(2)])
    module: Any = nn.ModuleDict({"stages": stages})
    module["stages"][1].depth = 3
    module["named"] = nn.ModuleDict({name: Residual(2) for name in ("first", "second")})
    module["parent"] = nn.Module()
    module["parent"].block = Residual(2)
    return module


def test_numbered_blocks_move_up_named_ones_go_and_called_ones_pass_through() -> None:
    module = net()
    kept = [module["stages"][1][0], module["stages"][1][2]]
    cut = {
        "removed": ["stages.1.1", "named.first", "parent.block"],
        "numbers": [["stages.1", "depth", 2]],
    }
    assert apply_cuts(module, {"cuts": [cut]}) is module
    assert list(module["stages"][1]) == kept and module["stages"][1].depth == 2
    assert list(module["named"]) == ["second"] and len(module["stages"][0]) == 3
    assert isinstance(module["parent"].block, nn.Identity)


def test_steps_follow_each_other() -> None:
    module = net()
    last = module["stages"][0][2]
    step = {"removed": ["stages.0.0"], "numbers": []}
    apply_cuts(module, {"cuts": [step, step]})
    assert list(module["stages"][0]) == [last]
    assert apply_cuts(module, {}) is module


@pytest.mark.parametrize(
    "cut",
    [
        {"removed": ["stages.0.7"], "numbers": []},
        {"removed": ["nowhere.1"], "numbers": []},
        {"removed": []},
        {"removed": [], "numbers": [["stages.1", "forward", 2]]},
        {"removed": [], "numbers": [["stages.1", "_modules", {}]]},
        {"removed": [], "numbers": [["stages.1", "depth", {"of": "what"}]]},
    ],
)
def test_a_step_that_does_not_fit_is_refused(cut: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="takes out cannot be found"):
        apply_cuts(net(), {"cuts": [cut]}, "mine")
