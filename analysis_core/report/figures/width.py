"""How much of each layer's width is in use: directions that vary, dead units, values near zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import width_finding
from analysis_core.report.figures.along_layers import AlongLayers, along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import LEGEND_BOTTOM, band, legend, line_and_points
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.palette import OKABE_ITO, Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

WIDTH_HEIGHT = 300
SERIES = {
    "width_used": (OKABE_ITO[0], "circle"),
    "width_dead": (OKABE_ITO[5], "x"),
    "width_sparse": (OKABE_ITO[2], "diamond"),
}
"""Phrase -> colour and symbol."""


def width(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Three shares a layer, in percent."""
    shares = {
        "width_used": scene.result.scores,
        "width_dead": scene.extras["dead_fraction"],
        "width_sparse": scene.extras["sparsity"],
    }
    along = along_layers(scene.report.layers, len(scene.result.scores), palette, phrases)
    below = LEGEND_BOTTOM + along.more_below
    return figure(
        [_series(name, values, along) for name, values in shares.items()],
        {
            **layout(palette, title=width_finding(scene, phrases), subtitle=scene.result.title, wrap=HALF_A_PAGE,
                     height=WIDTH_HEIGHT + below - TITLE_DEPTH, bottom=below),
            **legend(palette),
            "xaxis": along.axis,
            "yaxis": axis(palette, phrases["width_axis"], showgrid=True, nticks=6, rangemode="tozero"),
            "shapes": [*along.brackets, *band(scene.selected, palette)],
            "annotations": along.names,
        },
    )  # fmt: skip


def width_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`width`."""
    finding = width_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["width_kind"], method=scene.result.title, finding=finding)


def _series(name: str, values: Sequence[float | None], along: AlongLayers) -> dict[str, Any]:
    phrases = along.phrases
    colour, symbol = SERIES[name]
    percent = [None if value is None else 100 * value for value in values]
    trace = line_and_points(colour, along.palette)
    trace["marker"] = {**trace["marker"], "symbol": symbol}
    series = {
        **trace,
        "name": phrases[name],
        "x": list(range(len(percent))),
        "y": percent,
        "text": [
            phrases["width_hover"].format(
                layer=along.title(layer), what=phrases[name], share=numbers.significant(value)
            )
            for layer, value in enumerate(percent)
        ],
    }
    return along.in_pieces(series)
