"""A layer's Shapley value against its single ablation: layers that stand in for each other lie above the line."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import share_finding, single_losses
from analysis_core.report.columns import columns_of
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import uncrowded
from analysis_core.report.findings import Z_95
from analysis_core.report.layer_names import marks
from analysis_core.report.palette import Palette, colour_of
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

SHARE_HEIGHT = 340
INNER = 0.8
"""Names of points beyond this share of the width would leave the figure on the right."""


def fair_share(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """One point a layer with the 95 % interval of its share, and the line of equal value."""
    alone = alone_costs(scene)
    layers = [layer for layer in alone if scene.result.scores[layer] is not None]
    values = [scene.result[layer] for layer in layers]
    reach = [Z_95 * (scene.result.std_errors[layer] or 0.0) for layer in layers]
    ends = [value + side * spread for value, spread in zip(values, reach, strict=True) for side in (-1, 1)]
    across = _span([alone[layer] for layer in layers])
    diagonal = {"type": "line", "x0": across[0], "y0": across[0], "x1": across[1], "y1": across[1], "layer": "below",
                "line": {"color": palette.muted, "width": 1, "dash": "dot"}}  # fmt: skip
    note = {"text": phrases["share_same"], "x": across[1], "y": across[1], "xanchor": "right", "yanchor": "bottom",
            "showarrow": False, "font": {"size": 11.5, "color": palette.muted}}  # fmt: skip
    return figure(
        [_points(scene, alone, layers, palette, phrases)],
        {
            **layout(palette, title=share_finding(scene, alone, phrases), subtitle=_check(scene, phrases),
                     height=SHARE_HEIGHT, wrap=HALF_A_PAGE),
            "hovermode": "closest",
            "xaxis": axis(palette, phrases["alone_axis"], showgrid=True, nticks=6, range=across),
            "yaxis": axis(palette, phrases["share_axis"], showgrid=True, nticks=6, range=_span([*ends, *across])),
            "shapes": [diagonal],
            "annotations": [note],
        },
    )  # fmt: skip


def share_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`fair_share`."""
    finding = share_finding(scene, alone_costs(scene), phrases)
    return phrases["alt"].format(kind=phrases["share_kind"], method=scene.result.title, finding=finding)


def alone_costs(scene: Scene) -> dict[int, float]:
    """What each layer costs alone: from the share's own subsets, else from the report's measured ones; nats."""
    measured = {subset.removed[0]: subset.loss_increase for subset in scene.report.measured if len(subset.removed) == 1}
    return dict(sorted({**measured, **single_losses(scene)}.items()))


def _check(scene: Scene, phrases: Phrases) -> str:
    found = scene.extras["efficiency"]
    return phrases["share_check"].format(
        sum=numbers.significant(found["sum"]),
        value=numbers.significant(found["full_value"] - found["empty_value"]),
        subsets=len(scene.extras["subsets"]),
        examples=scene.extras["examples"],
    )


def _points(
    scene: Scene, alone: dict[int, float], layers: list[int], palette: Palette, phrases: Phrases
) -> dict[str, Any]:
    colour = colour_of(scene.method)
    errors = [scene.result.std_errors[layer] for layer in layers]
    first = [place for place, layer in enumerate(layers) if layer == scene.selected]
    names, known = marks(scene.report.layers, phrases), columns_of(scene.report.layers, phrases).columns
    shown = uncrowded([(alone[layer], scene.result[layer]) for layer in layers], first)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [alone[layer] for layer in layers],
        "y": [scene.result[layer] for layer in layers],
        "text": [names[layer] if place in shown else "" for place, layer in enumerate(layers)],
        "textposition": _sides([alone[layer] for layer in layers]),
        "textfont": {"size": 12, "color": palette.ink},
        "customdata": [
            phrases["share_hover"].format(
                layer=known[layer].title,
                alone=numbers.significant(alone[layer]),
                share=_with_error(scene.result[layer], error, scene.result.unit),
            )
            for layer, error in zip(layers, errors, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {
            "size": [13 if layer == scene.selected else 9 for layer in layers],
            "color": [palette.accent if layer == scene.selected else colour for layer in layers],
            "line": {
                "color": [palette.ink if layer == scene.selected else palette.paper for layer in layers],
                "width": [2 if layer == scene.selected else 1 for layer in layers],
            },
        },
        "error_y": {
            "type": "data",
            "array": [None if error is None else Z_95 * error for error in errors],
            "color": palette.muted,
            "thickness": 1,
            "width": 3,
        },
        "cliponaxis": False,
    }


def _sides(across: list[float]) -> list[str]:
    """Names stand to the right of their points, near the right end to the left: they may be long."""
    edge = min(across) + INNER * (max(across) - min(across))
    return ["top left" if value > edge else "top right" for value in across]


def _span(values: list[float]) -> list[float]:
    """From the least to the most, with some room."""
    room = 0.08 * ((max(values) - min(values)) or 1.0)
    return [min(values) - room, max(values) + room]


def _with_error(value: float, error: float | None, unit: str) -> str:
    spread = "" if error is None else f" ± {numbers.significant(Z_95 * error)}"
    return f"{numbers.significant(value)}{spread} {unit}"
