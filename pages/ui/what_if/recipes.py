"""The measured models as a table, each with what it takes to make it again."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import dominance, numbers
from analysis_core.report.dominance import FrontierAxis, Standing
from analysis_core.report.figures.curve import strategy_title
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.layer_names import named_list
from analysis_core.report.phrases import sentence_case
from analysis_core.report.recipes import Recipe, python_call, recipe_of
from analysis_core.results import CompressionOutcome
from analysis_core.vocabulary import RatioOf
from pages.ui import language, markup, units
from pages.ui.sentences import sentence
from pages.ui.strings import metric_name, text
from pages.ui.what_if import wishes
from pages.ui.what_if.choice import Source

HEAD = ("recipe_model", "recipe_layers", "recipe_quality", "speed_up", "parameters", "recipe_memory")
TAIL = ("recipe_goal", "recipe_seed", "recipe_run", "recipe_standing")


def draw(source: Source, points: list[FrontierPoint], axis: FrontierAxis, outcome: CompressionOutcome | None) -> None:
    """Every measured model, and how the one that is looked at is made again.

    Args:
        source: the analysis.
        points: of the curve.
        axis: on which the points stand to each other.
        outcome: the measurement that is looked at; None where there is none.
    """
    measured = [point for point in points if point.recipe is not None]
    if not measured:
        return
    with st.expander(text("recipes", count=len(measured))):
        standing = dominance.standing(points, axis)
        head = [text(word) for word in (*HEAD, *TAIL)]
        head[1] = units.words(source.report, "recipe_layers")
        head[2] = text("quality_kept", metric=sentence_case(metric_name(source.report.metric)))
        rows = [_row(source, point, point.recipe, standing) for point in measured if point.recipe is not None]
        markup.table(head, rows, text("recipes_caption"), words=(1, *range(len(HEAD), len(head))))
        if outcome is not None:
            markup.note(text("recipe_again"))
            st.code(code(source, recipe_of(outcome)), language="python")


def code(source: Source, recipe: Recipe) -> str:
    """Python that makes a model again."""
    given = {name: value for name, value in wishes.shared(source).items() if value not in (None, "", {})}
    return python_call("CompressionConfig", {**given, **recipe.settings()})


def _row(source: Source, point: FrontierPoint, recipe: Recipe, standing: Standing) -> list[str]:
    kept, speed, unknown = point.retention, point.speedup, numbers.EN_DASH
    removed = named_list(point.removed, source.report.layers, language.phrases()) or unknown
    beaten = text("recipe_dominated") if point in standing.dominated else ""
    return [
        strategy_title(recipe.whole_strategy, language.phrases()),
        text("recipe_count", kept=source.layers - len(point.removed), removed=removed),
        f"{numbers.percent(kept.value)} ({numbers.percent(kept.low)} {numbers.EN_DASH} {numbers.percent(kept.high)})",
        unknown if speed is None else numbers.times(speed.value),
        numbers.times(point.parameters),
        numbers.times(point.memory),
        _goal(source, recipe),
        unknown if recipe.seed is None else str(recipe.seed),
        recipe.run or unknown,
        text("recipe_knee") if point == standing.knee else beaten,
    ]


def _goal(source: Source, recipe: Recipe) -> str:
    """What was asked for, in a few words; layers that were named are no goal."""
    parts = []
    if recipe.ratio is not None:
        counted = RatioOf(recipe.ratio_of).counted
        parts.append(text("recipe_ratio", ratio=numbers.times(recipe.ratio), counted=sentence(counted)))
    if recipe.largest_drop is not None:
        share = source.report.metric in numbers.SHARES
        drop = numbers.points(recipe.largest_drop) if share else numbers.significant(recipe.largest_drop)
        parts.append(text("recipe_drop_points" if share else "recipe_drop", drop=drop))
    return ", ".join(parts) or text("recipe_named")
