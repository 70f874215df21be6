"""One layer in full: what every method says of it, what it holds, what leaving it out costs."""

from __future__ import annotations

import streamlit as st

from analysis_core.report import findings, numbers
from analysis_core.report.layer_names import named
from analysis_core.report.scaling import ranks
from analysis_core.report.stack_names import places
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import Direction
from pages.ui import address, language, markup
from pages.ui.frame import WHAT_IF
from pages.ui.strings import metric_name, text


def panel(report: AnalysisReport, key: str) -> None:
    """The panel beside the heatmap, with a selector for readers who use the keyboard.

    Args:
        report: the analysis.
        key: where the selected layer stands in the session state.
    """
    names = places(report.layers, language.phrases())
    chosen = st.selectbox(
        text("layer"),
        range(len(report.layers)),
        key=key,
        index=None,
        format_func=lambda index: layer_title(index, names[index]),
        placeholder=text("pick_layer"),
        label_visibility="collapsed",
        on_change=_remember,
        args=(key,),
    )
    if chosen is None:
        markup.state(text("no_layer_title"), [text("no_layer")])
        return
    _details(report, int(chosen))


def layer_title(index: int, place: str) -> str:
    """``Layer 9``, or ``Layer 9 (decoder 2)`` where the model has several stacks."""
    return text("layer_in_stack", layer=index, place=place) if place else text("layer_of", layer=index)


def _remember(key: str) -> None:
    address.write(layer=st.session_state[key])


def _details(report: AnalysisReport, index: int) -> None:
    layer = report.layers[index]
    st.subheader(findings.layer_finding(report, index, language.phrases()), anchor=False)
    total = int(report.model.get("parameters") or sum(item.parameters for item in report.layers))
    share = numbers.percent(layer.parameters / total) if total else numbers.EN_DASH
    st.html(
        markup.facts(
            [
                (text("of_parameters", share=share), numbers.count(layer.parameters)),
                (layer.name, layer.class_name),
            ]
        )
    )
    markup.note(
        text("removable") if layer.removable else text("not_removable", why=(layer.why_not or "").rstrip(".。"))
    )
    _scores(report, index)
    _cost(report, index)
    if layer.removable:
        st.page_link(
            WHAT_IF,
            label=text("drop_it"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"run": str(report.run), "removed": address.layers_as_text([index])},
        )


def _scores(report: AnalysisReport, index: int) -> None:
    rows = []
    for result in report.methods.values():
        score, error = result.scores[index], result.std_errors[index]
        spread = f" ± {numbers.significant(findings.Z_95 * error, 2)}" if error is not None else ""
        place = ranks(result.scores)[index]
        known = sum(value is not None for value in result.scores)
        rank = text("rank_of", rank=numbers.rank(place), known=known) if place is not None else numbers.EN_DASH
        rows.append([result.title, f"{numbers.significant(score)}{spread}", rank])
    head = [text("method"), text("score_with_interval"), text("rank")]
    markup.table(head, rows, text("layer_table_caption", layer=named(index, report.layers, language.phrases())))
    silent = [result for result in report.methods.values() if result.scores[index] is None]
    if silent:
        whys = [
            text("no_score_for", method=item.title, why=findings.silence(item, index, language.phrases()))
            for item in silent
        ]
        markup.note(*whys)


def _cost(report: AnalysisReport, index: int) -> None:
    cost = findings.single_costs(report).get(index)
    if cost is None:
        return
    sign = 1 if report.metric_direction is Direction.LOWER_IS_BETTER else -1  # a cost is positive where it is worse
    values = (sign * cost.drop, *sorted((sign * cost.low, sign * cost.high)))
    if report.metric in numbers.SHARES:
        words, written = "cost_points", [numbers.points(value, signed=True) for value in values]
    else:
        words, written = "cost_plain", [numbers.signed(value) for value in values]
    change, low, high = written
    markup.note(text(words, metric=metric_name(report.metric), drop=change, low=low, high=high))
