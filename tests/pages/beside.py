"""Results with all that stands beside the scores, made from formulas: the synthetic model seen by all methods."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from analysis_core.insight.agreement import agreement
from analysis_core.insight.consensus import RULES, consensus
from analysis_core.insight.trust import trust
from analysis_core.results import AnalysisReport
from tests.pages import synthetic
from tests.pages.synthetic import LAYERS, importance

HEADS, SCALES = 4, [0.0, 0.25, 0.5, 0.75, 1.0]
CLEAN, CORRUPT = 0.9, 2.4


def along(first: float, last: float, count: int = LAYERS) -> list[float]:
    """Evenly from one number to another."""
    return [first + (last - first) * index / (count - 1) for index in range(count)]


def cka_map() -> list[list[float | None]]:
    """Neighbours are alike, most of all layers 4 to 8."""
    depth = [0, 2, 4, 6, 8, 8.1, 8.2, 8.3, 8.4, 10, 12, 14]
    return [[math.exp(-abs(one - other) / 10) for other in depth] for one in depth]


def spectra() -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """Pure power laws: density lambda^-alpha from 1 to 100 in each layer, alpha rising from 2.5 with depth."""
    edges = [10 ** (step / 5) for step in range(11)]
    drawn, rows = [], []
    for layer in range(LAYERS):
        alpha, name = 2.5 + 0.1 * layer, f"bert.encoder.layer.{layer}.dense.weight"
        mass = [low ** (1 - alpha) - high ** (1 - alpha) for low, high in pairwise(edges)]
        widths = [high - low for low, high in pairwise(edges)]
        densities = [share / sum(mass) / width for share, width in zip(mass, widths, strict=True)]
        drawn.append({"name": name, "edges": edges, "densities": densities})
        fit = {"alpha": alpha, "alpha_std_error": 0.2, "x_min": 1.0, "tail_size": 90, "ks_distance": 0.04}
        rows.append([{"name": "another.weight", "shape": [8, 8], **fit}, {"name": name, "shape": [128, 96], **fit}])
    return drawn, rows


def diagrams() -> list[list[list[float]]]:
    """At every boundary the component that never dies, three others that merge sooner with depth, and one loop."""
    return [
        [[0, 0.0, 1.0], *([0, 0.0, share * (0.6 - 0.02 * place)] for share in (0.5, 0.75, 1.0)), [1, 0.4, 0.55]]
        for place in range(LAYERS + 1)
    ]


def betti_curves() -> dict[str, Any]:
    """Those of :func:`diagrams`, counted."""

    def alive(bars: Sequence[Sequence[float]], dimension: int) -> list[int]:
        return [sum(bar[0] == dimension and bar[1] <= scale < bar[2] for bar in bars) for scale in SCALES]

    found = diagrams()
    return {
        "scales": SCALES,
        "components": [alive(bars, 0) for bars in found],
        "loops": [alive(bars, 1) for bars in found],
    }


def subsets() -> list[dict[str, Any]]:
    """Nothing, every layer alone, and every pair of neighbours."""
    sets = [(), *((layer,) for layer in range(LAYERS)), *(pair for pair in combinations(range(LAYERS), 2))]
    rows = [(removed, synthetic.subset(removed)) for removed in sets]
    return [
        {"removed": list(removed), "loss_increase": found.loss_increase, "std_error": found.loss_increase_std_error}
        for removed, found in rows
    ]


def extras() -> Mapping[str, Mapping[str, Any]]:
    """By method, what stands beside its scores."""
    drawn, rows = spectra()
    worth = [importance(layer) for layer in range(LAYERS)]
    return {
        "attention_analysis": {
            "head_importance": [[value * (1 + head) / 10 for head in range(HEADS)] for value in worth],
            "entropy": [[0.9] * HEADS] * LAYERS,
            "distance_tokens": [[4.0 + head for head in range(HEADS)]] * LAYERS,
        },
        "block_influence": {"angular_distance": along(0.2, 0.05)},
        "causal_analysis": {
            "clean_loss": CLEAN,
            "corrupt_loss": CORRUPT,
            "patched_loss": [CORRUPT - (CORRUPT - CLEAN) * value / 2 for value in worth],
        },
        "fisher_information": {"per_parameter": along(2e-4, 1e-5)},
        "gradient_based": {"gradient_norm": along(1.0, 0.2)},
        "gradient_flow": {
            "rms": [0.02 * 4.0**-layer for layer in range(LAYERS - 1, -1, -1)],
            "vanishing": [4.0 ** (layer - LAYERS + 1) < 0.01 for layer in range(LAYERS)],
            "exploding": [False] * LAYERS,
            "thresholds": {"vanishing": 0.01, "exploding": 100.0},
        },
        "information_bottleneck": {
            "information_plane": [
                {"with_x": kept, "with_y": known}
                for kept, known in zip(along(1.0, 0.3, LAYERS + 1), along(0.1, 0.7, LAYERS + 1), strict=True)
            ]
        },
        "layer_ablation": {"metric_drop": along(0.2, 0.0), "metric_drop_std_error": [0.01] * LAYERS},
        "layer_conductance": {"completeness_error": along(-0.3, 0.05)},
        "layer_correlation": {"cka_map": cka_map()},
        "layer_shapley": {
            "efficiency": {"sum": 1.78, "full_value": -1.03, "empty_value": -2.81},
            "subsets": subsets(),
            "examples": 64,
        },
        "neuron_activation": {"dead_fraction": [0.0] * (LAYERS - 1) + [0.25], "sparsity": along(0.01, 0.2)},
        "spectral_analysis": {"spectra": drawn, "matrices": rows},
        "topology_analysis": {"diagrams": diagrams(), "betti_curves": betti_curves()},
        "uncertainty_quantification": {"error_auroc": along(0.85, 0.6)},
    }


def full_report(names: Sequence[str] | None = None, *, run: str | None = None) -> AnalysisReport:
    """An analysis by all these methods, with what stands beside the scores and what they say together."""
    kept = extras()
    report = synthetic.report(tuple(names or kept), run=run)
    methods = {
        name: dataclasses.replace(result, extras=kept.get(name, {}), scores=_lively(name, result.scores))
        for name, result in report.methods.items()
    }
    rules = {rule: consensus(methods.values(), LAYERS, rule) for rule in RULES}
    return dataclasses.replace(
        report,
        methods=methods,
        consensus=rules["mean_rank"],
        consensus_by_rule=rules,
        agreement=agreement(methods.values()),
        trust=trust(methods),
        provenance={**report.provenance, "shared_pass_seconds": 3.0, "seconds": 40.0},
    )


def without_layer(report: AnalysisReport, method: str, layer: int, reason: str) -> AnalysisReport:
    """The report with a method that has no score for one layer."""
    result = report[method]
    scores, errors = list(result.scores), list(result.std_errors)
    scores[layer] = errors[layer] = None
    reasons = tuple(reason if index == layer else None for index in range(LAYERS))
    mute = dataclasses.replace(result, scores=tuple(scores), std_errors=tuple(errors), reasons=reasons)
    return dataclasses.replace(report, methods={**report.methods, method: mute})


def _lively(name: str, scores: Sequence[float | None]) -> tuple[float | None, ...]:
    """Spectra rank the layers the other way round, so that not all methods agree."""
    return tuple(reversed(scores)) if name == "spectral_analysis" else tuple(scores)
