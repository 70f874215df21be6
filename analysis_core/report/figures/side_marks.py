"""What figures of runs side by side share: the look of each run, the axis of depth, the mark of the chosen place."""

from __future__ import annotations

from typing import Any

from analysis_core.report.comparison import Comparison, Side
from analysis_core.report.comparison_findings import common_layers
from analysis_core.report.figures.along_layers import AlongLayers, along_layers
from analysis_core.report.figures.base import axis, layer_axis
from analysis_core.report.palette import Palette, faded, stack_colour
from analysis_core.report.phrases import ENGLISH, Phrases

SYMBOLS = ("circle", "diamond", "square", "triangle-up")
"""By the place of the run, so that colour is not the only thing that tells them apart."""
ROUND_DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


def run_colour(side: Side) -> str:
    """The colour of a run, the same in all figures and tables of a comparison."""
    return stack_colour(side.place)


def run_title(side: Side) -> str:
    """``A · BERT``."""
    return f"{side.letter} · {side.name}"


def step(comparison: Comparison) -> float:
    """The relative depth between two neighbouring places."""
    return 1 / max(1, len(comparison.depths) - 1)


def places_of(comparison: Comparison, palette: Palette, phrases: Phrases = ENGLISH) -> AlongLayers:
    """The places of a comparison, each at its number: by stacks where all runs have the same ones."""
    return along_layers(common_layers(comparison), len(comparison.depths), palette, phrases)


def depth_axis(comparison: Comparison, palette: Palette, phrases: Phrases = ENGLISH) -> dict[str, Any]:
    """From the first layer to the last: with the layers' numbers where all runs have as many."""
    margin = step(comparison) / 2
    if comparison.same_depth:
        plain = places_of(comparison, palette, phrases).axis
        return {
            **plain,
            "tickvals": [place * step(comparison) for place in plain["tickvals"]],
            "range": [-margin, 1 + margin],
        }
    return axis(
        palette,
        phrases["compared_depth_axis"],
        tickvals=list(ROUND_DEPTHS),
        ticktext=[f"{depth:g}" for depth in ROUND_DEPTHS],
        range=[-margin, 1 + margin],
        ticks="",
    )


def depth_names(
    comparison: Comparison, palette: Palette, phrases: Phrases = ENGLISH
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shapes and annotations that name the stacks below :func:`depth_axis`."""
    if not comparison.same_depth:
        return [], []
    along, scale = places_of(comparison, palette, phrases), step(comparison)
    shapes = [{**shape, "x0": scale * shape["x0"], "x1": scale * shape["x1"]} for shape in along.brackets]
    return shapes, [{**name, "x": scale * name["x"]} for name in along.names]


def place_axis(comparison: Comparison, palette: Palette, phrases: Phrases = ENGLISH) -> dict[str, Any]:
    """One place a column: layers where all runs have as many, else relative depths."""
    if comparison.same_depth:
        return places_of(comparison, palette, phrases).axis
    plain = layer_axis(palette, len(comparison.depths), phrases["compared_depth_axis"])
    return {**plain, "ticktext": [f"{comparison.depths[place]:.2f}" for place in plain["tickvals"]]}


def depth_band(comparison: Comparison, selected: int | None, palette: Palette) -> list[dict[str, Any]]:
    """A soft upright band behind the chosen place on the axis of depth."""
    if selected is None:
        return []
    middle, half = float(comparison.depths[selected]), step(comparison) / 2
    return [
        {"type": "rect", "x0": middle - half, "x1": middle + half, "xref": "x", "y0": 0, "y1": 1, "yref": "paper",
         "fillcolor": faded(palette.accent, 0.14), "line": {"width": 0}, "layer": "below"}
    ]  # fmt: skip
