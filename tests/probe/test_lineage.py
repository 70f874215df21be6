"""What went into a tensor, and tables that only weights went into."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.loading import universal_model
from analysis_core.probe.lineage import descends_from
from analysis_core.workflow.analysis import analyze


def test_descent_is_read_off_the_graph() -> None:
    root, other = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    child = (2 * root + 1).relu()
    assert descends_from(child, [root]) and descends_from(child + other, [root, other])
    assert not descends_from(child, [other])
    assert not descends_from(torch.ones(3), [root])


class Positioned(nn.Module):
    """Adds what two linear layers make of a fixed table, as Swin does with relative positions."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4))
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        places: Tensor = self.table(torch.eye(2).unsqueeze(0)).mean(1)
        return x + self.linear(x + places)


def test_a_table_that_serves_all_examples_alike_stops_no_method() -> None:
    torch.manual_seed(0)
    x = torch.randn(6, 4)
    model = universal_model(nn.Sequential(*(Positioned() for _ in range(3))), example=x[:1])
    names = ("fisher_information", "gradient_based", "layer_ablation")
    batch = Batch(x, torch.arange(6) % 4, 6)
    report = analyze(model, [batch], AnalysisConfig(analysis_methods=names), {n: METHODS.get(n) for n in names})
    for name in names:
        assert len(report[name]) == 3 or all(report[name].reasons), name
    assert len(report["gradient_based"]) == 3
