"""Sets that are measured with every ablation, so that estimates are calibrated from the start."""

from __future__ import annotations

import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.methods import METHODS
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.together import SETS, drawn_sets
from tests.probe.test_replay import losses_without
from tests.toys import tiny_bert, token_batches

BATCHES = token_batches(examples=16, batch_size=8)


def test_sets_are_of_all_sizes_spare_the_ends_and_repeat_with_the_seed() -> None:
    layers = tiny_bert(layers=8).layers
    sets = drawn_sets(layers, seed=3)
    assert sets == drawn_sets(layers, seed=3) != drawn_sets(layers, seed=4)
    assert len(set(sets)) == SETS and {len(one) for one in sets} == {2, 3, 4, 5, 6}
    assert not {0, 7} & frozenset().union(*sets)
    assert drawn_sets(tiny_bert(layers=4).layers, seed=0) == [frozenset({1, 2})]
    assert drawn_sets(tiny_bert(layers=3).layers, seed=0) == []


@pytest.mark.parametrize(("method", "granularity"), [("layer_ablation", "block"), ("fisher_information", "block")])
def test_they_come_with_ablation_and_are_right(method: str, granularity: str) -> None:
    model = tiny_bert(layers=6)
    config = AnalysisConfig("toy", analysis_methods=(method,), granularity=granularity)  # type: ignore[arg-type]
    report = analyze(model, BATCHES, config, {method: METHODS.get(method)})
    together = [result for result in report.measured if len(result.removed) > 1]
    assert len(together) == (min(SETS, 11) if method == "layer_ablation" else 0)
    for result in together:
        assert result.loss == pytest.approx(losses_without(model, result.removed, BATCHES).mean(), rel=1e-5)
