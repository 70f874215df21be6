"""Estimates: what was measured comes back, what was not comes with an error bar that holds the truth."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from analysis_core.compression.bar_width import Z_BAR, spread_after
from analysis_core.compression.estimate import estimate
from analysis_core.compression.subset_process import SubsetProcess, covariance_terms
from analysis_core.errors import PlanError
from analysis_core.results import AnalysisReport, SubsetResult
from analysis_core.vocabulary import Direction
from tests.compression.reports import make_report

EXAMPLES = 500
BASELINE = 0.85


class World:
    """A made-up model whose every subset's true cost is known: single costs and pair costs."""

    def __init__(self, layers: int, seed: int, noise: float = 0.002) -> None:
        self.random = np.random.default_rng(seed)
        self.layers, self.noise = layers, noise
        self.single = self.random.gamma(0.7, 0.03, layers)
        own = self.random.normal(0.25, 0.35, (layers, layers))
        self.pair = own * np.sqrt(np.outer(self.single + 0.01, self.single + 0.01))

    def loss(self, removed: Sequence[int]) -> float:
        together = sum(self.pair[i, j] for i, j in combinations(removed, 2))
        return float(self.single[list(removed)].sum() + together) if removed else 0.0

    def metric(self, removed: Sequence[int]) -> float:
        return 1 / (1 + math.exp(3 * self.loss(removed) - math.log(BASELINE / (1 - BASELINE))))

    def measure(self, removed: Sequence[int]) -> SubsetResult:
        if not removed:
            return SubsetResult((), 0.4, 0.0, 0.0, BASELINE, 0.0, 0.0, EXAMPLES)
        loss = self.loss(removed) + self.random.normal(0, self.noise)
        metric = self.metric(removed) + self.random.normal(0, self.noise)
        return SubsetResult(
            tuple(removed), 0.4 + loss, loss, self.noise, metric, BASELINE - metric, self.noise, EXAMPLES
        )

    def draw(self) -> tuple[int, ...]:
        size = int(self.random.integers(2, self.layers - 1))
        return tuple(sorted(self.random.choice(self.layers, size, replace=False).tolist()))

    def report(self, more: Sequence[tuple[int, ...]] = ()) -> AnalysisReport:
        singles = [(index,) for index in range(self.layers)]
        measured = [self.measure(subset) for subset in dict.fromkeys([(), *singles, *more])]
        return make_report(self.layers, measured=measured, baseline_metric=BASELINE)


@pytest.mark.parametrize(("measured", "least"), [(0, 0.8), (10, 0.85), (60, 0.85)])
def test_nine_of_ten_error_bars_hold_the_truth(measured: int, least: float) -> None:
    hits, asked_for = np.zeros(2), 0
    for seed in range(6):
        world = World(10, seed)
        report = world.report([world.draw() for _ in range(measured)])
        known = {result.removed for result in report.measured}
        for subset in {world.draw() for _ in range(40)} - known:
            guess = estimate(report, subset)
            hits += [
                guess.loss_increase.low <= world.loss(subset) <= guess.loss_increase.high,
                guess.metric.low <= world.metric(subset) <= guess.metric.high,
            ]
            asked_for += 1
    assert (hits / asked_for >= least).all(), hits / asked_for


def test_measurements_make_estimates_better_and_surer() -> None:
    world = World(10, 3)
    tests = [world.draw() for _ in range(60)]
    few, many = world.report(), world.report([world.draw() for _ in range(60)])
    known = {result.removed for result in many.measured}
    fresh = [subset for subset in tests if subset not in known]

    def error_and_width(report: AnalysisReport) -> tuple[float, float]:
        guesses = [(estimate(report, subset).loss_increase, world.loss(subset)) for subset in fresh]
        error = float(np.mean([abs(guess.value - truth) for guess, truth in guesses]))
        return error, float(np.mean([guess.high - guess.low for guess, _ in guesses]))

    (error_few, width_few), (error_many, width_many) = error_and_width(few), error_and_width(many)
    assert error_many < 0.5 * error_few
    assert width_many < width_few


def test_a_measured_subset_comes_back_as_it_was() -> None:
    report = World(6, 0).report([(1, 2, 3)])
    result = next(item for item in report.measured if item.removed == (1, 2, 3))
    guess = estimate(report, [3, 1, 2])
    assert guess.measured and guess.removed == (1, 2, 3)
    assert guess.metric.value == result.metric and guess.loss_increase.value == result.loss_increase
    half = (guess.loss_increase.high - guess.loss_increase.low) / 2
    assert half == pytest.approx(Z_BAR * result.loss_increase_std_error)


def test_a_later_measurement_replaces_the_estimate_and_moves_its_neighbours() -> None:
    world = World(8, 1)
    report = world.report()
    surprise = SubsetResult((2, 3), 0.4, 0.9, 0.002, 0.3, BASELINE - 0.3, 0.002, EXAMPLES)
    assert not estimate(report, (2, 3)).measured
    assert estimate(report, (2, 3), [surprise]).metric.value == 0.3
    before, after = estimate(report, (2, 3, 4)), estimate(report, (2, 3, 4), [surprise])
    assert after.loss_increase.value > before.loss_increase.value + 0.3
    far = estimate(report, (5, 6), [surprise])
    assert far.loss_increase.value < after.loss_increase.value - 0.3


def test_the_error_bar_widens_with_distance() -> None:
    report = World(10, 2).report([(1, 2, 3)])
    widths = []
    for subset in [(1, 2, 3, 4), (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)]:
        guess = estimate(report, subset)
        widths.append(guess.loss_increase.high - guess.loss_increase.low)
    assert widths == sorted(widths) and widths[0] < 0.8 * widths[2]


