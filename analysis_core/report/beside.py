"""Which figures a method offers beside its scores, as a table: another method is another line.

A method without a line, as one of somebody's own, simply shows its bars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from analysis_core.report.figures import (
    companion,
    fair_share,
    flow,
    heads,
    patching,
    plane,
    similarity,
    spectrum,
    topology,
    width,
)
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import Phrases
from analysis_core.report.scene import Scene, present
from analysis_core.results import AnalysisReport

Draw = Callable[[Scene, Palette, Phrases], go.Figure]
Tell = Callable[[Scene, Phrases], str]


@dataclass(frozen=True)
class Beside:
    """A figure beside the scores of a method.

    Args:
        name: a key of its own, unique within a method.
        keys: what it draws from the method's extras; it is offered only where all of them are there.
        draw, text: the figure and its text alternative.
        explained: key of the sentence that says how to read it.
        drawable: for a figure of a single layer, the layers that it can show; for one of all layers, None.
    """

    name: str
    keys: tuple[str, ...]
    draw: Draw
    text: Tell
    explained: str
    drawable: Callable[[Scene], Sequence[int]] | None = None

    def fits(self, scene: Scene) -> bool:
        """Whether there is anything to draw."""
        if not all(_filled(scene.extras.get(key)) for key in self.keys):
            return False
        return self.drawable is None or bool(self.drawable(scene))

    def lacks_selected(self, scene: Scene) -> bool:
        """Whether a layer is selected that this figure has nothing of, so that it shows another one."""
        if self.drawable is None or scene.selected is None:
            return False
        return scene.selected not in self.drawable(scene)


def _filled(value: Any) -> bool:
    """Whether there is anything in a value of the extras."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bool(present(value))
    return value is not None


def _bars(key: str, *, of_the_metric: bool = False) -> Beside:
    """One more number by layer, as bars."""
    return Beside(
        key,
        (key,),
        partial(companion.companion, key, of_the_metric=of_the_metric),
        partial(companion.companion_text, key, of_the_metric=of_the_metric),
        f"{key}_explained",
    )


BESIDE: Mapping[str, tuple[Beside, ...]] = MappingProxyType(
    {
        "attention_analysis": (
            Beside("heads", ("head_importance", "entropy", "distance_tokens"), heads.head_map, heads.head_text,
                   "head_explained"),
        ),
        "block_influence": (_bars("angular_distance"),),
        "causal_analysis": (
            Beside("patching", ("patched_loss", "clean_loss", "corrupt_loss"), patching.patching,
                   patching.patching_text, "patch_explained"),
        ),
        "fisher_information": (_bars("per_parameter"),),
        "gradient_based": (_bars("gradient_norm"),),
        "gradient_flow": (
            Beside("flow", ("rms", "vanishing", "exploding", "thresholds"), flow.flow, flow.flow_text,
                   "flow_explained"),
        ),
        "information_bottleneck": (
            Beside("plane", ("information_plane",), plane.plane, plane.plane_text, "plane_explained"),
        ),
        "layer_ablation": (_bars("metric_drop", of_the_metric=True),),
        "layer_conductance": (_bars("completeness_error"),),
        "layer_correlation": (
            Beside("cka", ("cka_map",), similarity.cka_map, similarity.cka_text, "cka_explained"),
        ),
        "layer_shapley": (
            Beside("fair_share", ("subsets", "efficiency"), fair_share.fair_share, fair_share.share_text,
                   "share_explained"),
        ),
        "neuron_activation": (
            Beside("width", ("dead_fraction", "sparsity"), width.width, width.width_text, "width_explained"),
        ),
        "spectral_analysis": (
            Beside("spectrum", ("spectra", "matrices"), spectrum.spectrum, spectrum.spectrum_text,
                   "spectrum_explained", spectrum.with_spectrum),
        ),
        "topology_analysis": (
            Beside("diagram", ("diagrams",), topology.diagram, topology.diagram_text, "diagram_explained",
                   topology.with_diagrams),
            Beside("betti", ("diagrams", "betti_curves"), topology.betti, topology.betti_text, "betti_explained",
                   topology.with_diagrams),
        ),
        "uncertainty_quantification": (_bars("error_auroc"),),
    }
)  # fmt: skip
"""Method name -> its figures, in the order in which they are shown."""


def offered(report: AnalysisReport, method: str, selected: int | None = None) -> list[tuple[Beside, Scene]]:
    """The figures that a method's result can fill, each with what it is drawn from."""
    scene = Scene(report, method, selected)
    if scene.result.not_applicable is not None:
        return []
    return [(beside, scene) for beside in BESIDE.get(method, ()) if beside.fits(scene)]
