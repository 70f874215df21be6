"""Square maps and grids of cells: the traces and colour bars that several figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis_core.report.figures.base import colour_scale, rectangle
from analysis_core.report.palette import SEQUENTIAL, Palette

Grid = Sequence[Sequence[float | None]]
CROWDED_CELLS = 12
"""More columns than this leave no room for numbers in the cells."""


def cells(
    values: Grid,
    hovers: Sequence[Sequence[str]],
    palette: Palette,
    *,
    span: tuple[float, float],
    title: str,
    scale: str | Sequence[str] = SEQUENTIAL,
    written: Sequence[Sequence[str]] | None = None,
) -> dict[str, Any]:
    """A heatmap trace, one cell a value; None stays blank.

    Args:
        values: rows from the bottom up.
        hovers: what each cell says of itself.
        palette: light or dark.
        span: the values at the two ends of the colours.
        title: of the colour bar, with the unit.
        scale: name of the colour scale, or its colours.
        written: text inside the cells.
    """
    width = max((len(row) for row in values), default=0)
    return {
        "type": "heatmap",
        "z": [list(row) for row in values],
        "customdata": [list(row) for row in hovers],
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "colorscale": colour_scale(scale),
        "zmin": span[0],
        "zmax": span[1],
        "xgap": 1.5 if width <= 40 else 0,
        "ygap": 1.5 if width <= 40 else 0,
        "colorbar": {
            "title": {"text": title, "side": "right", "font": {"size": 12, "color": palette.muted}},
            "thickness": 9,
            "len": 0.8,
            "outlinewidth": 0,
            "nticks": 5,
            "tickfont": {"size": 11.5, "color": palette.muted},
        },
        **(
            {"text": [list(row) for row in written], "texttemplate": "%{text}", "textfont": {"size": 11}}
            if written is not None
            else {}
        ),
    }


def cross(selected: int, columns: int, rows: int, palette: Palette) -> list[dict[str, Any]]:
    """An outline round the selected column, and round the row of the same number where there is one."""
    line = {"color": palette.accent, "width": 2}
    marks = [rectangle((selected - 0.5, selected + 0.5), (-0.5, rows - 0.5), line=line)]
    if rows == columns:
        marks.append(rectangle((-0.5, columns - 0.5), (selected - 0.5, selected + 0.5), line=line))
    return marks


def column(selected: int, rows: int, palette: Palette) -> list[dict[str, Any]]:
    """An outline round the selected column."""
    return cross(selected, -1, rows, palette)
