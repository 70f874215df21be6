"""The information plane: the path of the hidden state from the input towards the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale, sample_colorscale

from analysis_core.report import numbers
from analysis_core.report.beside_findings import plane_finding
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import uncrowded
from analysis_core.report.layer_names import marks
from analysis_core.report.layer_names import named as name_of
from analysis_core.report.palette import SEQUENTIAL, Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene
from analysis_core.results import Layer

PLANE_HEIGHT = 340


def plane(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """The places between layers as a path, named by the layer before; the selected layer's step is drawn out."""
    points = scene.extras["information_plane"]
    shown = [index for index, point in enumerate(points) if point["with_x"] is not None]
    layers = scene.report.layers
    names = [phrases["plane_start"], *marks(layers, phrases)]
    first = [0, *(place for place, index in enumerate(shown) if index - 1 == scene.selected), len(shown) - 1]
    named = uncrowded([(points[index]["with_x"], points[index]["with_y"]) for index in shown], first)
    path = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [points[index]["with_x"] for index in shown],
        "y": [points[index]["with_y"] for index in shown],
        "text": [names[index] if place in named else "" for place, index in enumerate(shown)],
        "customdata": [_hover(points[index], index, layers, phrases) for index in shown],
        "hovertemplate": "%{customdata}<extra></extra>",
        "textposition": "top center",
        "textfont": {"size": 12, "color": palette.ink},
        "line": {"color": palette.muted, "width": 1.25},
        "marker": {
            "size": 11,
            "color": sample_colorscale(
                get_colorscale(SEQUENTIAL), [index / max(1, len(points) - 1) for index in shown]
            ),
            "line": {"color": palette.muted, "width": 1},
        },
        "cliponaxis": False,
    }
    return figure(
        [path, *_step(scene, palette)],
        {
            **layout(palette, title=plane_finding(scene, phrases), subtitle=scene.result.title, height=PLANE_HEIGHT,
                     wrap=HALF_A_PAGE),
            "hovermode": "closest",
            "xaxis": axis(palette, phrases["with_x_axis"], showgrid=True, nticks=6),
            "yaxis": axis(palette, phrases["with_y_axis"], showgrid=True, nticks=6),
        },
    )  # fmt: skip


def plane_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`plane`."""
    finding = plane_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["plane_kind"], method=scene.result.title, finding=finding)


def _step(scene: Scene, palette: Palette) -> list[dict[str, Any]]:
    """From the selected layer's input to its output."""
    points, layer = scene.extras["information_plane"], scene.selected
    if layer is None or any(point["with_x"] is None for point in points[layer : layer + 2]):
        return []
    ends = points[layer : layer + 2]
    return [
        {"type": "scatter", "mode": "lines", "x": [end["with_x"] for end in ends],
         "y": [end["with_y"] for end in ends], "hoverinfo": "skip", "line": {"color": palette.accent, "width": 3.5}}
    ]  # fmt: skip


def _hover(point: dict[str, float], index: int, layers: Sequence[Layer], phrases: Phrases) -> str:
    where = phrases["output_of"].format(layer=name_of(index - 1, layers, phrases)) if index else phrases["what_enters"]
    found = {key: numbers.significant(point[key]) for key in ("with_x", "with_y")}
    return phrases["plane_hover"].format(where=where[:1].upper() + where[1:], **found)
