"""Bars: one method's scores with their 95 % intervals, and the consensus as a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.columns import columns_of, plain
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import UNFADED
from analysis_core.report.figures.stack_marks import TITLE_DEPTH, column_axis, column_marks, depth
from analysis_core.report.findings import Z_95, consensus_finding, method_finding, silence
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scores
from analysis_core.report.stack_names import places
from analysis_core.results import AnalysisReport, Layer, MethodResult

BARS_HEIGHT = 270
BAR_GAP = 0.28
MEAN_RANK = "mean_rank"
RANKING_ROW = 22


def method_bars(
    result: MethodResult,
    palette: Palette,
    *,
    selected: int | None = None,
    layers_of: Sequence[Layer] = (),
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """One method's raw scores, a bar a layer, with 95 % intervals where there are standard errors.

    Args:
        result: what the method found.
        palette: light or dark.
        selected: a layer whose bar stands out; all others step back.
        layers_of: the model's layers, by which its stacks are told apart.
        phrases: the words.
    """
    layers = len(result.scores)
    columns = columns_of(layers_of, phrases) if layers_of else plain(layers, phrases)
    below, marks = depth(columns), column_marks(columns, palette)
    colour = colour_of(result.method)
    trace = {
        "type": "bar",
        **UNFADED,
        "x": [column.x for column in columns.columns],
        "y": list(result.scores),
        "width": 1 - BAR_GAP,
        "text": [_hover(result, layer, column.title, phrases) for layer, column in enumerate(columns.columns)],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [[layer, result.method] for layer in range(layers)],
        "marker": {"color": _shades(colour, layers, selected), "line": {"width": 0}},
        "error_y": {
            "type": "data",
            "visible": any(error is not None for error in result.std_errors),
            "array": [Z_95 * error if error is not None else None for error in result.std_errors],
            "color": palette.ink,
            "thickness": 1.25,
            "width": 4,
        },
    }
    return figure(
        [trace],
        {
            **layout(palette, title=method_finding(result, phrases, layers_of), subtitle=_subtitle(result, phrases),
                     height=BARS_HEIGHT - TITLE_DEPTH + below, bottom=below, wrap=HALF_A_PAGE),
            "hovermode": "closest",
            "clickmode": "event+select",
            **marks,
            "xaxis": column_axis(columns, palette, phrases),
            "yaxis": axis(
                palette, result.unit, showgrid=True, nticks=5, zeroline=True, zerolinecolor=palette.muted,
                zerolinewidth=1, exponentformat="power",
            ),
        },
    )  # fmt: skip


def method_text(result: MethodResult, phrases: Phrases = ENGLISH, layers_of: Sequence[Layer] = ()) -> str:
    """The text alternative of :func:`method_bars`."""
    finding = method_finding(result, phrases, layers_of)
    return phrases["bars_alt"].format(method=result.title, layers=len(result.scores), finding=finding)


def consensus_bars(
    report: AnalysisReport,
    palette: Palette,
    *,
    rule: str = MEAN_RANK,
    selected: int | None = None,
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """All layers in the order of their consensus, the most important on top.

    Args:
        report: an analysis.
        palette, selected, phrases: as in :func:`method_bars`.
        rule: by which the methods' ranks become one; of a report that knows only one, that one.
    """
    consensus = consensus_of(report, rule)
    scored = [(score, layer) for layer, score in enumerate(consensus) if score is not None]
    order = [layer for _, layer in sorted(scored, key=lambda item: (item[0], -item[1]))]
    names = places(report.layers, phrases)
    shades = _shades(palette.kept, len(consensus), selected)
    titles = [column.title for column in columns_of(report.layers, phrases).columns]
    trace = {
        "type": "bar",
        **UNFADED,
        "orientation": "h",
        "y": list(range(len(order))),
        "x": [consensus[layer] for layer in order],
        "customdata": [[layer, "consensus"] for layer in order],
        "text": [f"{consensus[layer]:.2f}" for layer in order],
        "textposition": "outside",
        "textfont": {"size": 11.5, "color": palette.muted},
        "cliponaxis": False,
        "hovertext": [titles[layer] for layer in order],
        "hovertemplate": "<b>%{hovertext}</b><br>%{x:.3f}<extra></extra>",
        "marker": {"color": [shades[layer] for layer in order], "line": {"width": 0}},
    }
    height = max(BARS_HEIGHT, RANKING_ROW * len(order) + 46)
    return figure(
        [trace],
        {
            **layout(palette, title=consensus_finding(consensus, phrases, report.layers), height=height, right=34,
                     wrap=HALF_A_PAGE, subtitle=_consensus_subtitle(report, rule, phrases)),
            "bargap": 0.3,
            "clickmode": "event+select",
            "xaxis": axis(palette, phrases["consensus_axis"], range=[0, 1], tickvals=[0, 0.5, 1]),
            "yaxis": axis(
                palette, phrases["layer"], tickvals=list(range(len(order))),
                ticktext=[f"{names[layer] or layer} " for layer in order], range=[-0.6, len(order) - 0.4],
            ),
        },
    )  # fmt: skip


def consensus_of(report: AnalysisReport, rule: str = MEAN_RANK) -> Scores:
    """The consensus by a rule; reports of earlier versions know only the mean rank."""
    return report.consensus_by_rule.get(rule, report.consensus)


def consensus_text(report: AnalysisReport, phrases: Phrases = ENGLISH, rule: str = MEAN_RANK) -> str:
    """The text alternative of :func:`consensus_bars`."""
    finding = consensus_finding(consensus_of(report, rule), phrases, report.layers)
    return phrases["bars_alt"].format(method=phrases["consensus"], layers=len(report.layers), finding=finding)


def _hover(result: MethodResult, layer: int, name: str, phrases: Phrases) -> str:
    head = f"<b>{name}</b><br>"
    score, error = result.scores[layer], result.std_errors[layer]
    if score is None:
        return head + silence(result, layer, phrases)
    spread = phrases["error_95"].format(error=numbers.significant(Z_95 * error)) if error is not None else ""
    return f"{head}{numbers.significant(score)}{spread} {result.unit}"


def _subtitle(result: MethodResult, phrases: Phrases) -> str:
    has_interval = any(error is not None for error in result.std_errors)
    return f"{result.title}{phrases['comma']}{phrases['interval_95']}" if has_interval else result.title


def _consensus_subtitle(report: AnalysisReport, rule: str, phrases: Phrases) -> str:
    voices = sum(result.not_applicable is None for result in report.methods.values())
    return phrases[f"rule_{rule}"].format(methods=voices)


def _shades(colour: str, layers: int, selected: int | None) -> list[Any]:
    if selected is None:
        return [colour] * layers
    return [colour if layer == selected else faded(colour, 0.42) for layer in range(layers)]
