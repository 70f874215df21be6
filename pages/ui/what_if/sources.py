"""Which analysis the What if page is about: the one in the address, the newest one, or the shipped one."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.errors import RunError
from analysis_core.results import CompressionOutcome, RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, moments, run_titles, showcase, translated
from pages.ui.strings import text
from pages.ui.what_if.choice import Source

OFFERED = 40
PICKER = "what-if-run"


def pick() -> Source | None:
    """The chosen analysis with everything measured from it; None when there is none at all.

    Raises:
        RunError: the run in the address is gone, is no analysis, or has no result.
    """
    views = [view for view in service.runs(kind=RunKind.ANALYSIS, limit=OFFERED) if view.state == RunState.FINISHED]
    named = {view.id: f"{run_titles.title(view)} · {moments.clock(view.created_at)}" for view in views}
    labels = run_titles.told_apart(named)
    if showcase.load() is not None:
        labels[showcase.NAME] = text("shipped_result")
    asked = address.read("run")
    if asked is None and not labels:
        return None
    known = {view.id: view for view in views}
    if asked is not None and asked not in labels:
        known[asked] = service.follow(asked)
        labels = {asked: run_titles.title(known[asked]), **labels}
    chosen = _picker(labels, asked or next(iter(labels)))
    return _shipped() if chosen == showcase.NAME else _stored(known[chosen])


def _picker(labels: dict[str, str], chosen: str) -> str:
    if st.session_state.get(PICKER) != chosen:
        st.session_state[PICKER] = chosen
    return str(
        st.selectbox(
            text("analysis"),
            list(labels),
            key=PICKER,
            format_func=lambda name: labels.get(name, name),
            on_change=_picked,
            label_visibility="collapsed",
        )
    )


def _picked() -> None:
    """Another analysis starts with a fresh address."""
    st.query_params.from_dict({"run": st.session_state[PICKER]})


def _stored(view: RunView) -> Source:
    report, outcomes = service.report(view.id), service.outcomes_of(view.id)
    return Source(
        name=view.id,
        report=translated.report(report),
        outcomes=tuple(outcomes),
        measured=service.measured_subsets(view.id, outcomes),
        settings=view.config,
    )


def _shipped() -> Source:
    shown = showcase.load()
    if shown is None:
        raise RunError("The result that ships with the app is not installed.", remedy="Pick another analysis.")
    model = shown.report.model["id"]
    own = tuple(_from_showcase(str(model)))
    subsets = tuple(subset for outcome in shown.outcomes for subset in outcome.searched)
    return Source(showcase.NAME, shown.report, (*own, *shown.outcomes), subsets, {}, stored=False)


def _from_showcase(model: str) -> list[CompressionOutcome]:
    """Finished compressions of the shipped model that were started without an analysis run."""
    views = service.runs(search=model, kind=RunKind.COMPRESSION, limit=OFFERED)
    return [
        service.outcome(view.id)
        for view in views
        if view.state == RunState.FINISHED
        and view.config.get("model_name") == model
        and view.config.get("source_run") is None
    ]
