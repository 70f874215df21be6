"""How long a run will take, from what an earlier one took."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_core.methods import METHODS
from analysis_core.probe.needs import Served
from analysis_core.report import forecast
from analysis_core.results import AnalysisReport
from tests.pages import synthetic

NAMES = ("block_influence", "layer_ablation", "topology_analysis")
PASSES = 6.5
"""Of ablating twelve layers one by one."""


def past(examples: int = 100, shared: float = 2.0, replayed: float = 13.0, arithmetic: float = 0.6) -> AnalysisReport:
    """A run whose parts are known: block influence took 0.1 s and the pooled states half a second beside the pass."""
    seconds = {"block_influence": 0.1, "layer_ablation": replayed, "topology_analysis": 0.5}
    report = synthetic.report(NAMES)
    methods = {name: dataclasses.replace(report[name], seconds=seconds[name]) for name in NAMES}
    whole = shared + sum(seconds.values()) + arithmetic
    facts = {"examples": examples, "seconds": whole, "shared_pass_seconds": shared}
    return dataclasses.replace(report, methods=methods, provenance=facts)


def test_what_was_run_is_predicted_as_it_was() -> None:
    calibration = forecast.from_report(past())
    assert calibration is not None
    assert calibration.forward_seconds == pytest.approx(0.02), "no method of it goes back"
    assert calibration.replay_seconds == pytest.approx(13.0 / PASSES / 100)
    assert forecast.about_seconds(NAMES, calibration, 100) == pytest.approx(16.2)


def test_twice_the_examples_take_twice_the_passes() -> None:
    calibration = forecast.from_report(past())
    assert calibration is not None
    assert forecast.about_seconds(["layer_ablation"], calibration, 200) == pytest.approx(2 * (2.0 + 13.0))
    one, other = (forecast.about_seconds(["topology_analysis"], calibration, count) for count in (100, 200))
    assert other - one == pytest.approx(2.5), "landmarks are few: only the pass and the states grow"


def test_what_is_spent_once_is_not_taken_for_slowness() -> None:
    slow, slower = (forecast.from_report(past(arithmetic=seconds)) for seconds in (5.0, 50.0))
    assert slow is not None
    assert slower is not None
    assert slow.scoring_seconds == slower.scoring_seconds


def test_a_run_that_recorded_too_little_tells_nothing() -> None:
    assert forecast.from_report(dataclasses.replace(past(), provenance={"examples": 100})) is None


def test_a_guess_grows_with_the_model() -> None:
    small, large = forecast.from_size(12, 10**6), forecast.from_size(12, 10**8)
    assert forecast.about_seconds(NAMES, large, 100) > 20 * forecast.about_seconds(NAMES, small, 100)
    alone = forecast.about_seconds([], small, 400)
    assert alone == pytest.approx(400 * 10**6 * forecast.FORWARD_SECONDS)


def test_every_method_has_a_place_by_its_cost() -> None:
    places = {name: forecast.served_by(METHODS.get(name)) for name in METHODS}
    assert places["spectral_analysis"] is Served.WEIGHTS
    assert places["information_bottleneck"] is Served.SHARED
    assert places["layer_shapley"] is places["layer_ablation"] is Served.FURTHER_RUNS
