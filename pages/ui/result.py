"""A finished analysis: the heatmap with click-through, one layer, one method, all methods together, the table."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import figures, findings, numbers
from analysis_core.report.palette import Palette
from analysis_core.report.scaling import Scale
from analysis_core.results import AnalysisReport
from pages.ui import address, agreement, language, layer, markup, one_method, provenance, theme
from pages.ui.frame import EXPLORE, WHAT_IF, guarded
from pages.ui.method_picker import explanation
from pages.ui.strings import text

HEATMAP = "result-heatmap"
ROW_HEIGHT, LOW_ROW_HEIGHT, FEW_METHODS = 46, 34, 7


def draw(report: AnalysisReport) -> None:
    """The whole result."""
    _head(report)
    _body(report)


def keys(report: AnalysisReport) -> dict[str, str]:
    """Session-state keys of the widgets, one set a run: a selection never leaks into another run."""
    return {name: f"result-{name}-{report.run}" for name in ("view", "layer", "method", "rule")}


def _head(report: AnalysisReport) -> None:
    title, links = st.columns([8, 4], vertical_alignment="bottom")
    with title:
        markup.kicker(text("result_kicker", task=report.model.get("task", ""), layers=len(report.layers)))
        st.title(str(report.model.get("title") or report.model.get("id")), anchor=False)
    with links, st.container(horizontal=True, horizontal_alignment="right"):
        st.page_link(EXPLORE, label=text("new_analysis"), icon=":material/add:")
        st.page_link(
            WHAT_IF,
            label=text("try_dropping"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"run": str(report.run)},
        )
    markup.note(provenance.line(report))


@st.fragment
def _body(report: AnalysisReport) -> None:
    with guarded():
        names = keys(report)
        _restore(report, names)
        shown = theme.palette()
        wide, narrow = st.columns([8, 4], gap="large")
        with wide:
            _heatmap(report, names, shown)
        with narrow:
            layer.panel(report, names["layer"])
        st.space("small")
        _method(report, names, shown)
        if agreement.applies(report):
            st.space("small")
            chosen = st.session_state[names["layer"]]
            agreement.draw(report, names["rule"], chosen, shown, lambda: remember(names))
        _table(report, st.session_state[names["rule"]])


def _restore(report: AnalysisReport, names: dict[str, str]) -> None:
    """Fill the widgets from the address when a page is opened."""
    state = st.session_state
    if names["layer"] not in state:
        state[names["layer"]] = address.read_layer(len(report.layers))
    if names["view"] not in state:
        asked = address.read("view")
        state[names["view"]] = asked if asked in list(Scale) else Scale.NORMALISED.value
    if names["method"] not in state:
        asked = address.read("method")
        state[names["method"]] = asked if asked in report else next(iter(report.methods))
    if names["rule"] not in state:
        asked = address.read("rule")
        state[names["rule"]] = asked if asked in agreement.rules(report) else figures.MEAN_RANK


def remember(names: dict[str, str]) -> None:
    """Write what is selected into the address."""
    state = st.session_state
    rule = None if state[names["rule"]] == figures.MEAN_RANK else state[names["rule"]]
    address.write(layer=state[names["layer"]], view=state[names["view"]], method=state[names["method"]], rule=rule)


def _clicked(report: AnalysisReport, names: dict[str, str]) -> None:
    """A click on a cell selects its layer and its method; a click on nothing changes nothing."""
    found = theme.clicked(HEATMAP)
    if found is None:
        return
    st.session_state[names["layer"]] = int(found[0])
    if found[1] in report:
        st.session_state[names["method"]] = str(found[1])
    remember(names)


def _heatmap(report: AnalysisReport, names: dict[str, str], shown: Palette) -> None:
    phrases = language.phrases()
    methods, finding = list(report.methods.values()), findings.layers_finding(report, phrases)
    scale = st.segmented_control(
        text("scale"),
        [scale.value for scale in Scale],
        key=names["view"],
        required=True,
        format_func=lambda name: text(f"scale_{name}"),
        help=text("scale_help"),
        label_visibility="collapsed",
        on_change=remember,
        args=(names,),
    )
    figure = figures.heatmap(
        methods,
        shown,
        consensus=figures.consensus_of(report, st.session_state[names["rule"]]),
        scale=Scale(scale or Scale.NORMALISED),
        title=finding,
        subtitle=text("click_a_cell"),
        selected=st.session_state[names["layer"]],
        numbers_in_cells=True,
        layers_of=report.layers,
        row_height=ROW_HEIGHT if len(methods) <= FEW_METHODS else LOW_ROW_HEIGHT,
        phrases=phrases,
    )
    theme.chart(figure, HEATMAP, figures.heatmap_text(methods, finding, phrases), lambda: _clicked(report, names))


def _method(report: AnalysisReport, names: dict[str, str], shown: Palette) -> None:
    st.header(text("section_method"), anchor=False)
    name = st.selectbox(
        text("method"),
        list(report.methods),
        key=names["method"],
        format_func=lambda method: report[method].title,
        on_change=remember,
        args=(names,),
        help=explanation(st.session_state[names["method"]]),
        width=420,
    )
    one_method.draw(report, name, st.session_state[names["layer"]], shown)


def _table(report: AnalysisReport, rule: str) -> None:
    consensus = figures.consensus_of(report, rule)
    with st.expander(text("as_table")):
        head = [text("layer"), *(result.title for result in report.methods.values()), text("consensus")]
        rows = [
            [
                f"{item.index}",
                *(numbers.significant(result.scores[item.index]) for result in report.methods.values()),
                numbers.significant(consensus[item.index], 2),
            ]
            for item in report.layers
        ]
        markup.table(head, rows, text("table_caption"))
