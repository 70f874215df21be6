"""The heatmap of an analysis that is not finished: as far as it goes, methods that are still to come as empty rows."""

from __future__ import annotations

import streamlit as st

from analysis_core.config import AnalysisConfig
from analysis_core.methods import METHODS
from analysis_core.report import figures
from analysis_core.report.scaling import Scale
from analysis_core.results import MethodResult, RunView
from pages.ui import known_layers, language, theme, translated
from pages.ui.explore import instrument, selection
from pages.ui.strings import text

HEATMAP = "partial-heatmap"


def heatmap(view: RunView, *, alone: bool = False) -> None:
    """The heatmap of what is known.

    Args:
        view: the run, with its partial results.
        alone: whether the page is about this run, so that the address keeps what is chosen in the heatmap; elsewhere
            it is a picture without controls.
    """
    layers = known_layers.of_analysis(view)
    count = len(view.partial[0].scores) if view.partial else len(layers)
    if not count:
        return
    layers = layers if len(layers) == count else ()
    rows = _rows(view, count)
    finding = text("partial_title", done=len(view.partial), methods=len(rows))
    alt = figures.heatmap_text(rows, finding, language.phrases())
    if not alone:
        picture = figures.heatmap(rows, theme.palette(), title=finding, layers_of=layers, phrases=language.phrases())
        theme.chart(picture, HEATMAP, alt)
        return
    names = selection.keys(view.id)
    selection.restore_heatmap(count, names)
    scale, folded = Scale(st.session_state[names["view"]]), False
    if view.partial:
        scale, folded = instrument.controls(layers, names, selection.remember_heatmap)
    figure = instrument.heatmap(rows, layers, theme.palette(), names, finding, scale=scale, folded=folded)
    theme.chart(figure, HEATMAP, alt, lambda: selection.layer_clicked(names, HEATMAP))


def methods_of(view: RunView) -> list[str]:
    """The methods of a run, by name, in the order in which they are shown."""
    names = AnalysisConfig.from_dict(view.config).analysis_methods
    return list(METHODS) if names == ("all",) else list(names)


def _rows(view: RunView, layers: int) -> list[MethodResult]:
    """One a method; an empty one where there is no result yet."""
    done = {item.method: translated.result(item) for item in view.partial}
    empty, why = (None,) * layers, text("still_to_come")
    return [
        done.get(name) or MethodResult(name, translated.method_title(name), empty, empty, "", not_applicable=why)
        for name in methods_of(view)
    ]
