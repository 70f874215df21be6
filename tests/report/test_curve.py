"""The curve: its axes, the dominated points, the knee, the symbols."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_core.report import dominance, figures
from analysis_core.report.dominance import FrontierAxis
from analysis_core.report.figures import curve_marks
from analysis_core.report.frontier import FrontierPoint, measured_point
from analysis_core.report.palette import LIGHT
from analysis_core.report.phrases import ENGLISH as PHRASES
from analysis_core.report.recipes import Recipe, Treatment
from analysis_core.results import Interval
from analysis_core.vocabulary import HealWay, Quantization
from tests.pages import synthetic


def path() -> list[FrontierPoint]:
    """A greedy path whose first step is beaten: less is taken out, and less is kept."""
    points = [measured_point(outcome) for outcome in synthetic.greedy_path()]
    spoilt = Interval(0.9, 0.89, 0.91)
    return [points[0], dataclasses.replace(points[1], retention=spoilt), *points[2:]]


def test_dominated_points_are_grey_and_the_knee_is_named() -> None:
    points = path()
    found = dominance.standing(points)
    assert found.dominated == (points[1],)
    assert found.knee is not None
    drawn = figures.curve(points, "accuracy", LIGHT)
    grey, joined, circle = drawn.data
    assert list(grey.x) == [points[1].ratio]
    assert (grey.mode, joined.mode) == ("markers", "lines+markers")
    assert points[1].ratio not in joined.x
    assert grey.marker.color != joined.marker.color
    assert list(circle.x) == [found.knee.ratio]
    (name,) = drawn.layout.annotations
    assert name.text.startswith(f"knee: {found.knee.ratio:.2f}x")
    told = figures.curve_text(points, "accuracy")
    assert told.count("dominated") == 1
    assert f"{found.knee.ratio:.2f}x" in told.split("(measured, the knee)")[0].rsplit(", ", 1)[-1]


@pytest.mark.parametrize("of", list(FrontierAxis))
def test_any_axis_places_points_by_what_it_counts(of: FrontierAxis) -> None:
    points = [measured_point(outcome) for outcome in synthetic.greedy_path()]
    drawn = figures.curve(points, "accuracy", LIGHT, of=of)
    places = [place.value for point in points if (place := dominance.along(point, of)) is not None]
    assert list(drawn.data[0].x) == pytest.approx(sorted(places))
    assert drawn.data[0].error_x.visible is (True if of is FrontierAxis.SPEEDUP else None)
    assert drawn.layout.xaxis.title.text == PHRASES[f"axis_{of}"]
    title = drawn.layout.title.text.replace("<br>", " ")
    assert title in figures.curve_text(points, "accuracy", of=of)


def test_a_model_that_became_slower_stays_in_the_picture() -> None:
    slow = dataclasses.replace(measured_point(synthetic.outcome([4])), speedup=Interval(0.6, 0.55, 0.65))
    start, end = figures.curve([slow], "accuracy", LIGHT, of=FrontierAxis.SPEEDUP).layout.xaxis.range
    assert 10**start < 0.6
    assert 10**end > 1.5


def test_what_nobody_can_place_is_not_drawn() -> None:
    kept = Interval(0.9, 0.85, 0.95)
    guess = FrontierPoint((1, 2), 1.2, kept, kept, None, measured=False, strategy="greedy")
    drawn = figures.curve([guess], "accuracy", LIGHT, of=FrontierAxis.SPEEDUP, here=guess)
    assert not drawn.data
    assert drawn.layout.title.text == "Nothing is measured yet"


def test_symbols_tell_what_was_done_to_the_layers_that_stay() -> None:
    healed, int8 = Treatment(heal=HealWay.LINEAR), Treatment(quantize=Quantization.INT8)
    made = [
        None,
        Recipe((4,), "greedy", treatment=healed),
        Recipe((4,), "greedy", treatment=healed, mended=True),
        Recipe((4,), "greedy", treatment=int8),
    ]
    assert [curve_marks.symbol(recipe) for recipe in made] == ["circle", "circle", "triangle-up", "square"]


def test_the_legend_names_each_strategy_once_by_what_was_measured() -> None:
    kept = Interval(0.9, 0.85, 0.95)
    guess = FrontierPoint((1, 2), 1.2, kept, kept, None, measured=False, strategy="greedy")
    drawn = figures.curve([guess, *path()], "accuracy", LIGHT, legend=True, here=guess)
    named = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert named == ["Dominated", "Greedy search"]
    assert drawn.layout.showlegend is True
    assert figures.curve(path(), "accuracy", LIGHT).layout.showlegend is False


def test_what_is_removed_is_named_by_its_stack() -> None:
    points = [measured_point(synthetic.outcome([4, 8]))]
    (drawn,) = (
        trace for trace in figures.curve(points, "accuracy", LIGHT, layers_of=synthetic.two_stacks()).data if trace.text
    )
    assert "removed: encoder 4 and decoder 1" in drawn.text[0]
    (plain,) = (trace for trace in figures.curve(points, "accuracy", LIGHT).data if trace.text)
    assert "removed: 4 and 8" in plain.text[0]
