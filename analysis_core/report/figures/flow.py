"""How much of the learning signal arrives at each layer."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import flow_finding
from analysis_core.report.figures.along_layers import along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import band, level, level_name, line_and_points
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.findings import silence
from analysis_core.report.palette import Palette, colour_of
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

FLOW_HEIGHT = 300
ROOM = 1.6
"""Factor of room above and below what is drawn."""


def flow(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """The gradient's size at each layer's output, on a logarithmic axis; flagged layers are crossed in the accent."""
    rms = [value or None for value in scene.extras["rms"]]  # a logarithmic axis has no place for 0
    flagged = [vanishes or explodes for vanishes, explodes in _flags(scene)]
    along = along_layers(scene.report.layers, len(rms), palette, phrases)
    trace = line_and_points(colour_of(scene.method), palette)
    trace["marker"] = {
        **trace["marker"],
        "symbol": ["x" if flag else "circle" for flag in flagged],
        "color": [palette.accent if flag else colour_of(scene.method) for flag in flagged],
        "size": [11 if flag else 8 for flag in flagged],
    }
    trace |= {
        "x": list(range(len(rms))),
        "y": rms,
        "text": [_hover(scene, layer, along.title(layer), phrases) for layer in range(len(rms))],
    }
    known = [value for value in rms if value is not None]
    low, high = min(known, default=1.0), max(known, default=1.0)
    lines = _thresholds(scene, low, high)
    ends = [math.log10(min([low, *lines.values()]) / ROOM), math.log10(max([high, *lines.values()]) * ROOM)]
    return figure(
        [along.in_pieces(trace)],
        {
            **layout(palette, title=flow_finding(scene, phrases), subtitle=scene.result.title,
                     height=FLOW_HEIGHT + along.more_below, bottom=TITLE_DEPTH + along.more_below, wrap=HALF_A_PAGE),
            "xaxis": along.axis,
            "yaxis": axis(palette, phrases["rms_axis"], type="log", range=ends, showgrid=True, nticks=6,
                          tickformat="~g"),
            "shapes": [
                *along.brackets,
                *band(scene.selected, palette),
                *(level(value, palette) for value in lines.values()),
            ],
            "annotations": [
                *along.names,
                *(
                    level_name(value, phrases[f"flow_{name}_line"], palette, logarithmic=True)
                    for name, value in lines.items()
                ),
            ],
        },
    )  # fmt: skip


def flow_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`flow`."""
    finding = flow_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["flow_kind"], method=scene.result.title, finding=finding)


def _flags(scene: Scene) -> list[tuple[bool, bool]]:
    return list(zip(scene.extras["vanishing"], scene.extras["exploding"], strict=True))


def _thresholds(scene: Scene, low: float, high: float) -> dict[str, float]:
    """The limits that the signal comes near to or crosses; drawing the others would flatten the line."""
    last = scene.extras["rms"][-1]
    limits = {name: factor * last for name, factor in scene.extras["thresholds"].items()}
    near = {"vanishing": low < 10 * limits["vanishing"], "exploding": high > limits["exploding"] / 10}
    return {name: value for name, value in limits.items() if near[name]}


def _hover(scene: Scene, layer: int, title: str, phrases: Phrases) -> str:
    score = scene.result.scores[layer]
    if score is None:
        return silence(scene.result, layer, phrases)
    said: dict[str, Any] = {
        "rms": numbers.significant(scene.extras["rms"][layer]),
        "ratio": numbers.significant(score),
    }
    return phrases["flow_hover"].format(layer=title, **said)
