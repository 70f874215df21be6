"""Conductance against Captum, against integrals worked out by hand, and by the law of completeness."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import LayerConductance as CaptumConductance
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import ConductanceStatistics, PathConductance
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.methods.test_scores import run
from tests.probe.test_edits import looped
from tests.probe.test_replay import OverwritingNet
from tests.probe.test_shared_pass import assert_same, snapshot
from tests.reference.patching import hooked
from tests.toys import NamedLayersModel, image_batches, tiny_bert, tiny_convolutional, token_batches


def conductance(model: UniversalModel, batches: list[Batch], need: PathConductance) -> ConductanceStatistics:
    return measure(model, batches, task_for(model.task), [need])[need]


def captum_conductance(model: UniversalModel, batch: Batch, layer: int, steps: int) -> Tensor:
    """Captum's for one layer: its left-hand rule averaged over both directions, and on the first stretch backwards."""
    model.module.eval()
    entering: list[Tensor] = []
    first = model.layer_modules[0]
    with hooked(first.register_forward_pre_hook(lambda _m, args: entering.append(args[0]))), torch.no_grad():
        model.forward(batch)

    def log_likelihood(hidden: Tensor) -> Tensor:
        times = len(hidden) // batch.size
        wide = batch._map(lambda tensor: tensor.repeat(times, *[1] * (tensor.dim() - 1)))
        wide = Batch(wide.inputs, wide.targets, len(hidden))
        with hooked(first.register_forward_pre_hook(lambda _m, args: (hidden, *args[1:]))):
            return -task_for(model.task).losses(model.forward(wide), wide)

    def from_to(start: Tensor, stop: Tensor, count: int) -> Tensor:
        found = CaptumConductance(log_likelihood, model.layer_modules[layer]).attribute(
            stop, baselines=start, n_steps=count, method="riemann_trapezoid"
        )
        return (found[0] if isinstance(found, tuple) else found).detach()

    whole, near = entering[0], entering[0] / steps
    along, back = from_to(near, whole, steps - 1), from_to(whole, near, steps - 1)
    return (along - back) / 2 - from_to(near, torch.zeros_like(near), 1)


def soft_bert() -> UniversalModel:
    """Small weights and normalisation with a large epsilon, so that the function does not jump at the baseline."""
    model = tiny_bert()
    with torch.no_grad():
        for weight in model.module.bert.encoder.parameters():
            weight.mul_(0.5 if weight.dim() > 1 else 1.0)
    for module in model.module.modules():
        if isinstance(module, nn.LayerNorm):
            module.eps = 0.1
    return model


