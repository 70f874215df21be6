"""A finished analysis: the heatmap with click-through, one layer, one method, all methods together, the table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from analysis_core.report import figures, numbers
from analysis_core.report.palette import Palette
from analysis_core.report.stack_names import places
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import TaskType
from pages.ui import downloads, language, markup, provenance, theme, units
from pages.ui.choosing.method_picker import explanation
from pages.ui.explore import agreement, instrument, layer, one_method, selection
from pages.ui.frame import COMPARE, EXPLORE, WHAT_IF, guarded
from pages.ui.strings import text


def draw(report: AnalysisReport) -> None:
    """The whole result."""
    _head(report)
    _body(report)


def _head(report: AnalysisReport) -> None:
    title, links = st.columns([6, 6], vertical_alignment="bottom")
    with title:
        markup.kicker(units.words(report, "result_kicker", task=_task(report), layers=len(report.layers)))
        st.title(str(report.model.get("title") or report.model.get("id")), anchor=False)
    with links, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        downloads.menu(report)
        st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
        st.page_link(COMPARE, label=text("compare_this"), query_params={"runs": str(report.run)})
        st.page_link(
            WHAT_IF,
            label=text("try_dropping"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"run": str(report.run)},
        )
    markup.note(provenance.line(report))


def _task(report: AnalysisReport) -> str:
    """What the model does, for people; a task of somebody's own keeps its name."""
    task = str(report.model.get("task") or "")
    return text(f"task_{task}") if task in list(TaskType) else task


@st.fragment
def _body(report: AnalysisReport) -> None:
    with guarded():
        names = selection.keys(report.run)
        selection.restore(report, names)
        shown = theme.palette()
        wide, narrow = st.columns([8, 4], gap="large")
        with wide:
            instrument.draw(report, names, shown)
        with narrow:
            layer.panel(report, names["layer"])
        st.space("small")
        pick = partial(selection.clicked, report, names)
        _method(report, names, shown, pick)
        if agreement.applies(report):
            st.space("small")
            chosen = st.session_state[names["layer"]]
            agreement.draw(report, names["rule"], chosen, shown, lambda: selection.remember(names), pick)
        _table(report, names)


def _method(report: AnalysisReport, names: dict[str, str], shown: Palette, pick: Callable[[str], None]) -> None:
    st.header(text("section_method"), anchor=False)
    name = st.selectbox(
        text("method"),
        list(report.methods),
        key=names["method"],
        format_func=lambda method: report[method].title,
        on_change=selection.remember,
        args=(names,),
        help=explanation(st.session_state[names["method"]]),
        width=420,
    )
    one_method.draw(report, name, st.session_state[names["layer"]], shown, pick)


def _table(report: AnalysisReport, names: dict[str, str]) -> None:
    consensus = figures.consensus_of(report, st.session_state[names["rule"]])
    with st.expander(text("as_table")):
        named = _titles(report)
        chosen = _pick_in_table(named, names)
        head = [text("layer"), *(result.title for result in report.methods.values()), text("consensus")]
        rows = [
            [
                named[item.index],
                *(numbers.significant(result.scores[item.index]) for result in report.methods.values()),
                numbers.significant(consensus[item.index], 2),
            ]
            for item in report.layers
        ]
        markup.table(head, rows, text("table_caption"), marked=chosen)


def _pick_in_table(named: list[str], names: dict[str, str]) -> int | None:
    """The selected layer, by a list that the keyboard reaches; it is the one that the heatmap selects."""
    chosen: int | None = st.session_state[names["layer"]]
    st.session_state[names["row"]] = chosen
    st.selectbox(
        text("table_pick"),
        range(len(named)),
        key=names["row"],
        index=None,
        format_func=named.__getitem__,
        placeholder=text("pick_layer"),
        on_change=selection.row_picked,
        args=(names,),
        width=320,
    )
    return chosen


def _titles(report: AnalysisReport) -> list[str]:
    """How every layer is called."""
    known = places(report.layers, language.phrases())
    return [layer.layer_title(index, place) for index, place in enumerate(known)]
