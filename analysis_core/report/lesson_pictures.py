"""Small pictures of what each lesson shows, drawn from its data, as SVG for the cards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from analysis_core.report.lessons import first_layer, price, sets, two_methods
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.groups import Table
from analysis_core.report.palette import OKABE_ITO, Palette, colour_of, faded
from analysis_core.report.phrases import ENGLISH
from analysis_core.report.scaling import ranks
from analysis_core.results import CompressionOutcome

WIDTH, HEIGHT = 300, 84
_EDGE = 8
Points = Sequence[tuple[float, float]]


def first_layer_picture(data: LessonData, palette: Palette) -> str:
    """The places of the first layer: a dot a score, a diamond for the measurement."""
    rows = first_layer.score_places(data, 0)
    points = _placed([(row.rank, float(place)) for place, row in enumerate(rows)], (1, data.layers), (0, len(rows) - 1))
    dots = [_dot(x, y, 5, colour_of(row.method)) for (x, y), row in zip(points, rows, strict=True)]
    rank = first_layer.measured_place(data, 0, ENGLISH).rank
    ((x, _),) = _placed([(rank, 0.0)], (1, data.layers), (0, 1))
    return _svg([_line([(x, 2.0), (x, HEIGHT - 2.0)], palette.accent, 1.5), *dots])


def pair_picture(data: LessonData, one: str, other: str, palette: Palette) -> str:
    """Places by two methods, the dearer by measurement the stronger."""
    places, measured = two_methods.rank_points(data, one, other), ranks(data.singles())
    span = (1.0, float(data.layers))
    points = _placed([(-a, b) for _, a, b in places], (-span[1], -span[0]), span)
    dots = [
        _dot(x, y, 6, faded(palette.kept, 1.1 - (measured[layer] or 1.0) / data.layers))
        for (x, y), (layer, _, _) in zip(points, places, strict=True)
    ]
    return _svg([_line([(_EDGE, HEIGHT - _EDGE), (WIDTH - _EDGE, _EDGE)], palette.muted, 1), *dots])


def sets_picture(data: LessonData, palette: Palette) -> str:
    """What the cheapest singles cost together, above what they add up to, size by size."""
    sizes = range(1, data.layers - 1)
    found = [next(c for c in sets.choices(data, size, ENGLISH) if c.way == sets.SINGLES) for size in sizes]
    top = max(max(choice.cost, choice.sum_of_singles) for choice in found)
    lines = [
        _placed([(float(size), value) for size, value in zip(sizes, values, strict=True)], (1, sizes[-1]), (top, 0))
        for values in ([choice.sum_of_singles for choice in found], [choice.cost for choice in found])
    ]
    colours = (palette.muted, colour_of(sets.SINGLES))
    shapes = [_line(line, colour, 2) for line, colour in zip(lines, colours, strict=True)]
    hollow = [_dot(x, y, 4, palette.paper, palette.muted) for x, y in lines[0]]
    return _svg([*shapes, *hollow, *(_dot(x, y, 4.5, colours[1]) for x, y in lines[1])])


def price_picture(outcomes: Sequence[CompressionOutcome], palette: Palette) -> str:
    """The claim, the measured speed-up and the parameters over the ratio."""
    found = price.sizes(outcomes)
    ratios = [math.log(item.plan.ratio) for item in found]
    span = (0.0, max(ratios))
    upright = (span[1], span[0])
    speed = [math.log(item.measurement.speedup.value) for item in found]
    smaller = [math.log(price.parameters(item)) for item in found]
    drawn = [(ratios, palette.muted), (smaller, OKABE_ITO[1]), (speed, OKABE_ITO[0])]
    return _svg(
        _line(_placed([(0.0, 0.0), *zip(ratios, values, strict=True)], span, upright), colour, 2)
        for values, colour in drawn
    )


def stream_picture(data: LessonData, palette: Palette) -> str:
    """The length of every block's step, on a logarithmic scale."""
    shares = [math.log(step.share) for step in data.stream]
    points = _placed([(float(at), share) for at, share in enumerate(shares)], (0, data.layers - 1),
                     (max(shares), min(shares)))  # fmt: skip
    return _svg([_line(points, faded(palette.kept, 0.5), 2), *(_dot(x, y, 5, palette.kept) for x, y in points)])


def groups_picture(table: Table, palette: Palette) -> str:
    """The map of CKA, the more alike the stronger."""
    size = len(table)
    known = [value for row in table for value in row if value is not None]
    low = min(known)
    step, left = (HEIGHT - 4) / size, (WIDTH - HEIGHT) / 2
    return _svg(
        f'<rect x="{left + column * step:.2f}" y="{2 + (size - 1 - row) * step:.2f}" width="{step - 0.6:.2f}" '
        f'height="{step - 0.6:.2f}" fill="{faded(palette.kept, ((value or low) - low) / (1 - low or 1))}"/>'
        for row, values in enumerate(table)
        for column, value in enumerate(values)
    )


def _placed(points: Points, across: tuple[float, float], upright: tuple[float, float]) -> list[tuple[float, float]]:
    """Points in the picture's units: `across` goes from left to right, `upright` from the top down."""
    return [
        (
            _EDGE + (x - across[0]) / (across[1] - across[0]) * (WIDTH - 2 * _EDGE),
            _EDGE + (y - upright[0]) / (upright[1] - upright[0]) * (HEIGHT - 2 * _EDGE),
        )
        for x, y in points
    ]


def _dot(x: float, y: float, radius: float, colour: str, edge: str | None = None) -> str:
    stroke = f' stroke="{edge}" stroke-width="1.5"' if edge else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"{stroke}/>'


def _line(points: Points, colour: str, width: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def _svg(shapes: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(shapes)}</svg>"
    )
