"""The hero: methods by layers, one colour a cell, every cell clickable.

A click on a plotly heatmap does not reach Streamlit, so that transparent square markers lie on the cells and take
the clicks; each carries `[layer, method]` as its custom data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import axis, figure, layer_axis, layout, rectangle
from analysis_core.report.figures.stack_marks import axis_title, stack_marks
from analysis_core.report.findings import Z_95, silence
from analysis_core.report.palette import SEQUENTIAL, Palette, faded
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scale, Scores, colours, min_max, ranks
from analysis_core.report.stack_names import places
from analysis_core.results import Layer, MethodResult

ROW_HEIGHT = 40
CONSENSUS = "consensus"
CONSENSUS_GAP = 0.35
NAMES_HEIGHT = 26
"""Room for the names of several stacks above the colour scale."""
CROWDED_LAYERS = 18
"""More layers than this leave no room for numbers in the cells."""


@dataclass(frozen=True)
class _Row:
    name: str
    title: str
    y: float
    shades: list[float | None]
    texts: list[str]
    hovers: list[str]


def heatmap(
    methods: Sequence[MethodResult],
    palette: Palette,
    *,
    consensus: Scores | None = None,
    scale: Scale = Scale.NORMALISED,
    title: str = "",
    subtitle: str = "",
    selected: int | None = None,
    removed: Sequence[int] = (),
    numbers_in_cells: bool = False,
    row_height: int = ROW_HEIGHT,
    layers_of: Sequence[Layer] = (),
    phrases: Phrases = ENGLISH,
) -> go.Figure:
    """Methods by layers.

    Args:
        methods: one row each, the first on top; their lists of scores are equally long.
        palette: light or dark.
        consensus: a last row, set apart; 0 (least) ... 1 (most important).
        scale: what the cells show: raw scores, scores stretched to 0 ... 1 within each row, or ranks.
        title, subtitle: the finding, and what goes with it.
        selected: a layer to outline.
        removed: layers to veil.
        numbers_in_cells: whether the values are written into the cells where there is room.
        row_height: of a method's row, in pixels.
        layers_of: the model's layers, by which its stacks are told apart.
        phrases: the words.
    """
    layers = len(methods[0].scores) if methods else 0
    titles = _layer_titles(layers, layers_of, phrases)
    rows = [_method_row(result, -place, scale, titles, phrases) for place, result in enumerate(methods)]
    if consensus is not None and len(methods) > 1:
        rows.append(_consensus_row(consensus, -len(methods) - CONSENSUS_GAP, scale, titles, phrases))
    bottom = min((row.y for row in rows), default=0) - 0.5
    written = numbers_in_cells and layers <= CROWDED_LAYERS
    traces = [_cells(row, layers, written, phrases, first=row is rows[0]) for row in rows]
    traces.append(_targets(rows, layers))
    stacks = stack_marks(layers_of, palette, bottom, 0.5)
    below = 44 + (NAMES_HEIGHT if stacks["annotations"] else 0)
    height = round(row_height * (0.5 - bottom)) + below
    base = layout(palette, title=title, subtitle=subtitle, height=height, bottom=below)
    names = [f"<b>{row.title}</b>" if row.name == CONSENSUS else row.title for row in rows]
    return figure(
        traces,
        {
            **base,
            "hovermode": "closest",
            "hoverdistance": -1,
            "clickmode": "event+select",
            "xaxis": layer_axis(palette, layers, axis_title(layers_of, phrases["layer"])),
            "yaxis": axis(
                palette,
                tickvals=[row.y for row in rows],
                ticktext=[f"{name}  " for name in names],
                range=[bottom, 0.5],
                ticks="",
                tickfont={"size": 13, "color": palette.ink},
            ),
            "coloraxis": _colour_axis(palette, phrases),
            "shapes": [
                *(_blank(row, layers, palette) for row in rows if all(shade is None for shade in row.shades)),
                *stacks["shapes"],
                *_marks(palette, selected, removed, bottom),
            ],
            "annotations": stacks["annotations"],
        },
    )


def heatmap_text(methods: Sequence[MethodResult], finding: str, phrases: Phrases = ENGLISH) -> str:
    """The text alternative."""
    layers = len(methods[0].scores) if methods else 0
    return phrases["heatmap_alt"].format(methods=len(methods), layers=layers, finding=finding)


def _layer_titles(count: int, layers: Sequence[Layer], phrases: Phrases) -> list[str]:
    """How each layer is called above its values: ``Layer 9``, or ``Layer 9 (decoder 2)`` of several stacks."""
    names = places(layers) or [""] * count
    return [f"{phrases['layer']} {index}" + (f" ({name})" if name else "") for index, name in enumerate(names)]


def _method_row(result: MethodResult, y: float, scale: Scale, titles: Sequence[str], phrases: Phrases) -> _Row:
    places = ranks(result.scores)
    known = sum(place is not None for place in places)
    hovers = []
    for layer, score in enumerate(result.scores):
        head = f"<b>{titles[layer]}</b> · {result.title}<br>"
        if score is None:
            hovers.append(head + silence(result, layer, phrases))
            continue
        error = result.std_errors[layer]
        spread = f" ± {numbers.significant(Z_95 * error)}" if error is not None else ""
        place = f"{phrases['rank']} {numbers.rank(places[layer])} {phrases['of']} {known}"
        hovers.append(f"{head}{numbers.significant(score)}{spread} {result.unit}<br>{place}")
    return _Row(result.method, result.title, y, colours(result.scores, scale), _texts(result.scores, scale), hovers)


def _consensus_row(consensus: Scores, y: float, scale: Scale, titles: Sequence[str], phrases: Phrases) -> _Row:
    title = phrases["consensus"]
    hovers = [
        f"<b>{titles[layer]}</b> · {title}<br>{numbers.significant(score)}" for layer, score in enumerate(consensus)
    ]
    if scale is Scale.RANK:
        return _Row(CONSENSUS, title, y, colours(consensus, scale), _texts(consensus, scale), hovers)
    shares = ["" if score is None else f"{score:.2f}" for score in consensus]  # it is a share by itself
    return _Row(CONSENSUS, title, y, list(consensus), shares, hovers)


def _texts(scores: Scores, scale: Scale) -> list[str]:
    if scale is Scale.RANK:
        return ["" if place is None else numbers.rank(place) for place in ranks(scores)]
    if scale is Scale.NORMALISED:
        return ["" if share is None else f"{share:.2f}" for share in min_max(scores)]
    return ["" if score is None else numbers.significant(score) for score in scores]


def _cells(row: _Row, layers: int, written: bool, phrases: Phrases, *, first: bool) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "name": row.title,
        "x": [index - 0.5 for index in range(layers + 1)],
        "y": [row.y - 0.5, row.y + 0.5],
        "z": [row.shades],
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
        "hoverinfo": "skip",
        **({"text": [row.texts], "texttemplate": "%{text}", "textfont": {"size": 11.5}} if written else {}),
    }


def _targets(rows: Sequence[_Row], layers: int) -> dict[str, Any]:
    """Transparent squares over the cells: they carry the hover text and take the clicks."""
    cells = [(row, layer) for row in rows for layer in range(layers)]
    unchanged = {"marker": {"opacity": 0}}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [layer for _, layer in cells],
        "y": [row.y for row, _ in cells],
        "customdata": [[layer, row.name] for row, layer in cells],
        "text": [row.hovers[layer] for row, layer in cells],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": "square", "size": 30, "opacity": 0},
        "selected": unchanged,
        "unselected": unchanged,
    }


def _blank(row: _Row, layers: int, palette: Palette) -> dict[str, Any]:
    """The place of a row that has nothing to show."""
    place = ((-0.48, layers - 0.52), (row.y - 0.46, row.y + 0.46))
    return rectangle(*place, line={"color": palette.grid, "width": 1, "dash": "dot"}, layer="below")


def _colour_axis(palette: Palette, phrases: Phrases) -> dict[str, Any]:
    return {
        "colorscale": SEQUENTIAL,
        "cmin": 0,
        "cmax": 1,
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "len": 0.26,
            "lenmode": "fraction",
            "x": 0.92,
            "xanchor": "right",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "ypad": 0,
            "outlinewidth": 0,
            "tickvals": [0.02, 0.98],
            "ticktext": [phrases["least"], phrases["most"]],
            "ticklabelposition": "outside bottom",
            "tickfont": {"size": 11.5, "color": palette.muted},
        },
    }


def _marks(palette: Palette, selected: int | None, removed: Sequence[int], bottom: float) -> list[dict[str, Any]]:
    veil = {"fillcolor": faded(palette.paper, 0.84), "layer": "above"}
    dashes = {"color": palette.accent, "width": 1.5, "dash": "dot"}
    marks = [
        rectangle((run[0] - 0.49, run[-1] + 0.49), (bottom + 0.02, 0.48), line=dashes, **veil)
        for run in numbers.consecutive(sorted(removed))
    ]
    if selected is not None:
        line = {"color": palette.accent, "width": 2.5}
        marks.append(rectangle((selected - 0.5, selected + 0.5), (bottom, 0.5), line=line, layer="above"))
    return marks
