"""The spectrum of a layer's largest weight matrix, with the power law that was fitted to its tail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import spectrum_finding
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import LEGEND_BOTTOM, legend, line_and_points
from analysis_core.report.findings import Z_95
from analysis_core.report.palette import Palette, colour_of
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene, present

SPECTRUM_HEIGHT = 320
NAMED_PARTS = 3
"""Of a weight's path, so many last parts stand in the subtitle; the layer is in the title."""


def with_spectrum(scene: Scene) -> list[int]:
    """Layers that have a spectrum."""
    return present(scene.extras["spectra"])


def spectrum(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """Density of the eigenvalues on two logarithmic axes, and the fitted tail as a dashed line."""
    layer = scene.focus(with_spectrum(scene))
    drawn, fit = scene.extras["spectra"][layer], _fit(scene, layer)
    finding = spectrum_finding(layer, fit["alpha"], phrases, scene.report.layers)
    interval = numbers.significant(Z_95 * fit["alpha_std_error"], 2)
    subtitle = phrases["spectrum_matrix"].format(
        name=".".join(fit["name"].split(".")[-NAMED_PARTS:]), shape=" x ".join(map(str, fit["shape"])), error=interval,
        distance=numbers.significant(fit["ks_distance"], 2),
    )  # fmt: skip
    return figure(
        [_seen(drawn, palette, scene.method, phrases), _tail(drawn, fit, palette, phrases)],
        {
            **layout(palette, title=finding, subtitle=subtitle,
                     height=SPECTRUM_HEIGHT + LEGEND_BOTTOM - 44, bottom=LEGEND_BOTTOM, wrap=HALF_A_PAGE),
            **legend(palette),
            "xaxis": axis(palette, phrases["eigenvalue_axis"], type="log", tickformat="~g", dtick="D2"),
            "yaxis": axis(palette, phrases["density_axis"], type="log", tickformat="~g", showgrid=True,
                          nticks=6),
        },
    )  # fmt: skip


def spectrum_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`spectrum`."""
    layer = scene.focus(with_spectrum(scene))
    finding = spectrum_finding(layer, _fit(scene, layer)["alpha"], phrases, scene.report.layers)
    return phrases["alt"].format(kind=phrases["spectrum_kind"], method=scene.result.title, finding=finding)


def tail_share(edges: Sequence[float], densities: Sequence[float], start: float) -> float:
    """Share of the eigenvalues at or above a value, from their histogram; within a bin they lie evenly."""
    bins = zip(edges[:-1], edges[1:], densities, strict=True)
    return sum(density * max(0.0, high - max(low, start)) for low, high, density in bins)


def _fit(scene: Scene, layer: int) -> Mapping[str, Any]:
    """The row of the matrix whose spectrum is drawn."""
    name = scene.extras["spectra"][layer]["name"]
    found: Mapping[str, Any] = next(row for row in scene.extras["matrices"][layer] if row["name"] == name)
    return found


def _seen(drawn: Mapping[str, Any], palette: Palette, method: str, phrases: Phrases) -> dict[str, Any]:
    edges, densities = drawn["edges"], drawn["densities"]
    filled = [
        ((low * high) ** 0.5, density, low, high)
        for low, high, density in zip(edges[:-1], edges[1:], densities, strict=True)
        if density > 0
    ]
    return {
        **line_and_points(colour_of(method), palette),
        "name": phrases["spectrum_seen"],
        "x": [centre for centre, _, _, _ in filled],
        "y": [density for _, density, _, _ in filled],
        "text": [
            phrases["spectrum_hover"].format(
                low=numbers.significant(low), high=numbers.significant(high), density=numbers.significant(density)
            )
            for _, density, low, high in filled
        ],
    }


def _tail(drawn: Mapping[str, Any], fit: Mapping[str, Any], palette: Palette, phrases: Phrases) -> dict[str, Any]:
    """A straight line on these axes: p(x) = share (alpha - 1) / x_min (x / x_min)^-alpha."""
    alpha, start, end = fit["alpha"], fit["x_min"], drawn["edges"][-1]
    height = tail_share(drawn["edges"], drawn["densities"], start) * (alpha - 1) / start
    return {
        "type": "scatter",
        "mode": "lines",
        "name": phrases["spectrum_fit"].format(alpha=numbers.significant(alpha)),
        "x": [start, end],
        "y": [height, height * (end / start) ** -alpha],
        "line": {"color": palette.accent, "width": 2.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
