"""Where the input enters a model of several stacks: in front of each that the others do not lead to."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import universal_model
from analysis_core.probe.causal import entry_deviation, run_corrupted
from analysis_core.probe.conductance import run_conductance
from analysis_core.probe.needs import CorruptedRuns, PathConductance
from analysis_core.probe.subject import Subject
from analysis_core.tasks import task_for

WIDTH, EXAMPLES = 6, 8


class Block(nn.Module):
    """``x + B relu(A x)``."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = x + self.second(torch.relu(self.first(x)))
        return summed


class Towers(nn.Module):
    """Two stacks: side by side over the same input, or the second one behind the first."""

    def __init__(self, *, chained: bool) -> None:
        super().__init__()
        self.left = nn.Sequential(Block(), Block())
        self.right = nn.Sequential(Block(), Block())
        self.chained = chained
        self.head = nn.Linear(2 * WIDTH, 3)

    def forward(self, x: Tensor) -> Tensor:
        left = self.left(x)
        right = self.right(left if self.chained else 2 * x)
        logits: Tensor = self.head(torch.cat([left, right], dim=1))
        return logits


def subject(*, chained: bool) -> tuple[Subject, Tensor]:
    torch.manual_seed(0)
    x, labels = torch.randn(EXAMPLES, WIDTH), torch.randint(3, (EXAMPLES,))
    batches = [Batch(x[:5], labels[:5], 5), Batch(x[5:], labels[5:], 3, first=5)]
    model: UniversalModel = universal_model(Towers(chained=chained), example=batches[0])
    return Subject(model, task_for(model.task), batches), x


def test_the_input_enters_every_tower_and_noise_is_as_large_as_what_enters_there() -> None:
    towers, x = subject(chained=False)
    assert [layer.name for layer in towers.model.layers] == ["left.0", "left.1", "right.0", "right.1"]
    assert towers.entrances == (0, 2)
    deviation = float(x.double().std(correction=0))
    assert entry_deviation(towers.replayer, 0, 32) == pytest.approx(deviation, rel=1e-5)
    assert entry_deviation(towers.replayer, 2, 32) == pytest.approx(2 * deviation, rel=1e-5)


def test_a_stack_behind_another_is_no_tower() -> None:
    chain, _ = subject(chained=True)
    assert chain.entrances == (0,)


def test_conductance_flows_through_both_towers_and_adds_up() -> None:
    """Side by side, the signed sums of one layer of each tower are together what the likelihood rises by."""
    towers, _ = subject(chained=False)
    found, _ = run_conductance(PathConductance(steps=400), towers, lambda share, message: None)
    assert (found.absolute.mean(0) > 0).all()
    for layer, other in ((0, 2), (1, 3)):
        together = found.signed[:, layer] + found.signed[:, other]
        torch.testing.assert_close(torch.from_numpy(together), torch.from_numpy(found.change), rtol=0.02, atol=0.01)


def test_layers_of_both_towers_can_repair() -> None:
    towers, _ = subject(chained=False)
    found, _ = run_corrupted(CorruptedRuns(), towers, lambda share, message: None)
    assert found.entries == (0, 2)
    assert found.patched_losses.shape == (4, EXAMPLES)
    for index in range(4):
        assert not torch.equal(torch.from_numpy(found.patched_losses[index]), torch.from_numpy(found.corrupt_losses))
