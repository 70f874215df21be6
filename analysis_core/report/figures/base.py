"""What all figures share: ground, fonts, axes, titles."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale

from analysis_core.report.figures.wrapping import wrapped
from analysis_core.report.palette import Palette

SANS = '"Source Sans", "Source Sans Pro", "Noto Sans", "Noto Sans SC", sans-serif'
SERIF = '"Source Serif", "Source Serif Pro", Georgia, "Noto Serif SC", serif'
TITLE_CHARACTERS = 74
HALF_A_PAGE = 64
"""Characters of a title above a figure in half a page's width."""
TITLE_LINE = 24
LINE_SHIFT = 12
"""Plotly lifts a title by half a line for every further line; without this the first one is cut off."""
SUBTITLE_SHIFT = 4
"""Plotly sets the subtitle so much lower for every further line of the title than a line is high."""
Trace = Mapping[str, Any]


class Drawing(go.Figure):  # type: ignore[misc]  # plotly comes without types
    """A figure as plain JSON, which plotly takes apart and checks only once somebody looks into it.

    Checking takes longer than all the rest of an answer to a click, and finds nothing: every figure of ours is checked
    in the tests, which also hold that it is sent as plotly itself would send it.
    """

    def __init__(self, parts: dict[str, Any]) -> None:
        self.__dict__["_parts"] = parts

    def __getattr__(self, name: str) -> Any:
        """Only what is not there yet comes here: the first such question has plotly build the figure."""
        if "_parts" not in self.__dict__:
            raise AttributeError(name)
        parts = self.__dict__.pop("_parts")
        super().__init__({**parts, "layout": {"template": "none", **parts["layout"]}})
        return getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: as it came, or as plotly has it once it was built."""
        parts: dict[str, Any] = self.__dict__.get("_parts") or super().to_dict()
        return parts


def figure(traces: Sequence[Trace], layout: Mapping[str, Any]) -> go.Figure:
    """A figure made in one step, see :class:`Drawing`."""
    _wait_for_pandas()
    return Drawing({"data": [dict(trace) for trace in traces], "layout": dict(layout)})


def colour_scale(scale: str | Sequence[str]) -> list[list[Any]]:
    """Pairs of a place from 0 to 1 and its colour, as plotly's browser part takes them.

    Args:
        scale: the name of a scale, or its colours at equal distances.
    """
    if isinstance(scale, str):
        return [list(pair) for pair in _named_scale(scale)]
    return [[number / (len(scale) - 1), colour] for number, colour in enumerate(scale)]


@cache
def _named_scale(name: str) -> tuple[tuple[float, str], ...]:
    """Looking a scale up takes plotly longer than drawing a row of a map."""
    return tuple((float(place), str(colour)) for place, colour in get_colorscale(name))


def _wait_for_pandas() -> None:
    """Plotly looks into pandas as soon as somebody has begun to import it; another reader's thread may be half-way."""
    begun = sys.modules.get("pandas")
    if begun is not None and getattr(begun.__spec__, "_initializing", False):
        import_module("pandas")  # returns once the other thread is through


def layout(
    palette: Palette,
    *,
    title: str,
    subtitle: str = "",
    height: int,
    left: int = 8,
    right: int = 8,
    bottom: int = 44,
    wrap: int = TITLE_CHARACTERS,
) -> dict[str, Any]:
    """The layout that every figure starts from; `height` is that of the plot and its axes, titles come on top."""
    lines = wrapped(title, wrap) or [""]
    top = 16 + TITLE_LINE * len(lines) + (26 + SUBTITLE_SHIFT * (len(lines) - 1) if subtitle else 0) if title else 10
    return {
        "height": height + top,
        "paper_bgcolor": palette.paper,  # a saved picture must be readable on any ground
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "size": 13, "color": palette.ink},
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        "title": _title(palette, lines, subtitle) if title else {"text": ""},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": palette.ink,
            "bordercolor": palette.ink,
            "align": "left",
            "font": {"family": SANS, "size": 13, "color": palette.paper},
        },
    }


def axis(palette: Palette, title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis: no line, muted ticks, a grid only where asked for."""
    return {
        "title": {"text": title, "font": {"size": 12.5, "color": palette.muted}, "standoff": 10},
        "tickfont": {"size": 12.5, "color": palette.muted},
        "gridcolor": palette.grid,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "fixedrange": True,
        "automargin": True,
        **more,
    }


def layer_axis(palette: Palette, layers: int, title: str) -> dict[str, Any]:
    """An axis with one place a layer; every so many are named when they are many."""
    step = 1 if layers <= 26 else 2 if layers <= 52 else 4
    shown = list(range(0, layers, step))
    return axis(
        palette,
        title,
        tickvals=shown,
        ticktext=[str(index) for index in shown],
        range=[-0.5, layers - 0.5],
        ticks="",
    )


def rectangle(x: tuple[float, float], y: tuple[float, float], **style: Any) -> dict[str, Any]:
    """A rectangle in data coordinates."""
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "xref": "x", "yref": "y", **style}


def _title(palette: Palette, lines: Sequence[str], subtitle: str) -> dict[str, Any]:
    return {
        "text": "<br>".join(lines),
        "font": {"family": SERIF, "size": 18, "color": palette.ink},
        "subtitle": {"text": subtitle, "font": {"family": SANS, "size": 13, "color": palette.muted}},
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 8 + LINE_SHIFT * (len(lines) - 1), "l": 2},
    }
