"""Bars of one more number by layer that a method keeps beside its score."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import companion_finding
from analysis_core.report.figures.along_layers import along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.findings import Z_95, silence
from analysis_core.report.palette import Palette, colour_of, faded
from analysis_core.report.phrases import ENGLISH, Phrases, metric_name
from analysis_core.report.scene import Scene

COMPANION_HEIGHT = 250


def companion(
    key: str, scene: Scene, palette: Palette, phrases: Phrases = ENGLISH, *, of_the_metric: bool = False
) -> go.Figure:
    """A bar a layer, with 95 % intervals where the method keeps ``<key>_std_error`` too.

    Args:
        key: of the numbers in the method's extras; also the phrase of its name, and with ``_unit`` that of its unit.
        scene: the method and the selected layer, whose bar stands out.
        palette: light or dark.
        phrases: the words.
        of_the_metric: the numbers are in the unit of the task's metric: shares are shown in points.
    """
    factor, unit = _unit(key, scene, phrases, of_the_metric=of_the_metric)
    values = _scaled(scene.extras[key], factor)
    errors = _scaled(scene.extras.get(f"{key}_std_error") or [None] * len(values), factor)
    colour = colour_of(scene.method)
    marked = scene.selected is not None
    along = along_layers(scene.report.layers, len(values), palette, phrases)
    trace = {
        "type": "bar",
        "x": list(range(len(values))),
        "y": values,
        "text": [
            f"<b>{along.title(layer)}</b><br>{_said(scene, layer, value, error, unit, phrases)}"
            for layer, (value, error) in enumerate(zip(values, errors, strict=True))
        ],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": [
                faded(colour, 0.42) if marked and layer != scene.selected else colour for layer in range(len(values))
            ],
            "line": {"width": 0},
        },
        "error_y": {
            "type": "data",
            "visible": any(error is not None for error in errors),
            "array": [None if error is None else Z_95 * error for error in errors],
            "color": palette.ink,
            "thickness": 1.25,
            "width": 4,
        },
    }
    return figure(
        [trace],
        {
            **layout(palette, title=companion_finding(phrases[key], values, phrases, scene.report.layers),
                     subtitle=scene.result.title, height=COMPANION_HEIGHT + along.more_below,
                     bottom=TITLE_DEPTH + along.more_below, wrap=HALF_A_PAGE),
            "bargap": 0.28,
            "xaxis": along.axis,
            "yaxis": axis(palette, unit, showgrid=True, nticks=5, zeroline=True, zerolinecolor=palette.muted,
                          zerolinewidth=1, exponentformat="power"),
            "shapes": along.brackets,
            "annotations": along.names,
        },
    )  # fmt: skip


def companion_text(key: str, scene: Scene, phrases: Phrases = ENGLISH, *, of_the_metric: bool = False) -> str:
    """The text alternative of :func:`companion`."""
    kind = phrases["companion_kind"].format(title=phrases[key])
    factor, _ = _unit(key, scene, phrases, of_the_metric=of_the_metric)
    finding = companion_finding(phrases[key], _scaled(scene.extras[key], factor), phrases, scene.report.layers)
    return phrases["alt"].format(kind=kind, method=scene.result.title, finding=finding)


def _unit(key: str, scene: Scene, phrases: Phrases, *, of_the_metric: bool) -> tuple[float, str]:
    """What the numbers are multiplied by, and the unit that they then have."""
    if not of_the_metric:
        return 1.0, phrases[f"{key}_unit"]
    metric, is_share = metric_name(scene.report.metric, phrases), scene.report.metric in numbers.SHARES
    return (100.0, phrases["metric_points"].format(metric=metric)) if is_share else (1.0, metric)


def _scaled(values: Sequence[float | None], factor: float) -> list[float | None]:
    return [None if value is None else factor * value for value in values]


def _said(scene: Scene, layer: int, value: float | None, error: float | None, unit: str, phrases: Phrases) -> str:
    if value is None:
        return silence(scene.result, layer, phrases)
    spread = "" if error is None else phrases["error_95"].format(error=numbers.significant(Z_95 * error))
    return f"{numbers.significant(value)}{spread} {unit}"
