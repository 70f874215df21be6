"""The frontier on What if: the chosen strategy in full, others beside it in faint lines, and the estimate's error."""

from __future__ import annotations

import streamlit as st

from analysis_core.compression.plan import CONSENSUS, MANUAL
from analysis_core.models.catalog import card_of
from analysis_core.report import figures
from analysis_core.report.dominance import FrontierAxis
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.insight_findings import trusted
from analysis_core.results import CompressionPlan
from pages.ui import address, markup, theme, units
from pages.ui.strings import text
from pages.ui.what_if import against, choice, controls
from pages.ui.what_if.choice import Source

SEPARATOR, NOBODY = "-", "none"
MEASURED_SCORES = "layer_ablation"
FIRST_BESIDE, MOST_BESIDE = 2, 6


def draw(
    source: Source, strategy: str, plan: CompressionPlan, point: FrontierPoint | None, guess: FrontierPoint | None
) -> tuple[list[FrontierPoint], FrontierAxis]:
    """The figure with its axis and the strategies beside it; returns the points of the chosen one and the axis.

    Args:
        source: the analysis.
        strategy: the chosen one.
        plan: the layers that go.
        point: the model that is looked at.
        guess: what was estimated of it before it was measured; None where it is not measured.
    """
    chosen = choice.strategies(source)[0] if strategy == MANUAL else strategy
    along, lines_beside = st.columns([5, 7], gap="large")
    with along:
        axis = against.pick(source)
    with lines_beside:
        others = _beside(source, chosen)
    known = (len(source.outcomes), len(source.measured))
    points = _points(source.name, chosen, *known, source)
    if point is not None and plan.remove and strategy == MANUAL and not point.measured:
        points = [*points, point]
    lines = [_path(source.name, other, *known, source) for other in others]
    metric, phrases = source.report.metric, units.phrases(source.report)
    figure = figures.curve(
        points,
        metric,
        theme.palette(),
        of=axis,
        here=point,
        guess=guess,
        beside=[line for line in lines if len(line) > 1],
        floor=_floor(source),
        layers_of=source.report.layers,
        subtitle=text("curve_key"),
        legend=True,
        phrases=phrases,
    )
    theme.chart(figure, "what-if-curve", figures.curve_text(points, metric, phrases, axis))
    markup.note(text("curve_marks"))
    return points, axis


def _beside(source: Source, chosen: str) -> list[str]:
    """Strategies whose curves are drawn beside the chosen one; the address is their memory."""
    offered = [name for name in choice.strategies(source) if name not in (chosen, MANUAL)]
    key = f"what-if-beside-{source.name}"
    if key not in st.session_state:
        asked = address.read("beside")
        first = [name for name in _worth_comparing(source) if name in offered][:FIRST_BESIDE]
        st.session_state[key] = first if asked is None else asked.split(SEPARATOR)
    st.session_state[key] = [name for name in st.session_state[key] if name in offered][:MOST_BESIDE]
    picked: list[str] = st.multiselect(
        text("beside_strategies"),
        offered,
        key=key,
        format_func=lambda name: controls.strategy_name(source, name),
        max_selections=MOST_BESIDE,
        placeholder=text("beside_strategies"),
        help=text("beside_help"),
        on_change=lambda: address.write(beside=SEPARATOR.join(st.session_state[key]) or NOBODY),
    )
    return picked


def _worth_comparing(source: Source) -> list[str]:
    """What searches have found, all methods together, measured single layers, and the method that comes nearest."""
    known = choice.strategies(source)
    searched = [name for name in known if name not in source.report.methods and name not in (CONSENSUS, MANUAL)]
    nearest = [trust.method for trust in trusted(source.report)]
    return list(dict.fromkeys([*searched, CONSENSUS, MEASURED_SCORES, *nearest, *source.report.methods]))


@st.cache_resource(max_entries=64, show_spinner=False)
def _points(name: str, strategy: str, outcomes: int, measured: int, _source: Source) -> list[FrontierPoint]:
    """The curve's points; they change only when something new was measured."""
    return choice.curve_points(_source, strategy)


@st.cache_resource(max_entries=256, show_spinner=False)
def _path(name: str, strategy: str, outcomes: int, measured: int, _source: Source) -> list[FrontierPoint]:
    """A strategy's models from the largest to the smallest."""
    return choice.path(_source, strategy)


def _floor(source: Source) -> float | None:
    """What the best answer without a model would keep, where the model's card says so."""
    report = source.report
    card = card_of(report.model.get("id"))
    if card is None or not card.trivial or report.metric != "accuracy":
        return None
    return float(card.trivial["value"]) / report.baseline[report.metric]
