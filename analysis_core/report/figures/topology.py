"""The shape of the cloud of examples before and after a layer: persistence diagrams and Betti curves."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import betti_finding, diagram_finding
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import LEGEND_BOTTOM, legend
from analysis_core.report.layer_names import named
from analysis_core.report.palette import OKABE_ITO, Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

DIAGRAM_HEIGHT, CURVES_HEIGHT = 360, 300
BEFORE, AFTER = OKABE_ITO[1], OKABE_ITO[0]
SYMBOLS = ("circle", "diamond")
"""Of components and loops: told apart by shape, input and output by colour and fill."""


def with_diagrams(scene: Scene) -> list[int]:
    """Layers whose input and output both have a diagram."""
    found = scene.extras["diagrams"]
    return [layer for layer in range(len(found) - 1) if found[layer] is not None and found[layer + 1] is not None]


def diagram(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Birth and death of components and loops, hollow for the layer's input and filled for its output."""
    layer = scene.focus(with_diagrams(scene))
    name = named(layer, scene.report.layers, phrases)
    traces = [
        _bars(scene.extras["diagrams"][layer + side], dimension, side, name, phrases)
        for dimension in (0, 1)
        for side in (0, 1)
    ]
    traces = [trace for trace in traces if trace["x"]]
    end = 1.06 * max(max(trace["y"]) for trace in traces)
    diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": end, "y1": end, "layer": "below",
                "line": {"color": palette.muted, "width": 1}}  # fmt: skip
    return figure(
        traces,
        {
            **layout(palette, title=diagram_finding(scene, layer, phrases), subtitle=scene.result.title,
                     height=DIAGRAM_HEIGHT + LEGEND_BOTTOM - 44, bottom=LEGEND_BOTTOM, wrap=HALF_A_PAGE),
            **legend(palette),
            "xaxis": axis(palette, phrases["birth_axis"], range=[-0.03 * end, end], nticks=6),
            "yaxis": axis(palette, phrases["death_axis"], range=[0, end], showgrid=True, nticks=6),
            "shapes": [diagonal],
        },
    )  # fmt: skip


def diagram_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`diagram`."""
    finding = diagram_finding(scene, scene.focus(with_diagrams(scene)), phrases)
    return phrases["alt"].format(kind=phrases["diagram_kind"], method=scene.result.title, finding=finding)


def betti(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """How many components and loops there are at each scale: two panels, dotted for the input, solid for the output."""
    layer = scene.focus(with_diagrams(scene))
    name = named(layer, scene.report.layers, phrases)
    curves = scene.extras["betti_curves"]
    traces = [
        _curve(curves, kind, side, layer, name, phrases) for kind in ("components", "loops") for side in (0, 1)
    ]  # fmt: skip
    return figure(
        traces,
        {
            **layout(palette, title=betti_finding(scene, layer, phrases), subtitle=scene.result.title, wrap=HALF_A_PAGE,
                     height=CURVES_HEIGHT + LEGEND_BOTTOM - 44, bottom=LEGEND_BOTTOM),
            **legend(palette),
            "xaxis": axis(palette, phrases["scale_axis"], range=[0, 1], nticks=6, anchor="y2"),
            "yaxis": axis(palette, phrases["components"], type="log", domain=[0.54, 1], showgrid=True, dtick=1,
                          rangemode="tozero"),
            "yaxis2": axis(palette, phrases["loops"], domain=[0, 0.46], showgrid=True, nticks=4,
                           rangemode="tozero"),
        },
    )  # fmt: skip


def betti_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`betti`."""
    finding = betti_finding(scene, scene.focus(with_diagrams(scene)), phrases)
    return phrases["alt"].format(kind=phrases["betti_kind"], method=scene.result.title, finding=finding)


def _name(dimension: int, side: int, layer: str, phrases: Phrases) -> str:
    where = phrases["output_of" if side else "input_of"].format(layer=layer)
    return phrases[("components_of", "loops_of")[dimension]].format(where=where)


def _bars(
    bars: list[list[float]], dimension: int, side: int, layer: str, phrases: Phrases
) -> dict[str, Any]:  # fmt: skip
    """The points of one dimension; the component that never dies would only squeeze the others together."""
    found = [bar[1:] for bar in bars if bar[0] == dimension]
    found = found[1:] if dimension == 0 else found
    name, colour = _name(dimension, side, layer, phrases), AFTER if side else BEFORE
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [birth for birth, _ in found],
        "y": [death for _, death in found],
        "text": [
            phrases["bar_hover"].format(what=name, birth=numbers.significant(birth), death=numbers.significant(death))
            for birth, death in found
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": SYMBOLS[dimension] + ("" if side else "-open"),
            "size": 8 + dimension,
            "color": colour,
            "opacity": 0.85,
            "line": {"width": 1.5 if not side else 0},
        },
    }


def _curve(curves: dict[str, Any], kind: str, side: int, layer: int, called: str, phrases: Phrases) -> dict[str, Any]:
    dimension = ("components", "loops").index(kind)
    name = _name(dimension, side, called, phrases)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": phrases["output_of" if side else "input_of"].format(layer=called),
        "legendgroup": f"{side}",
        "showlegend": dimension == 0,
        "yaxis": "y2" if dimension else "y",
        "x": curves["scales"],
        "y": curves[kind][layer + side],
        "text": [
            phrases["curve_hover"].format(what=name, count=count, scale=numbers.significant(scale))
            for count, scale in zip(curves[kind][layer + side], curves["scales"], strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"shape": "hv", "width": 2, "color": AFTER if side else BEFORE, "dash": "solid" if side else "dot"},
    }
