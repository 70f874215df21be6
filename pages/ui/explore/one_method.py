"""One method of a finished analysis: its scores as bars, and what comes beside them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest

import streamlit as st

from analysis_core.methods import METHODS
from analysis_core.report import figures, findings
from analysis_core.report.beside import Beside, offered
from analysis_core.report.layer_names import named
from analysis_core.report.palette import Palette
from analysis_core.report.scene import Scene
from analysis_core.results import AnalysisReport, MethodResult
from pages.ui import language, markup, theme, translated
from pages.ui.strings import text

BARS = "result-bars"


def draw(report: AnalysisReport, method: str, layer: int | None, shown: Palette, pick: Callable[[str], None]) -> None:
    """The bars and, two in a row, every figure that the method offers; `pick` hears of clicks in the bars."""
    result = report[method]
    if method in METHODS:
        markup.note(translated.method(method).question)
    if result.not_applicable is not None:
        markup.state(text("not_applicable_title", method=result.title), [result.not_applicable])
        return
    beside = offered(report, method, layer)
    columns = st.columns(2 if beside else 1, gap="large")
    with columns[0]:
        _bars(report, result, layer, shown, pick)
    if beside:
        with columns[1]:
            _figure(beside[0], shown)
    for pair in zip_longest(beside[1::2], beside[2::2]):
        for place, item in zip(st.columns(2, gap="large"), pair, strict=True):
            if item is not None:
                with place:
                    _figure(item, shown)


def _bars(
    report: AnalysisReport, result: MethodResult, layer: int | None, shown: Palette, pick: Callable[[str], None]
) -> None:
    figure = figures.method_bars(result, shown, selected=layer, layers_of=report.layers, phrases=language.phrases())
    theme.chart(figure, BARS, figures.method_text(result, language.phrases(), report.layers), lambda: pick(BARS))


def _figure(item: tuple[Beside, Scene], shown: Palette) -> None:
    (beside, scene), phrases = item, language.phrases()
    theme.chart(beside.draw(scene, shown, phrases), f"beside-{scene.method}-{beside.name}", beside.text(scene, phrases))
    lines = [phrases[beside.explained]]
    if beside.lacks_selected(scene) and beside.drawable is not None and scene.selected is not None:
        why = findings.silence(scene.result, scene.selected, phrases)
        other = scene.focus(beside.drawable(scene))
        layer, instead = (named(index, scene.report.layers, phrases) for index in (scene.selected, other))
        lines.append(text("shown_instead", layer=layer, why=why, other=instead))
    markup.note(*lines)
