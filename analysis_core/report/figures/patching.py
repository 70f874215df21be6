"""What each layer's clean contribution repairs in a corrupted run."""

from __future__ import annotations

import plotly.graph_objects as go

from analysis_core.report import numbers
from analysis_core.report.beside_findings import patch_finding
from analysis_core.report.figures.along_layers import along_layers
from analysis_core.report.figures.base import HALF_A_PAGE, axis, figure, layout
from analysis_core.report.figures.marks import band, level, level_name, line_and_points
from analysis_core.report.figures.stack_marks import TITLE_DEPTH
from analysis_core.report.findings import silence
from analysis_core.report.palette import Palette, colour_of
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scene import Scene

PATCHING_HEIGHT = 300


def patching(scene: Scene, palette: Palette, phrases: Phrases = ENGLISH) -> go.Figure:
    """The loss with each layer put back, between the levels of the corrupted and the clean run."""
    losses = scene.extras["patched_loss"]
    levels = {"corrupt": scene.extras["corrupt_loss"], "clean": scene.extras["clean_loss"]}
    shown = [*levels.values(), *(loss for loss in losses if loss is not None)]
    margin = 0.12 * ((max(shown) - min(shown)) or 1.0)
    along = along_layers(scene.report.layers, len(losses), palette, phrases)
    trace = {
        **line_and_points(colour_of(scene.method), palette),
        "name": phrases["patched"],
        "x": list(range(len(losses))),
        "y": losses,
        "text": [_hover(scene, layer, along.title(layer), phrases) for layer in range(len(losses))],
    }
    return figure(
        [along.in_pieces(trace)],
        {
            **layout(palette, title=patch_finding(scene, phrases), subtitle=scene.result.title,
                     height=PATCHING_HEIGHT + along.more_below, bottom=TITLE_DEPTH + along.more_below,
                     wrap=HALF_A_PAGE),
            "xaxis": along.axis,
            "yaxis": axis(palette, phrases["loss_axis"], nticks=6, range=[min(shown) - margin, max(shown) + margin]),
            "shapes": [
                *along.brackets,
                *band(scene.selected, palette),
                *(level(value, palette) for value in levels.values()),
            ],
            "annotations": [
                *along.names,
                *(level_name(value, phrases[name], palette) for name, value in levels.items()),
            ],
        },
    )  # fmt: skip


def patching_text(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The text alternative of :func:`patching`."""
    finding = patch_finding(scene, phrases)
    return phrases["alt"].format(kind=phrases["patch_kind"], method=scene.result.title, finding=finding)


def _hover(scene: Scene, layer: int, title: str, phrases: Phrases) -> str:
    loss = scene.extras["patched_loss"][layer]
    if loss is None:
        return silence(scene.result, layer, phrases)
    share = numbers.percent(scene.result.scores[layer])
    return phrases["patch_hover"].format(layer=title, loss=numbers.significant(loss), share=share)
