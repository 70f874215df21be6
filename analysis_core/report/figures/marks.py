"""Marks that several figures share: legends, bands for the selected layer, level lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from analysis_core.report.palette import Palette, faded

LEGEND_BOTTOM = 72
"""Pixels below the plot where a legend stands under the axis."""
_OPAQUE = {"marker": {"opacity": 1}}
UNFADED: Mapping[str, Any] = MappingProxyType({"selected": _OPAQUE, "unselected": _OPAQUE})
"""For a series that takes clicks: what was not clicked on does not fade."""

_UNSEEN = {"marker": {"opacity": 0}}


def click_squares(
    places: Sequence[tuple[float, float]], carried: Sequence[list[Any]], hovers: Sequence[str], size: int = 30
) -> dict[str, Any]:
    """Transparent squares over the cells of a map: a click on plotly's own cells does not reach Streamlit.

    Args:
        places: the middle of each cell, across and upright.
        carried: what a click on it says, as its custom data.
        hovers: its text under the mouse.
        size: in pixels.
    """
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "customdata": list(carried),
        "text": list(hovers),
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": "square", "size": size, "opacity": 0},
        "selected": _UNSEEN,
        "unselected": _UNSEEN,
    }


def on_bright(written: str) -> str:
    """A number in a bright cell: the grey that plotly takes there is too near to colours of middle brightness."""
    return f'<span style="color:#000">{written}</span>' if written else written


def colour_bar(palette: Palette, ticks: Mapping[float, str], *, right: float, length: float) -> dict[str, Any]:
    """A thin colour bar below the axis, at the right end.

    Args:
        palette: light or dark.
        ticks: what stands under which value.
        right, length: its right end and its length, as shares of the figure's width.
    """
    return {
        "orientation": "h",
        "thickness": 8,
        "len": length,
        "lenmode": "fraction",
        "x": right,
        "xanchor": "right",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 0,
        "outlinewidth": 0,
        "tickvals": list(ticks),
        "ticktext": list(ticks.values()),
        "ticklabelposition": "outside bottom",
        "tickfont": {"size": 11.5, "color": palette.muted},
    }


def legend(palette: Palette) -> dict[str, Any]:
    """A legend in one line below the axis; the layout needs :data:`LEGEND_BOTTOM` pixels there."""
    return {
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "font": {"size": 12.5, "color": palette.ink},
            "itemclick": False,
            "itemdoubleclick": False,
        },
    }


def band(selected: int | None, palette: Palette) -> list[dict[str, Any]]:
    """A soft upright band behind the selected layer."""
    if selected is None:
        return []
    return [
        {"type": "rect", "x0": selected - 0.5, "x1": selected + 0.5, "xref": "x", "y0": 0, "y1": 1, "yref": "paper",
         "fillcolor": faded(palette.accent, 0.14), "line": {"width": 0}, "layer": "below"}
    ]  # fmt: skip


def level(value: float, palette: Palette, dash: str = "dot") -> dict[str, Any]:
    """A line across the whole plot at a value of the y axis; of a logarithmic axis, the value itself."""
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value,
            "line": {"color": palette.muted, "width": 1, "dash": dash}, "layer": "below"}  # fmt: skip


def level_name(value: float, words: str, palette: Palette, *, logarithmic: bool = False) -> dict[str, Any]:
    """The name of a level, at its left end above the line."""
    return {"text": words, "showarrow": False, "xref": "paper", "x": 0, "xanchor": "left", "yref": "y",
            "y": math.log10(value) if logarithmic else value, "yanchor": "bottom",
            "font": {"size": 11.5, "color": palette.muted}}  # fmt: skip


def line_and_points(colour: str, palette: Palette) -> dict[str, Any]:
    """The look of a measured series."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2},
        "marker": {"color": colour, "size": 8, "line": {"color": palette.paper, "width": 1}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def uncrowded(points: Sequence[tuple[float, float]], first: Sequence[int], apart: float = 0.07) -> set[int]:
    """Points whose names do not run into each other.

    Args:
        points: places in the plot.
        first: indices that come before all others.
        apart: the least distance, as a share of the plot's width or height.
    """
    spans = [(max(places) - min(places)) or 1.0 for places in zip(*points, strict=True)]
    named: list[int] = []
    for index in [*first, *(index for index in range(len(points)) if index not in first)]:
        gaps = (
            max(abs(here - there) / span for here, there, span in zip(points[index], points[other], spans, strict=True))
            for other in named
        )
        if index not in named and all(gap >= apart for gap in gaps):
            named.append(index)
    return set(named)
