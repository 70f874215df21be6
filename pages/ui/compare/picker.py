"""Choosing what is laid side by side: a list of finished analyses, and a proposal where nobody chose."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis_core import service
from analysis_core.errors import LayerwiseError
from analysis_core.report.comparison import FEWEST, MOST
from analysis_core.results import AnalysisReport, RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import markup, moments, recent, run_titles, showcase
from pages.ui.compare import link
from pages.ui.compare.link import Asked
from pages.ui.frame import EXPLORE
from pages.ui.strings import listed, text

OFFERED = 40
PICKER = "compare-runs"
_PICKED = "compare-picked"
"""Set while the reader chooses: a list that is being made is not filled up behind the reader's back."""


def pick() -> dict[str, AnalysisReport]:
    """The analyses to show, by id; fewer than two where the page has already said what to do."""
    asked = link.read()
    finished = _finished()
    remark = ""
    if PICKER not in st.session_state:  # one comes from elsewhere
        st.session_state.pop(_PICKED, None)
    if not st.session_state.get(_PICKED):
        remark = _fill(asked, finished)
    labels = _labels(finished, asked)
    if not labels:
        _troubles(asked)
        _empty()
        return {}
    _list(labels, list(asked.found))
    _troubles(asked)
    if remark:
        markup.note(remark)
    if len(asked.found) < FEWEST:
        _too_few(labels, list(asked.found))
    elif not asked.troubles:
        link.write(list(asked.found))
    return asked.found


def _finished() -> list[RunView]:
    """Analyses that can be compared, the newest first."""
    views = service.runs(kind=RunKind.ANALYSIS, limit=OFFERED)
    return [view for view in views if view.state == RunState.FINISHED]


def _fill(asked: Asked, finished: Sequence[RunView]) -> str:
    """Add to what was asked for until there are two; what was added and why, in words."""
    if len(asked.found) >= FEWEST:
        return ""
    names, words = _proposal(list(asked.found), finished)
    added = []
    for name in names:
        try:
            asked.found[name] = link.open_report(name)
            added.append(_label(name, finished))
        except LayerwiseError:  # a damaged one is no proposal
            continue
    if not added:
        return ""
    return text("compare_filled", runs=listed(added)) if asked.named else text(words)


def _proposal(having: Sequence[str], finished: Sequence[RunView]) -> tuple[list[str], str]:
    """What to add, and the words for it: of one model first, then what ships with the app or the newest."""
    newest = [view.id for view in finished if view.id not in having]
    shipped = [showcase.NAME] if showcase.NAME not in having and showcase.load() is not None else []
    if having:
        models = {view.id: view.config.get("model_name") for view in finished}
        mates = [name for name in newest if having[0] in models and models[name] == models[having[0]]]
        return (mates or shipped or newest)[: FEWEST - len(having)], "compare_filled"
    for place, view in enumerate(finished):
        mate = next((other for other in finished[place + 1 :] if _model(other) == _model(view)), None)
        if mate is not None:
            return [view.id, mate.id], "compare_proposed_model"
    if len(newest) >= FEWEST:
        return newest[:FEWEST], "compare_proposed_newest"
    both = [*newest, *shipped]
    return (both, "compare_proposed_shipped") if len(both) >= FEWEST else ([], "")


def _model(view: RunView) -> object:
    return view.config.get("model_name")


def _labels(finished: Sequence[RunView], asked: Asked) -> dict[str, str]:
    """What the list offers: what is shown now, then every finished analysis, then the shipped result."""
    names = [*(view.id for view in finished), *asked.found]
    if showcase.load() is not None:
        names.append(showcase.NAME)
    return run_titles.told_apart({name: _label(name, finished) for name in dict.fromkeys(names)})


def _label(name: str, finished: Sequence[RunView]) -> str:
    if name == showcase.NAME:
        return text("shipped_result")
    view = next((view for view in finished if view.id == name), None) or service.follow(name)
    seed = view.config.get("seed")
    parts = [run_titles.title(view), *([text("seed_of", seed=seed)] if seed else []), moments.clock(view.created_at)]
    return " · ".join(parts)


def _list(labels: dict[str, str], chosen: list[str]) -> None:
    if st.session_state.get(PICKER) != chosen:
        st.session_state[PICKER] = chosen
    st.multiselect(
        text("compare_runs"),
        list(labels),
        key=PICKER,
        format_func=lambda name: labels.get(name, name),
        max_selections=MOST,
        placeholder=text("compare_pick"),
        help=text("compare_runs_help"),
        on_change=_changed,
    )


def _changed() -> None:
    chosen = list(st.session_state[PICKER])
    st.session_state[_PICKED] = True
    link.write(chosen)


def _troubles(asked: Asked) -> None:
    if not asked.troubles:
        return
    markup.state(text("compare_trouble_title"), [trouble.sentence for trouble in asked.troubles], failed=True)
    seen = {trouble.see.id: trouble.see for trouble in asked.troubles if trouble.see is not None}
    if seen:
        with st.container(horizontal=True):
            for view in seen.values():
                page, parameters = recent.target(view)
                st.page_link(page, label=text("compare_see", run=run_titles.title(view)), query_params=parameters)


def _empty() -> None:
    markup.state(text("compare_empty_title"), [text("compare_empty")])
    st.page_link(EXPLORE, label=text("compare_start"), icon=":material/add:")


def _too_few(labels: dict[str, str], chosen: list[str]) -> None:
    """Fewer than two: nothing else is there, or the reader is still choosing."""
    if len(labels) >= FEWEST:
        markup.state(text("compare_more_title"), [text("compare_more")])
        return
    (only, label), *_ = labels.items()
    markup.state(text("compare_empty_title"), [text("compare_empty_one", run=label)])
    with st.container(horizontal=True):
        st.page_link(EXPLORE, label=text("compare_start"), icon=":material/add:", query_params=_same_model(only))
        if only in chosen and only != showcase.NAME:
            st.page_link(EXPLORE, label=text("compare_open_one", run=label), query_params={"run": only})


def _same_model(name: str) -> dict[str, str] | None:
    """What opens Explore with the model of this run chosen."""
    try:
        return {"model": str(link.open_report(name).model["id"])}
    except (LayerwiseError, KeyError):  # damaged, or of a model without a name
        return None
