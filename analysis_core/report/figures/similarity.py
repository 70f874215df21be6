"""How alike every two layers' outputs are: the map of CKA."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import cka_finding
from analysis_core.report.figures.along_layers import along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.maps import cells, cross
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.layer_names import named
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

MAP_HEIGHT = 380


def cka_map(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Layers by layers, from dark (unlike) to light (alike); the selected layer's row and column are outlined."""
    table = scene.extras["cka_map"]
    size = len(table)
    known = [value for row in table for value in row if value is not None]
    least = min(known, default=0.0)
    layers = scene.report.layers
    along = along_layers(layers, size, palette, phrases)
    said = [named(layer, layers, phrases) for layer in range(size)]
    hovers = [
        [phrases["cka_hover"].format(one=said[one], other=said[other], value=numbers.significant(value))
         for other, value in enumerate(row)]
        for one, row in enumerate(table)
    ]  # fmt: skip
    span = (math.floor(10 * min(least, 0.9)) / 10, 1.0)
    upright = {**along.axis, "scaleanchor": "x", "constrain": "domain"}
    return figure(
        [cells(table, hovers, palette, span=span, title=phrases["cka_axis"])],
        {
            **layout(palette, title=cka_finding(scene, phrases), subtitle=scene.result.title,
                     height=MAP_HEIGHT + along.more_below, bottom=TITLE_DEPTH + along.more_below, wrap=HALF_A_PAGE),
            "xaxis": {**along.axis, "constrain": "domain"},
            "yaxis": upright if size else axis(palette),
            "shapes": [
                *along.cuts,
                *along.upright_cuts,
                *([] if scene.selected is None else cross(scene.selected, size, size, palette)),
            ],
            "annotations": [*along.names, *along.upright_names],
        },
    )  # fmt: skip


def cka_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`cka_map`."""
    finding = cka_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["cka_kind"], method=scene.result.title, finding=finding)