@pytest.mark.parametrize("make", [tiny_bert, tiny_convolutional])
def test_equals_captum(make: type) -> None:
    model = make()
    batches = token_batches(examples=6, batch_size=6) if make is tiny_bert else image_batches(6, 6)
    found = conductance(model, batches, PathConductance(steps=10, power=1))
    mask = batches[0].padding_mask
    for layer in range(4):
        slow = captum_conductance(model, batches[0], layer, steps=10)
        if mask is not None:
            slow = slow * mask.unsqueeze(-1)
        np.testing.assert_allclose(found.absolute[:, layer], slow.abs().flatten(1).sum(1), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(found.signed[:, layer], slow.flatten(1).sum(1), rtol=1e-3, atol=1e-4)


class Linear(nn.Module):
    """A layer with given weights."""

    def __init__(self, weight: list[list[float]]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


def test_a_net_worked_out_by_hand() -> None:
    """On a linear net F depends on a scalar z = (logit of class 0) - (that of class 1): each number of a layer gets its
    share of z, times the change of F over z."""
    net = nn.Sequential(
        nn.Sequential(Linear([[1.0, -1.0], [2.0, 0.0]]), Linear([[1.0, 0.0], [0.5, 3.0]])), nn.Flatten()
    )
    model = NamedLayersModel(net, ["0.0", "0.1"], LayerKind.MLP)
    batch = Batch(torch.tensor([[0.5, 0.25]]), torch.tensor([0]), 1)
    found = conductance(model, [batch], PathConductance(steps=2000, power=1))
    hidden, logits = np.array([1.0, -0.5]), np.array([0.75, -1.5])
    change = -np.log1p(np.exp(-2.25)) + np.log(2)
    assert found.change[0] == pytest.approx(change, rel=1e-5)
    parts = [hidden * np.array([1.0, 0.5 - 3.0]), logits * np.array([1.0, -1.0])]
    for layer, part in enumerate(parts):
        assert part.sum() == pytest.approx(2.25)
        assert found.signed[0, layer] == pytest.approx(change, rel=1e-4)
        assert found.absolute[0, layer] == pytest.approx(np.abs(part / 2.25 * change).sum(), rel=1e-4)


@pytest.mark.parametrize("make", [soft_bert, tiny_convolutional])
def test_completeness(make: type) -> None:
    model, batches = make(), token_batches() if make is soft_bert else image_batches()
    found = conductance(model, batches, PathConductance(steps=200))
    np.testing.assert_allclose(found.signed, np.repeat(found.change[:, None], 4, 1), rtol=0.02, atol=0.02)


def test_nodes_close_to_the_baseline_leave_less_out() -> None:
    model, batches = soft_bert(), token_batches()
    found = [conductance(model, batches, PathConductance(steps=100, power=power)) for power in (1, 3)]
    even, ours = (np.abs(part.signed - part.change[:, None]).mean() for part in found)
    assert ours < even / 2


def test_normalisation_does_not_blow_up_at_the_baseline() -> None:
    result = run("layer_conductance", tiny_bert(), token_batches())
    assert all(0 < score < 1e3 for score in result.scores)


@pytest.mark.parametrize("batch_size", [1, 9, 20])
def test_batch_size_and_padding_change_nothing(batch_size: int) -> None:
    model, need = tiny_bert(), PathConductance(steps=6, limit=12)
    one, other = (conductance(model, token_batches(batch_size=size), need) for size in (batch_size, 8))
    assert one.absolute.shape == (12, 4)
    np.testing.assert_allclose(one.absolute, other.absolute, rtol=1e-3, atol=1e-5)


def test_blocks_that_write_into_their_input() -> None:
    class Careful(nn.Module):
        def __init__(self, block: nn.Module) -> None:
            super().__init__()
            self.linear = block.linear

        def forward(self, x: Tensor) -> Tensor:
            return x + torch.tanh(self.linear(x))

    torch.manual_seed(0)
    net = OverwritingNet()
    model = NamedLayersModel(net, [f"blocks.{i}" for i in range(4)], LayerKind.MLP)
    overwriting = conductance(model, image_batches(), PathConductance())
    net.blocks = nn.Sequential(*(Careful(block) for block in net.blocks))
    model = NamedLayersModel(net, [f"blocks.{i}" for i in range(4)], LayerKind.MLP)
    careful = conductance(model, image_batches(), PathConductance())
    np.testing.assert_allclose(overwriting.absolute, careful.absolute, rtol=1e-4)
    np.testing.assert_allclose(overwriting.signed, careful.signed, rtol=1e-3, atol=1e-4)


def test_layers_that_run_several_times_get_a_reason() -> None:
    result = run("layer_conductance", looped(), image_batches())
    assert [score is None for score in result.scores] == [True, True, False, True]
    assert result.reasons[0].startswith("It runs 2 times") and result.reasons[2] is None


def test_a_path_that_leaves_the_numbers_is_said() -> None:
    class Dividing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x / x.norm(dim=1, keepdim=True)

    net = nn.Sequential(nn.Sequential(Dividing(), nn.Linear(2, 2)))
    model = NamedLayersModel(net, ["0.0", "0.1"], LayerKind.MLP)
    result = run("layer_conductance", model, [Batch(torch.randn(4, 2), torch.tensor([0, 1, 0, 1]), 4)])
    assert result.not_applicable is not None and "zero input cannot be walked" in result.not_applicable


def test_declared_passes_are_the_counted_ones_and_nothing_stays_behind() -> None:
    model, batches, need = tiny_bert(), token_batches(), PathConductance(steps=4, limit=12)
    model.module.train()
    before = snapshot(model)
    statistics = measure(model, batches, task_for(model.task), [need])
    assert statistics.passes_of[need] == pytest.approx(need.passes(4, 20))
    assert_same(before, snapshot(model))

    def stop(done: float, _message: str) -> None:
        if done > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(model, batches, task_for(model.task), [need], progress=stop)
    assert_same(before, snapshot(model))
