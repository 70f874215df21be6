"""What is looked at in a finished analysis: layer, method, scale, rule, folding. The address is its memory."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import figures
from analysis_core.report.scaling import Scale
from analysis_core.results import AnalysisReport
from pages.ui import address, theme
from pages.ui.explore import agreement

MANY_PARTS = 24
"""With more parts than this, blocks are folded at first."""
_PARTS = ("view", "layer", "method", "rule", "fold", "row")


def keys(run: str | None) -> dict[str, str]:
    """Session-state keys of the widgets, one set a run: a selection never leaks into another run."""
    return {name: f"result-{name}-{run}" for name in _PARTS}


def restore(report: AnalysisReport, names: dict[str, str]) -> None:
    """Fill the widgets from the address when a page is opened."""
    state = st.session_state
    restore_heatmap(len(report.layers), names)
    if names["method"] not in state:
        asked = address.read("method")
        state[names["method"]] = asked if asked in report else next(iter(report.methods))
    if names["rule"] not in state:
        asked = address.read("rule")
        state[names["rule"]] = asked if asked in agreement.rules(report) else figures.MEAN_RANK


def restore_heatmap(layers: int, names: dict[str, str]) -> None:
    """Of the widgets, those that the heatmap of an unfinished analysis has too."""
    state = st.session_state
    if names["layer"] not in state:
        state[names["layer"]] = address.read_layer(layers)
    if names["view"] not in state:
        asked = address.read("view")
        state[names["view"]] = asked if asked in list(Scale) else Scale.NORMALISED.value
    if names["fold"] not in state:
        asked = address.read("fold")
        state[names["fold"]] = asked == "1" if asked in ("0", "1") else layers > MANY_PARTS


def remember(names: dict[str, str]) -> None:
    """Write what is selected into the address."""
    state = st.session_state
    rule = None if state[names["rule"]] == figures.MEAN_RANK else state[names["rule"]]
    address.write(layer=state[names["layer"]], view=state[names["view"]], method=state[names["method"]], rule=rule)


def remember_heatmap(names: dict[str, str]) -> None:
    """Write layer and scale into the address, which may know a method that has no result yet."""
    address.write(layer=st.session_state[names["layer"]], view=st.session_state[names["view"]])


def remember_fold(names: dict[str, str]) -> None:
    """Write into the address whether blocks are folded."""
    address.write(fold=int(st.session_state[names["fold"]]))


def row_picked(names: dict[str, str]) -> None:
    """The layer that was picked beside the table is the selected one."""
    st.session_state[names["layer"]] = st.session_state[names["row"]]
    remember(names)


def clicked(report: AnalysisReport, names: dict[str, str], chart: str) -> None:
    """A click in any chart selects its layer, its method, or both; a click on nothing changes nothing.

    Args:
        report: the analysis.
        names: from :func:`keys`.
        chart: key of a chart whose points carry ``[layer, method]``; a layer of None leaves the selected one.
    """
    found = theme.clicked(chart)
    if found is None:
        return
    if found[0] is not None:
        st.session_state[names["layer"]] = int(found[0])
    if found[1] in report:
        st.session_state[names["method"]] = str(found[1])
    remember(names)


def layer_clicked(names: dict[str, str], chart: str) -> None:
    """A click in the heatmap of an unfinished analysis selects its layer."""
    found = theme.clicked(chart)
    if found is not None and found[0] is not None:
        st.session_state[names["layer"]] = int(found[0])
        remember_heatmap(names)
