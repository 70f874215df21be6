"""What every registered method is held to: the models, the state that must not change, the passes that are counted."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.results import AnalysisReport, MethodResult
from analysis_core.workflow.analysis import analyze


def report_of(name: str, model: UniversalModel, batches: list[Batch], **settings: Any) -> AnalysisReport:
    """One method alone, by the road that every run takes."""
    config = AnalysisConfig(analysis_methods=(name,), **settings)
    return analyze(model, batches, config, {name: METHODS.get(name)})


def result_of(name: str, model: UniversalModel, batches: list[Batch], **settings: Any) -> MethodResult:
    return report_of(name, model, batches, **settings)[name]


def assert_complete(result: MethodResult, layers: int) -> None:
    """Every layer has a finite score or the reason why not; errors are finite or absent."""
    assert len(result.scores) == len(result.std_errors) == layers
    for index, score in enumerate(result.scores):
        if score is None:
            assert result.not_applicable or result.reasons[index], f"{result.method} is silent on layer {index}"
        else:
            assert math.isfinite(score)
    assert all(error is None or (math.isfinite(error) and error >= 0) for error in result.std_errors)
    assert result.unit and result.title


def assert_equal_results(one: MethodResult, other: MethodResult, rtol: float = 1e-3, atol: float = 1e-6) -> None:
    assert one.not_applicable == other.not_applicable
    known = [index for index, score in enumerate(one.scores) if score is not None]
    assert known == [index for index, score in enumerate(other.scores) if score is not None]
    scale = max((abs(one[index]) for index in known), default=0.0)
    np.testing.assert_allclose(
        [one[index] for index in known], [other[index] for index in known], rtol=rtol, atol=max(atol, rtol * scale)
    )


@dataclass
class Snapshot:
    """Everything about a module that a measurement could disturb."""

    weights: dict[str, Tensor]
    gradients: dict[str, Tensor | None]
    requires_grad: dict[str, bool]
    modes: dict[str, bool]
    attributes: dict[str, dict[str, Any]]
    hooks: dict[str, int]
    random_states: list[Any]

    @classmethod
    def of(cls, module: nn.Module) -> Snapshot:
        random = np.random.get_state()
        return cls(
            weights={name: value.detach().clone() for name, value in module.state_dict().items()},
            gradients={name: None if w.grad is None else w.grad.clone() for name, w in module.named_parameters()},
            requires_grad={name: w.requires_grad for name, w in module.named_parameters()},
            modes={name: part.training for name, part in module.named_modules()},
            attributes={name: _plain_attributes(part) for name, part in module.named_modules()},
            hooks={name: _hooks(part) for name, part in module.named_modules()},
            random_states=[torch.get_rng_state().tolist(), random[1].tolist(), random[2]],
        )

    def assert_kept(self, module: nn.Module) -> None:
        now = Snapshot.of(module)
        assert now.hooks == self.hooks
        assert now.modes == self.modes
        assert now.attributes == self.attributes
        assert now.requires_grad == self.requires_grad
        assert now.random_states == self.random_states
        for before, after in ((self.weights, now.weights), (self.gradients, now.gradients)):
            assert before.keys() == after.keys()
            for name, value in before.items():
                same = after[name]
                assert (value is None) == (same is None), name
                assert value is None or torch.equal(value, same), name


def _plain_attributes(part: nn.Module) -> dict[str, Any]:
    """Flags and settings: what a switch of the attention implementation would change."""
    found = {key: value for key, value in vars(part).items() if isinstance(value, (bool, int, float, str))}
    found["forward"] = "forward" in vars(part)
    config = getattr(part, "config", None)
    found["attention"] = getattr(config, "_attn_implementation", None)
    return found


def _hooks(part: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(part, kind)) for kind in kinds)


@dataclass
class Counter:
    """Forward and backward runs of one module, as its own computation sees them."""

    forwards: int = 0
    backwards: int = 0
    handles: list[Any] = field(default_factory=list)

    def _forward(self, _module: nn.Module, _args: Any, output: Tensor) -> None:
        self.forwards += 1
        if output.requires_grad:
            output.register_hook(self._backward)

    def _backward(self, _gradient: Tensor) -> None:
        self.backwards += 1


@contextmanager
def counting(module: nn.Module, leaves: list[str]) -> Iterator[list[Counter]]:
    """Count at a module inside each layer: a layer that is served or skipped does not reach it."""
    counters = [Counter() for _ in leaves]
    handles = [
        module.get_submodule(leaf).register_forward_hook(counter._forward)
        for leaf, counter in zip(leaves, counters, strict=True)
    ]
    try:
        yield counters
    finally:
        for handle in handles:
            handle.remove()


def reordered(batches: list[Batch], seed: int = 0) -> list[Batch]:
    """The same examples in another order, one batch of them all."""
    whole = joined(batches)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(whole.size))

    def pick(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value[order]
        if isinstance(value, dict):
            return {key: pick(item) for key, item in value.items()}
        return value

    return [
        replace(whole, inputs=pick(whole.inputs), targets=pick(whole.targets), padding_mask=pick(whole.padding_mask))
    ]


def joined(batches: list[Batch]) -> Batch:
    """All batches as one, padded to the longest."""
    if isinstance(batches[0].inputs, dict):
        longest = max(next(iter(batch.inputs.values())).shape[1] for batch in batches)
        inputs: Any = {
            key: torch.cat([_padded(batch.inputs[key], longest) for batch in batches]) for key in batches[0].inputs
        }
        mask = inputs["attention_mask"]
    else:
        inputs, mask = torch.cat([batch.inputs for batch in batches]), None
    targets = torch.cat([batch.targets for batch in batches])
    return Batch(inputs, targets, len(targets), mask)


def padded(batches: list[Batch], more: int = 3) -> list[Batch]:
    """The same examples with further padding behind them."""
    found = []
    for batch in batches:
        inputs = {key: nn.functional.pad(value, (0, more)) for key, value in batch.inputs.items()}
        found.append(replace(batch, inputs=inputs, padding_mask=inputs["attention_mask"]))
    return found


def _padded(tensor: Tensor, length: int) -> Tensor:
    return nn.functional.pad(tensor, (0, length - tensor.shape[1]))


def fresh(model: UniversalModel) -> UniversalModel:
    """A copy of the model that a test may break."""
    return copy.deepcopy(model)
