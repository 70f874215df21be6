"""Lesson 6: the map of CKA with the groups of layers that are alike at a threshold."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.figures.base import TITLE_CHARACTERS, figure, layer_axis, layout, rectangle
from analysis_core.report.figures.maps import cells
from analysis_core.report.lessons import groups
from analysis_core.report.lessons.groups import Table
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import Phrases

MAP_HEIGHT = 400


def group_map(table: Table, threshold: float, palette: Palette, phrases: Phrases) -> go.Figure:
    """Layers by layers, from dark (unlike) to light (alike); each group of two or more is outlined.

    Args:
        table: CKA between every two layers.
        threshold: from which two layers count as alike.
        palette: light or dark.
        phrases: the words.
    """
    size = len(table)
    hovers = [
        [phrases["cka_hover"].format(one=one, other=other, value=numbers.significant(value))
         for other, value in enumerate(row)]
        for one, row in enumerate(table)
    ]  # fmt: skip
    least = min((value for row in table for value in row if value is not None), default=0.0)
    span = (math.floor(10 * min(least, 0.9)) / 10, 1.0)
    outlines = [
        rectangle((group[0] - 0.5, group[-1] + 0.5), (group[0] - 0.5, group[-1] + 0.5),
                  line={"color": palette.accent, "width": 3})
        for group in groups.groups(table, threshold)
        if len(group) > 1
    ]  # fmt: skip
    across = layer_axis(palette, size, phrases["layer"])
    return figure(
        [cells(table, hovers, palette, span=span, title=phrases["cka_axis"])],
        {
            **layout(palette, title=groups.finding(table, threshold, phrases), height=MAP_HEIGHT, wrap=TITLE_CHARACTERS,
                     subtitle=phrases["lesson_groups_subtitle"]),
            "xaxis": across,
            "yaxis": across,
            "shapes": outlines,
        },
    )  # fmt: skip


def group_text(table: Table, threshold: float, phrases: Phrases) -> str:
    """The text alternative of :func:`group_map`."""
    finding = groups.finding(table, threshold, phrases)
    return phrases["lesson_alt"].format(kind=phrases["lesson_kind_groups"], finding=finding)
