"""Several methods of a finished analysis together: where they agree, which to trust, and their joint ranking."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analysis_core.report import figures
from analysis_core.report.insight_findings import title_of, trusted
from analysis_core.report.palette import Palette
from analysis_core.results import AnalysisReport
from pages.ui import language, markup, theme
from pages.ui.strings import listed, text
from pages.ui.terms.entries import helped

FEWEST_METHODS = 2
CONSENSUS, TRUST, AGREEMENT = "result-consensus", "result-trust", "result-agreement"
Pick = Callable[[str], None]


def applies(report: AnalysisReport) -> bool:
    """Whether at least two methods have something to say."""
    return sum(result.not_applicable is None for result in report.methods.values()) >= FEWEST_METHODS


def draw(
    report: AnalysisReport,
    rule_key: str,
    layer: int | None,
    shown: Palette,
    on_rule: Callable[[], None],
    pick: Pick,
) -> None:
    """The section: joint ranking and map of agreement side by side, below them trust with what it says.

    Args:
        report: an analysis by two methods or more.
        rule_key: where the rule of consensus stands in the session state.
        layer: the selected one.
        shown: light or dark.
        on_rule: called after another rule was chosen.
        pick: called with the key of a chart in which somebody has clicked.
    """
    st.header(text("section_agree"), anchor=False)
    phrases = language.phrases()
    left, right = st.columns(2, gap="large")
    with left:
        _ranking(report, rule_key, layer, shown, on_rule, pick)
    with right:
        if report.agreement is not None:
            figure = figures.agreement_map(report, report.agreement, shown, phrases)
            alt = figures.agreement_text(report, report.agreement, phrases)
            theme.chart(figure, AGREEMENT, alt, lambda: pick(AGREEMENT))
            markup.note(phrases["agreement_explained"])
    if report.trust:
        _trust(report, shown, pick)


def rules(report: AnalysisReport) -> list[str]:
    """The rules that the report knows; of one alone there is nothing to choose."""
    return list(report.consensus_by_rule)


def _ranking(
    report: AnalysisReport, rule_key: str, layer: int | None, shown: Palette, on_rule: Callable[[], None], pick: Pick
) -> None:
    if rules(report):
        st.segmented_control(
            text("rule"),
            rules(report),
            key=rule_key,
            required=True,
            format_func=lambda name: text(f"rule_{name}"),
            help=helped(text("rule_help"), "mean_rank", "borda", "median_rank"),
            on_change=on_rule,
        )
    rule = str(st.session_state[rule_key])
    figure = figures.consensus_bars(report, shown, rule=rule, selected=layer, phrases=language.phrases())
    alt = figures.consensus_text(report, language.phrases(), rule)
    theme.chart(figure, CONSENSUS, alt, lambda: pick(CONSENSUS))


def _trust(report: AnalysisReport, shown: Palette, pick: Pick) -> None:
    """How near each method comes to measured ablation; methods that cannot be compared are named with the reason."""
    chart, words = st.columns(2, gap="large", vertical_alignment="center")
    lines = []
    if trusted(report):
        phrases = language.phrases()
        figure, alt = figures.trust_bars(report, shown, phrases), figures.trust_text(report, phrases)
        with chart:
            theme.chart(figure, TRUST, alt, lambda: pick(TRUST))
        lines.append(phrases["trust_explained"])
    unknown: dict[str, list[str]] = {}
    for trust in report.trust.values():
        if trust.why_not is not None:
            unknown.setdefault(trust.why_not, []).append(title_of(report, trust.method))
    lines += [text("not_compared", methods=listed(methods), why=why) for why, methods in unknown.items()]
    with words:
        markup.note(*lines)
