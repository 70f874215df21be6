"""How much of each layer's width is in use: directions that vary, dead units, values near zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import width_finding
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layer_axis, layout
from analysis_core.report.figures.marks import LEGEND_BOTTOM, band, legend, line_and_points
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
    return figure(
        [_series(name, values, palette, phrases) for name, values in shares.items()],
        {
            **layout(palette, title=width_finding(scene, phrases), subtitle=scene.result.title, wrap=HALF_A_PAGE,
                     height=WIDTH_HEIGHT + LEGEND_BOTTOM - 44, bottom=LEGEND_BOTTOM),
            **legend(palette),
            "xaxis": layer_axis(palette, len(scene.result.scores), phrases["layer"]),
            "yaxis": axis(palette, phrases["width_axis"], showgrid=True, nticks=6, rangemode="tozero"),
            "shapes": band(scene.selected, palette),
        },
    )  # fmt: skip


def width_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`width`."""
    finding = width_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["width_kind"], method=scene.result.title, finding=finding)


def _series(name: str, values: Sequence[float | None], palette: Palette, phrases: Phrases) -> dict[str, Any]:
    colour, symbol = SERIES[name]
    percent = [None if value is None else 100 * value for value in values]
    trace = line_and_points(colour, palette)
    trace["marker"] = {**trace["marker"], "symbol": symbol}
    return {
        **trace,
        "name": phrases[name],
        "x": list(range(len(percent))),
        "y": percent,
        "text": [
            phrases["width_hover"].format(layer=layer, what=phrases[name], share=numbers.significant(value))
            for layer, value in enumerate(percent)
        ],
    }
