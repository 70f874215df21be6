"""The What if page: choose layers, see the estimate, measure, export."""

from __future__ import annotations

import streamlit as st

from analysis_core.compression.plan import MANUAL, protected_layers
from analysis_core.errors import RunError
from analysis_core.models.catalog import catalog
from analysis_core.report import figures
from analysis_core.report.dominance import FrontierAxis
from analysis_core.report.frontier import FrontierPoint
from analysis_core.results import CompressionOutcome, CompressionPlan
from analysis_core.vocabulary import Granularity
from pages.ui import (
    address,
    against,
    choice,
    controls,
    language,
    markup,
    measures,
    orders,
    provenance,
    recipes,
    sources,
    theme,
    treatments,
)
from pages.ui.choice import Source
from pages.ui.frame import EXPLORE, guarded
from pages.ui.strings import layer_list, text


def draw() -> None:
    """The whole page."""
    title, picker = st.columns([7, 5], gap="medium", vertical_alignment="bottom")
    with title:
        st.title(text("what_if_title"), anchor=False)
    try:
        with picker:
            source = sources.pick()
    except RunError as error:
        markup.state(text("gone_what"), [error.sentence, text("what_if_gone_hint")], failed=True)
        _way_out()
        return
    if source is None:
        markup.state(text("nothing_analysed_title"), [text("nothing_analysed")])
        st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
        return
    markup.note(provenance.line(source.report))
    if source.settings.get("granularity", Granularity.BLOCK) != Granularity.BLOCK:
        markup.state(text("parts_title"), [text("parts")])
        st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
        return
    _bench(source)


def _way_out() -> None:
    run = address.read("run")
    with st.container(horizontal=True):
        st.page_link(EXPLORE, label=text("open_in_explore"), query_params={"run": run} if run else None)
        if st.button(text("other_analysis")):
            st.query_params.clear()
            st.rerun()


@st.fragment
def _bench(source: Source) -> None:
    with guarded():
        names = controls.names(source)
        controls.restore(source, names)
        left, right = st.columns([7, 5], gap="large")
        with left:
            plan = _choose(source, names)
        treatment = treatments.chosen(source)
        outcome = choice.outcome_for(source, plan, treatment)
        point = choice.point_of(source, plan, treatment)
        with right:
            _known(source, plan, point, outcome)
        with left:
            points, axis = _curve(source, st.session_state[names.strategy], plan, point)
        recipes.draw(source, points, axis, outcome)


def _choose(source: Source, names: controls.Names) -> CompressionPlan:
    """The controls, and the plan that they add up to."""
    controls.draw(source, names)
    plan = controls.plan(source, names)
    st.session_state[names.removed] = plan.remove
    report = source.report
    safe = protected_layers(report.layers)
    title = text("strip_title", kept=plan.compressed_layers, all=plan.original_layers)
    phrases, shown = language.phrases(), theme.palette()
    figure = figures.strip(
        report.layers, report.consensus, plan.remove, shown, protected=safe, title=title, phrases=phrases
    )
    alt = figures.strip_text(report.layers, plan.remove, phrases)
    theme.chart(figure, controls.STRIP, alt, lambda: controls.clicked(source, names, plan))
    said, back = st.columns([3, 1], vertical_alignment="top")
    with said:
        markup.note(text("strip_note", protected=layer_list(safe)))
    with back:
        controls.steps(source, names)
    with st.expander(text("by_keyboard")):
        controls.keyboard(source, names, plan)
    return plan


def _known(
    source: Source, plan: CompressionPlan, point: FrontierPoint | None, outcome: CompressionOutcome | None
) -> None:
    """What is known of the plan, and the orders that turn a guess into knowledge."""
    shown = outcome or choice.outcome_for(source, plan)
    if point is None:
        markup.state(text("no_estimate_title"), [text("no_estimate")])
    else:
        measures.show(source.report, point, shown)
    if shown is not None:
        markup.note(provenance.measured_line(shown.measurement))
    elif plan.remove and point is not None:
        markup.note(text("estimate_note"))
    if outcome is not None:
        treatments.told(source, outcome)
    elif point is not None and treatments.wanted(source, plan):
        markup.note(text("measure_cut_alone"))
    orders.draw(source, plan, outcome)


def _curve(
    source: Source, strategy: str, plan: CompressionPlan, point: FrontierPoint | None
) -> tuple[list[FrontierPoint], FrontierAxis]:
    """The frontier on the chosen axis; returns its points and the axis."""
    axis = against.pick(source)
    line = choice.strategies(source)[0] if strategy == MANUAL else strategy
    points = _points(source.name, line, len(source.outcomes), len(source.measured), source)
    if point is not None and plan.remove and strategy == MANUAL and not point.measured:
        points = [*points, point]
    metric = source.report.metric
    figure = figures.curve(
        points,
        metric,
        theme.palette(),
        of=axis,
        here=point,
        floor=_floor(source),
        subtitle=text("curve_key"),
        legend=True,
        phrases=language.phrases(),
    )
    theme.chart(figure, "what-if-curve", figures.curve_text(points, metric, language.phrases(), axis))
    markup.note(text("curve_marks"))
    return points, axis


@st.cache_resource(max_entries=64, show_spinner=False)
def _points(name: str, strategy: str, outcomes: int, measured: int, _source: Source) -> list[FrontierPoint]:
    """The curve's points; they change only when something new was measured."""
    return choice.curve_points(_source, strategy)


def _floor(source: Source) -> float | None:
    """What the best answer without a model would keep, where the model's card says so."""
    report = source.report
    card = next((card for card in catalog() if card.id == report.model.get("id")), None)
    if card is None or not card.trivial or report.metric != "accuracy":
        return None
    return float(card.trivial["value"]) / report.baseline[report.metric]
