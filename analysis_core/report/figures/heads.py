"""Every attention head of every layer: how much the loss would react to switching it off."""

from __future__ import annotations

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import head_finding
from analysis_core.report.figures.along_layers import along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.maps import cells, column
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

ROW_HEIGHT, LEAST_HEIGHT, MOST_HEIGHT = 34, 160, 420


def head_map(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Heads by layers, coloured by importance; entropy and distance stand in the hover text."""
    importance = [heads or [] for heads in scene.extras["head_importance"]]
    layers, most = len(importance), max(map(len, importance))
    values = [[heads[head] if head < len(heads) else None for heads in importance] for head in range(most)]
    along = along_layers(scene.report.layers, layers, palette, phrases)
    hovers = [
        [
            _hover(scene, layer, along.title(layer), head, phrases) if values[head][layer] is not None else ""
            for layer in range(layers)
        ]
        for head in range(most)
    ]
    highest = max((value for row in values for value in row if value is not None), default=1.0)
    bar = phrases["head_axis"].format(unit=scene.result.unit)
    shown = list(range(0, most, max(1, most // 12)))
    return figure(
        [cells(values, hovers, palette, span=(0.0, highest or 1.0), title=bar)],
        {
            **layout(palette, title=head_finding(scene, phrases), subtitle=scene.result.title, wrap=HALF_A_PAGE,
                     height=min(MOST_HEIGHT, max(LEAST_HEIGHT, ROW_HEIGHT * most)) + TITLE_DEPTH + along.more_below,
                     bottom=TITLE_DEPTH + along.more_below),
            "xaxis": along.axis,
            "yaxis": axis(palette, phrases["head"], tickvals=shown, ticktext=[f"{head}" for head in shown],
                          range=[-0.5, most - 0.5]),
            "shapes": [*along.cuts, *([] if scene.selected is None else column(scene.selected, most, palette))],
            "annotations": along.names,
        },
    )  # fmt: skip


def head_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`head_map`."""
    finding = head_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["head_kind"], method=scene.result.title, finding=finding)


def _hover(scene: Scene, layer: int, title: str, head: int, phrases: Phrases) -> str:
    found = {key: scene.extras[key][layer][head] for key in ("head_importance", "entropy", "distance_tokens")}
    return phrases["head_hover"].format(
        layer=title,
        head=head,
        unit=scene.result.unit,
        importance=numbers.significant(found["head_importance"]),
        entropy=numbers.percent(found["entropy"]),
        distance=numbers.significant(found["distance_tokens"]),
    )
