"""Titles are computed from the numbers: other numbers, other sentences."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_core.report import findings
from analysis_core.report.frontier import FrontierPoint
from analysis_core.results import AnalysisReport, Interval, MethodResult, SubsetResult
from analysis_core.vocabulary import Direction
from tests.pages import synthetic


def with_drops(drops: dict[int, float], error: float = 0.001) -> AnalysisReport:
    """A report in which leaving out single layers costs these drops."""
    singles = tuple(
        SubsetResult((layer,), 1.0, 0.1, 0.01, 0.7 - drop, drop, error, 500) for layer, drop in drops.items()
    )
    return dataclasses.replace(
        synthetic.report(), measured=(synthetic.subset([]), *singles), baseline={"accuracy": 0.7}
    )


def result(scores: list[float | None], errors: list[float | None]) -> MethodResult:
    return MethodResult("layer_ablation", "Layer ablation", tuple(scores), tuple(errors), "nats")


def test_some_can_go_and_some_cannot() -> None:
    report = with_drops({0: 0.3, 1: 0.1, 4: 0.001, 5: 0.0, 6: 0.002, 7: 0.02, 11: 0.2})
    assert findings.layers_finding(report) == "Any one of layers 4–6 can go; 0, 1 and 11 cannot"


def test_an_uncertain_cost_neither_frees_nor_condemns() -> None:
    report = with_drops({0: 0.3, 4: 0.001, 5: 0.0}, error=0.02)
    assert findings.expendable_and_critical(report) == ([], [0])


def test_a_layer_that_cannot_be_removed_is_never_expendable() -> None:
    report = dataclasses.replace(with_drops({4: 0.0, 5: 0.0}), layers=synthetic.layers(fixed=[4]))
    assert findings.layers_finding(report) == "Layer 5 can go without measurable harm"


def test_nothing_goes_free() -> None:
    assert findings.layers_finding(with_drops({0: 0.3, 1: 0.02})) == "No layer goes free, least of all layer 0"
    every = with_drops({0: 0.3, 1: 0.08})
    assert findings.layers_finding(every) == "No layer goes free: layer 1, the cheapest, costs 8.0 points"


def test_what_rounds_to_nothing_is_said_to_be_small() -> None:
    assert findings.layer_finding(with_drops({3: 0.0004}, error=0.0001), 3) == (
        "Without layer 3, accuracy falls by less than 0.1 points"
    )


def test_a_layer_that_is_not_told_from_nothing_is_not_said_to_cost() -> None:
    unsure = findings.layers_finding(with_drops({0: 0.2, 2: 0.0}, error=0.02))
    assert unsure == "With 500 examples no layer is surely free, least of all layer 0"
    every = findings.layers_finding(with_drops({0: 0.05, 2: 0.0}, error=0.02))
    assert every == ("No layer is surely free: layer 2, the cheapest, costs between −3.9 and 3.9 points (500 examples)")


def test_layers_of_several_stacks_are_named_by_their_stacks() -> None:
    report = dataclasses.replace(with_drops({0: 0.3, 4: 0.001, 8: 0.0, 11: 0.3}), layers=synthetic.two_stacks())
    assert (
        findings.layers_finding(report)
        == "Either of layers encoder 4 and decoder 1 can go; encoder 0 and decoder 4 cannot"
    )
    assert findings.layer_finding(report, 8) == "Without layer decoder 1, accuracy does not change measurably"
    lead = findings.method_finding(result([1, 5, 1], [0.1] * 3), layers=synthetic.two_stacks())
    assert lead == "Layer encoder 1 scores highest, clear of all others"


def test_without_measurements_the_scores_speak() -> None:
    report = synthetic.report(["fisher_information"])
    assert findings.layers_finding(report) == ("Layers 6 and 7 matter least by Fisher information, layers 0 and 1 most")
    assert "to these methods" in findings.layers_finding(synthetic.report(["fisher_information", "block_influence"]))


@pytest.mark.parametrize(
    ("scores", "errors", "said"),
    [
        ([5, 1, 2], [0.1, 0.1, 0.1], "Layer 0 scores highest, clear of all others"),
        ([5, 4.9, 2], [0.1, 0.1, 0.1], "Layers 0 and 1 lead; their intervals overlap"),
        ([5, 4.9, 4.8], [0.1, 0.1, 0.1], "No layer stands out; all intervals overlap"),
        ([1, 2, 3], [None, None, None], "Layer 2 scores highest, layer 0 lowest"),
        ([None, None], [None, None], "No method says anything of this model"),
    ],
)
def test_one_method(scores: list[float | None], errors: list[float | None], said: str) -> None:
    assert findings.method_finding(result(scores, errors)) == said


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        (0.0005, "Without layer 3, accuracy does not change measurably"),
        (0.03, "Without layer 3, accuracy falls by 3.0 points"),
        (-0.03, "Without layer 3, accuracy even rises by 3.0 points"),
    ],
)
def test_one_layer(drop: float, said: str) -> None:
    assert findings.layer_finding(with_drops({3: drop}), 3) == said


def test_one_layer_that_was_not_measured() -> None:
    assert findings.layer_finding(with_drops({}), 3) == "What layer 3 costs has not been measured"


def point(ratio: float, kept: float, measured: bool = True) -> FrontierPoint:
    interval = Interval(kept, kept - 0.01, kept + 0.01)
    return FrontierPoint((1,), ratio, interval, interval, None, measured, "greedy")


def test_the_curve_names_the_last_ratio_that_holds() -> None:
    curve = [point(1.0, 1.0), point(1.5, 0.97), point(2.0, 0.93), point(3.0, 0.8)]
    said = findings.curve_finding(curve, "accuracy")
    assert said == "1.50x keeps 97.0\u202f% of accuracy; 3.00x keeps 80.0\u202f%"
    assert findings.curve_finding(curve[:2], "accuracy") == "1.50x still keeps 97.0\u202f% of accuracy"
    assert findings.curve_finding(curve[2:], "accuracy") == "2.00x already costs 7.0\u202f% of accuracy"


def test_the_curve_says_when_it_is_only_estimated() -> None:
    assert findings.curve_finding([point(2.0, 0.9, measured=False)], "macro_f1").startswith("Estimated: 2.00x")
    assert findings.curve_finding([point(1.0, 1.0)], "accuracy") == "Nothing is measured yet"


@pytest.mark.parametrize(("drop", "said"), [(2.5, "perplexity rises by 2.50"), (-2.5, "perplexity even falls by 2.50")])
def test_where_lower_is_better_a_cost_is_a_rise(drop: float, said: str) -> None:
    report = dataclasses.replace(
        with_drops({3: drop}),
        metric="perplexity",
        metric_direction=Direction.LOWER_IS_BETTER,
        baseline={"perplexity": 20.0},
    )
    assert findings.layer_finding(report, 3) == f"Without layer 3, {said}"