def test_nothing_removed_is_the_intact_model() -> None:
    guess = estimate(World(5, 0).report(), ())
    assert guess.measured and guess.metric.value == BASELINE
    assert guess.loss_increase.value == guess.loss_increase.low == guess.loss_increase.high == 0


def test_a_share_stays_between_nothing_and_everything() -> None:
    singles = [SubsetResult((i,), 3.0, 2.6, 0.1, 0.0, BASELINE, 0.02, 20) for i in range(6)]
    report = make_report(6, measured=singles, baseline_metric=BASELINE)
    guess = estimate(report, (1, 2, 3))
    assert 0 <= guess.metric.low <= guess.metric.value <= guess.metric.high <= 1
    perfect = make_report(
        4,
        measured=[SubsetResult((i,), 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 20) for i in range(4)],
        baseline_metric=1.0,
    )
    assert estimate(perfect, (1, 2)).metric.value > 0.9


@pytest.mark.parametrize(("direction", "sign"), [(Direction.HIGHER_IS_BETTER, -1), (Direction.LOWER_IS_BETTER, 1)])
def test_an_unbounded_metric_moves_in_its_own_direction(direction: Direction, sign: int) -> None:
    singles = [SubsetResult((i,), 1.0, 0.1, 0.001, 12 + sign * 0.5, 0.5, 0.01, 100) for i in range(5)]
    report = make_report(5, measured=singles, baseline_metric=12.0, metric="score", direction=direction)
    guess = estimate(report, (1, 2)).metric
    assert guess.value == pytest.approx(12 + sign, abs=0.3)
    assert guess.low < guess.value < guess.high


def test_without_single_layers_there_is_nothing_to_go_by() -> None:
    with pytest.raises(PlanError, match="Run the analysis with the method layer_ablation"):
        estimate(make_report(5), (1,))


def test_layers_that_cannot_go_are_refused() -> None:
    report = World(5, 0).report()
    with pytest.raises(PlanError, match="There is no layer 9"):
        estimate(report, (9,))
    with pytest.raises(PlanError, match="All 5 layers"):
        estimate(report, range(5))


def test_a_layer_never_measured_has_a_wide_bar() -> None:
    world = World(6, 4)
    measured = [world.measure((index,)) for index in range(5)]
    report = make_report(6, measured=measured, baseline_metric=BASELINE)
    known, unknown = estimate(report, (1, 2)).loss_increase, estimate(report, (1, 5)).loss_increase
    assert unknown.high - unknown.low > 1.5 * (known.high - known.low)


def test_an_estimate_is_instant() -> None:
    world = World(24, 5)
    report = world.report([world.draw() for _ in range(400)])
    times = []
    for _ in range(9):
        start = time.thread_time()  # whatever else the machine does
        estimate(report, world.draw())
        times.append(time.thread_time() - start)
    assert float(np.median(times)) < 0.02


def test_plans_and_estimates_need_no_torch() -> None:
    code = (
        "import sys; from analysis_core.compression import estimate, plan; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'timm')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_covariance_is_that_of_single_pair_and_triple_costs() -> None:
    """The closed forms against explicit sums over layers, pairs and triples."""
    random = np.random.default_rng(0)
    importance = random.uniform(0.3, 2, 6)
    subsets = [(0, 1, 2), (1, 2, 3, 5), (4,), (0, 1, 2, 3, 4, 5)]
    indicators = np.array([[float(i in subset) for i in range(6)] for subset in subsets])
    terms = covariance_terms(indicators, importance)
    for a, first in enumerate(subsets):
        for b, second in enumerate(subsets):
            both = sorted(set(first) & set(second))
            square = importance**2
            pairs = sum(square[i] * square[j] for i, j in combinations(both, 2))
            triples = sum(square[i] * square[j] * square[k] for i, j, k in combinations(both, 3))
            joint = [sum(importance[i] * importance[j] for i, j in combinations(s, 2)) for s in (first, second)]
            assert terms[0, a, b] == pytest.approx(len(both) + len(first) * len(second))
            assert terms[1, a, b] == pytest.approx(joint[0] * joint[1])
            assert terms[2, a, b] == pytest.approx(pairs + 0.09 * triples)
            assert terms[3, a, b] == pytest.approx(pairs if a == b else 0)


def test_costs_that_add_up_are_added_up() -> None:
    costs = np.array([0.1, 0.2, 0.3, 0.4, 0.3, 0.5, 0.9])
    process = SubsetProcess(5, [(0,), (1,), (2,), (3,), (0, 1), (1, 2), (0, 1, 2, 3)][:7])
    costs[-1] = 1.0
    mean, deviation = process.predict((0, 2), costs, np.full(7, 1e-4))
    assert mean == pytest.approx(0.4, abs=0.03)
    assert 0 < deviation < 0.15


def test_surprises_are_what_each_subset_was_foretold_before_it_was_measured() -> None:
    """Against the slow way: a process of its own for every subset, conditioned on those before it alone."""
    rng = np.random.default_rng(3)
    subsets = [(0,), (1,), (2,), (3,), (0, 1), (1, 3), (0, 2, 3), (1, 2)]
    costs, errors = rng.normal(size=8) + 2, rng.uniform(0.05, 0.3, 8)
    surprises: list[float] = []
    for place in range(4, 8):
        before = SubsetProcess(4, subsets[:place])
        mean, deviation = before.predict(subsets[place], costs[:place], errors[:place])
        foretold = deviation / spread_after(surprises)
        surprises.append(abs(costs[place] - mean) / foretold)
    found = SubsetProcess(4, subsets).surprises(costs, errors)
    assert found == pytest.approx(surprises, rel=1e-6)
