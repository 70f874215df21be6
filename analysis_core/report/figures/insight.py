"""What several methods say together: how far they agree, and how far each can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale

from analysis_core.report import numbers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.maps import CROWDED_CELLS, cells
from analysis_core.report.figures.marks import UNFADED, click_squares, on_bright
from analysis_core.report.insight_findings import (
    agreement_finding,
    interval_words,
    title_of,
    trust_finding,
    trusted,
)
from analysis_core.report.palette import DIVERGING, Palette, colour_of, is_bright
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.results import Agreement, AnalysisReport

CELL, ROW = 30, 26
VISIBLE = tuple(colour for _, colour in get_colorscale(DIVERGING)[1:-1])
"""The diverging scale without its darkest ends, which a dark page would swallow."""
LEAST_MAP = 220
ROOMY_METHODS = 8
"""More methods than this leave room for one decimal in a cell of their map."""


def agreement_map(
    report: AnalysisReport, agreement: Agreement, palette: Palette, phrases: Phrases = ENGLISH
) -> go.Figure:
    """Methods by methods: Kendall's tau from −1 (orange) to 1 (purple); intervals stand in the hover text.

    Every pair stands once: a method's agreement with itself says nothing, and the other half only repeats.
    """
    names = [title_of(report, method) for method in agreement.methods]
    size = len(names)
    rows = [[agreement.tau[one][other] for other in range(one)] + [None] * (size - 1 - one) for one in range(1, size)]
    hovers = [
        [_pair(agreement, one, other, names, phrases) if other < one else "" for other in range(size - 1)]
        for one in range(1, size)
    ]
    written = [["" if tau is None else _in_cell(tau, size) for tau in row] for row in rows]
    side = max(LEAST_MAP, CELL * (size - 1))
    trace = cells(
        rows, hovers, palette, span=(-1.0, 1.0), title=phrases["tau_axis"], scale=VISIBLE,
        written=written if size <= CROWDED_CELLS else None,
    )  # fmt: skip
    places = list(range(size - 1))
    return figure(
        [trace | {"hoverinfo": "skip", "hovertemplate": None}, _pairs(agreement, hovers)],
        {
            "hovermode": "closest",
            "clickmode": "event+select",
            **layout(palette, title=agreement_finding(report, agreement, phrases), height=side + 110, wrap=HALF_A_PAGE,
                     bottom=8),
            "xaxis": axis(palette, tickvals=places, ticktext=names[:-1], tickangle=-40, range=[-0.5, size - 1.5]),
            "yaxis": axis(palette, tickvals=places, ticktext=[f"{name} " for name in names[1:]],
                          range=[size - 1.5, -0.5]),
        },
    )  # fmt: skip


def _in_cell(tau: float, methods: int) -> str:
    """As many digits as a cell has room for, in a colour that is read on it; the hover text has them all."""
    said = (
        numbers.significant(tau, 2)
        if methods <= ROOMY_METHODS
        else f"{round(tau, 1) + 0.0:.1f}".replace("-", numbers.MINUS)
    )
    return on_bright(said) if is_bright(VISIBLE[round((tau + 1) / 2 * (len(VISIBLE) - 1))]) else said


def _pairs(agreement: Agreement, hovers: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Transparent squares over the map, which a click reaches: it selects the method of the row."""
    cells = [(one, other) for one in range(1, len(agreement.methods)) for other in range(one)]
    return click_squares(
        [(other, one - 1) for one, other in cells],
        [[None, agreement.methods[one]] for one, _ in cells],
        [hovers[one - 1][other] for one, other in cells],
        size=CELL,
    )


def agreement_text(report: AnalysisReport, agreement: Agreement, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`agreement_map`."""
    finding = agreement_finding(report, agreement, phrases)
    names = phrases["comma"].join(title_of(report, method) for method in agreement.methods)
    return phrases["alt"].format(kind=phrases["agreement_kind"], method=names, finding=finding)


def trust_bars(report: AnalysisReport, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Rank correlation with measured ablation, the closest on top, with 95 % intervals where there are any."""
    known = trusted(report)[::-1]
    values = [trust.correlation or 0.0 for trust in known]
    bounds = [
        (value if trust.low is None else trust.low, value if trust.high is None else trust.high)
        for trust, value in zip(known, values, strict=True)
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": list(range(len(known))),
        "customdata": [[None, trust.method] for trust in known],
        **UNFADED,
        "text": [
            phrases["trust_hover"].format(
                method=title_of(report, trust.method),
                value=numbers.significant(trust.correlation, 2),
                interval=interval_words(trust.low, trust.high, phrases),
                layers=trust.layers,
            )
            for trust in known
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": 11,
            "color": [colour_of(trust.method) for trust in known],
            "line": {"color": palette.paper, "width": 1},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - value for (_, high), value in zip(bounds, values, strict=True)],
            "arrayminus": [value - low for (low, _), value in zip(bounds, values, strict=True)],
            "color": palette.muted,
            "thickness": 1.5,
            "width": 4,
        },
    }
    zero = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0, "layer": "below",
            "line": {"color": palette.muted, "width": 1, "dash": "dot"}}  # fmt: skip
    return figure(
        [trace],
        {
            **layout(palette, title=trust_finding(report, phrases), height=ROW * len(known) + 70, wrap=HALF_A_PAGE),
            "hovermode": "closest",
            "clickmode": "event+select",
            "xaxis": axis(palette, phrases["trust_axis"], range=[-1.05, 1.05], tickvals=[-1, -0.5, 0, 0.5, 1],
                          showgrid=True),
            "yaxis": axis(palette, tickvals=list(range(len(known))), range=[-0.6, len(known) - 0.4],
                          ticktext=[f"{title_of(report, trust.method)}  " for trust in known]),
            "shapes": [zero],
        },
    )  # fmt: skip


def trust_text(report: AnalysisReport, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`trust_bars`: every method with its number."""
    told = phrases["comma"].join(
        f"{title_of(report, trust.method)} {numbers.significant(trust.correlation, 2)}" for trust in trusted(report)
    )
    return phrases["alt"].format(
        kind=phrases["trust_kind"], method=told or phrases["none"], finding=trust_finding(report, phrases)
    )


def _pair(agreement: Agreement, one: int, other: int, names: list[str], phrases: Phrases) -> str:
    interval = interval_words(agreement.low[one][other], agreement.high[one][other], phrases)
    tau = numbers.significant(agreement.tau[one][other], 2)
    return phrases["tau_hover"].format(one=names[one], other=names[other], tau=tau, interval=interval)
