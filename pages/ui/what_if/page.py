"""The What if page: choose layers, see the estimate, measure, export."""

from __future__ import annotations

import streamlit as st

from analysis_core.compression.plan import protected_layers
from analysis_core.errors import RunError
from analysis_core.report import figures
from analysis_core.report.columns import parts_key
from analysis_core.report.frontier import FrontierPoint
from analysis_core.report.layer_names import named_list
from analysis_core.results import CompressionOutcome, CompressionPlan
from pages.ui import address, markup, provenance, theme, units
from pages.ui.frame import EXPLORE, guarded
from pages.ui.strings import text
from pages.ui.what_if import (
    choice,
    controls,
    curves,
    handover,
    layer_map,
    measures,
    orders,
    recipes,
    sources,
    treatments,
)
from pages.ui.what_if.choice import Source


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
        guess = _guess(source, plan, point)
        with right:
            _known(source, plan, point, guess, outcome)
        points, axis = curves.draw(source, st.session_state[names.strategy], plan, point, guess)
        recipes.draw(source, points, axis, outcome)


def _choose(source: Source, names: controls.Names) -> CompressionPlan:
    """The controls, and the plan that they add up to."""
    controls.draw(source, names)
    plan = controls.plan(source, names)
    st.session_state[names.removed] = plan.remove
    report = source.report
    safe = protected_layers(report.layers)
    title = units.words(report, "strip_title", kept=plan.compressed_layers, all=plan.original_layers)
    phrases, shown = units.phrases(report), theme.palette()
    figure = figures.strip(
        report.layers, report.consensus, plan.remove, shown, protected=safe, title=title, phrases=phrases
    )
    alt = figures.strip_text(report.layers, plan.remove, phrases)
    theme.chart(figure, controls.STRIP, alt, lambda: controls.clicked(source, names, plan))
    controls.answer(source)
    said, back = st.columns([3, 1], vertical_alignment="center")
    with said:
        protected = named_list(safe, report.layers, phrases)
        lines = (units.words(report, "strip_note", protected=protected), parts_key(report.layers, phrases))
        markup.note(*filter(None, lines))
    with back:
        controls.steps(source, names)
    layer_map.draw(source, plan, title, lambda: controls.clicked(source, names, plan, layer_map.MAP))
    with st.expander(units.words(report, "by_keyboard")):
        controls.keyboard(source, names, plan)
    return plan


def _guess(source: Source, plan: CompressionPlan, point: FrontierPoint | None) -> FrontierPoint | None:
    """What was estimated of a choice before it was measured; of a treated model there is no estimate."""
    plain_cut = point is not None and point.measured and point.recipe is not None and point.recipe.treatment.is_plain
    return choice.foretold(source, plan) if plain_cut else None


def _known(
    source: Source,
    plan: CompressionPlan,
    point: FrontierPoint | None,
    guess: FrontierPoint | None,
    outcome: CompressionOutcome | None,
) -> None:
    """What is known of the plan, and the orders that turn a guess into knowledge."""
    shown = outcome or choice.outcome_for(source, plan)
    if point is None:
        markup.state(text("no_estimate_title"), [text("no_estimate")])
    else:
        measures.show(source.report, point, shown)
    if guess is not None and point is not None:
        handover.told(guess, point)
    if shown is not None:
        markup.note(provenance.measured_line(shown.measurement))
    elif plan.remove and point is not None:
        markup.note(text("estimate_note"))
    if outcome is not None:
        treatments.told(source, outcome)
    elif point is not None and treatments.wanted(source, plan):
        markup.note(text("measure_cut_alone"))
    orders.draw(source, plan, outcome)
