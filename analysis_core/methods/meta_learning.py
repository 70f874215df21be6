"""What ablation would say, as far as the cheap methods' scores can tell.

Question: What would layer ablation say of this layer, without running it?
Formula: M_l = sum over features k of c_k * x_lk / s_k, a ridge regression whose coefficients c and scales s are stored
    as plain numbers. The features of a layer are the scores of nine methods that take one shared pass and the weights,
    each as z(asinh(score / median |score|)) with z = (value - mean) / standard deviation over the model's layers, so
    that units cancel, its relative depth and the square of that, whether it is the first or the last, its kind, and
    the logarithm of its size, each less its mean over the layers. The target was ablation, standardised in each model.
Paper: This project, from stored runs of its own models (the recipe is `layerwise zoo meta`); on the idea see Vanschoren
    2018, Meta-Learning: A Survey.
Caveat: It has learnt from a few small transformers for text and pictures, and nothing shows that it holds for others.
    It says which layers of one model ablation would rank high, in standard deviations, not what they are worth in nats.
    The standard error is the same for every layer: the root mean square of what it missed on models that it had not
    seen, not the spread over examples. A missing score counts as the average layer's, with a note. Beside the scores
    stand the rank correlation on models left out of its training, that of the best single method, and its own where all
    models of one kind of data were left out. On the embedded models, which it has learnt from, it agrees with ablation
    better than it would elsewhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.errors import ConfigurationError
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, plain
from analysis_core.probe.needs import FloatArray, Need, Statistics
from analysis_core.resources import assets_folder
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind

CHEAP_METHODS = (
    "attention_analysis",
    "block_influence",
    "fisher_information",
    "gradient_based",
    "gradient_flow",
    "information_bottleneck",
    "layer_correlation",
    "neuron_activation",
    "spectral_analysis",
)
"""Those that take one shared pass and the weights. Topology is left out: its arithmetic costs more than the pass."""

PLACE = ("depth", "depth_squared", "first", "last")
BUILD = (*(f"kind_{kind.value}" for kind in LayerKind), "log_size")
FEATURES = (*CHEAP_METHODS, *PLACE, *BUILD)

FEWEST_METHODS = 4
FEWEST_LAYERS = 3
SMALLEST_SPREAD = 1e-4
"""Scores that differ by less of their size are taken as equal: what is standardised then is rounding."""


@dataclass(frozen=True)
class MetaCard:
    """A trained regressor, as plain numbers.

    Args:
        features: names, in the order of the other two.
        coefficients, scales: of the features; the prediction is the sum of coefficient x value / scale.
        residual_std: root mean square of what it missed on held-out models, in standard deviations of the target.
        half_width: 95 % of what it missed was smaller than this.
        facts: everything that the file holds, for the record.
    """

    features: tuple[str, ...]
    coefficients: FloatArray
    scales: FloatArray
    residual_std: float
    half_width: float
    facts: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the file that ``layerwise zoo meta`` writes.

        Raises:
            ConfigurationError: there is no such file, or it holds something else.
        """
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            rows = facts["regressor"]
            card = cls(
                features=tuple(rows["features"]),
                coefficients=np.array(rows["coefficients"], dtype=np.float64),
                scales=np.array(rows["scales"], dtype=np.float64),
                residual_std=float(facts["residuals"]["std"]),
                half_width=float(facts["residuals"]["half_width_95"]),
                facts=facts,
            )
        except FileNotFoundError:
            raise ConfigurationError("Its trained coefficients are missing.", **_where(path)) from None
        except (OSError, ValueError, KeyError, TypeError):
            raise ConfigurationError("Its trained coefficients cannot be read.", **_where(path)) from None
        if card.features != FEATURES or not card.is_whole():
            raise ConfigurationError("Its trained coefficients are of other features.", **_where(path))
        return card

    def is_whole(self) -> bool:
        """Whether there is a finite number for each feature."""
        numbers = np.concatenate([self.coefficients, self.scales, [self.residual_std, self.half_width]])
        same = len(self.features) == len(self.coefficients) == len(self.scales)
        return bool(same and np.isfinite(numbers).all() and (self.scales > 0).all())

    def contributions(self, features: FloatArray) -> FloatArray:
        """What each feature adds to each layer's prediction, ``[layers, features]``."""
        return features * (self.coefficients / self.scales)


class MetaLearning(ProbeMethod):
    """Scores layers by the ablation that other models' runs lead to expect.

    Args:
        name: under which it is registered.
        card: the file of trained coefficients; None takes the shipped one.
    """

    title = "Meta-learning"
    unit = "standard deviations of ablation"
    cost = "shared pass and weights"

    def __init__(self, name: str, card: Path | None = None) -> None:
        super().__init__(name)
        self._card = card

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        needs = (need for method in _cheap_methods().values() for need in method.needs(_as_trained(config)))
        return tuple(dict.fromkeys(needs))

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        try:
            card = MetaCard.read(self._card or shipped_card())
        except ConfigurationError as error:
            return Scores.none(len(layers), error.sentence)
        if len(layers) < FEWEST_LAYERS:
            return Scores.none(len(layers), f"It compares layers, of which it needs {FEWEST_LAYERS}.")
        said = {
            name: method.score(statistics, layers, _as_trained(config)) for name, method in _cheap_methods().items()
        }
        return predicted(card, {name: np.asarray(scores.values, dtype=float) for name, scores in said.items()}, layers)


def predicted(card: MetaCard, scores: Mapping[str, FloatArray], layers: Sequence[Layer]) -> Scores:
    """The prediction from the cheap methods' raw scores, with what each feature adds to it."""
    notes = missing_scores(scores, len(layers))
    silent = sum(not np.isfinite(scores[name]).any() for name in CHEAP_METHODS)
    if len(CHEAP_METHODS) - silent < FEWEST_METHODS:
        few = f"only {len(CHEAP_METHODS) - silent} of the {len(CHEAP_METHODS)} methods that it learns from apply"
        return Scores.none(len(layers), f"Too little to go by: {few}, and it needs {FEWEST_METHODS}.")
    parts = card.contributions(layer_features(scores, layers))
    values = parts.sum(1)
    facts = card.facts
    extras = {
        "contributions": {name: list(plain(column)) for name, column in zip(card.features, parts.T, strict=True)},
        "low": list(plain(values - card.half_width)),
        "high": list(plain(values + card.half_width)),
        "notes": notes,
        "rank_correlation": facts["rank_correlation"],
        "best_single": facts["best_single"],
        "leave_one_family_out": facts["leave_one_family_out"],
        "verdict": facts["verdict"],
        "date": facts["date"],
        "runs": len(facts["runs"]),
        "models": len(facts["models"]),
    }
    return Scores(values, np.full(len(layers), card.residual_std), extras)


def shipped_card() -> Path:
    """Where the trained coefficients lie."""
    return assets_folder() / "meta_learning.json"


def layer_features(scores: Mapping[str, FloatArray], layers: Sequence[Layer]) -> FloatArray:
    """The regressor's view of a model's layers, ``[layers, features]``, each column with mean 0.

    Args:
        scores: raw scores of the cheap methods, ``[layers]`` each; NaN, or no entry at all, for missing ones.
        layers: of the model.
    """
    nothing = np.full(len(layers), np.nan)
    columns = {name: standardised(scores.get(name, nothing)) for name in CHEAP_METHODS}
    depth = np.linspace(0.0, 1.0, len(layers))
    columns |= {"depth": depth, "depth_squared": depth**2, "first": depth == 0, "last": depth == 1}
    columns |= {f"kind_{kind.value}": np.array([layer.kind is kind for layer in layers]) for kind in LayerKind}
    sizes = np.array([layer.parameters for layer in layers], dtype=np.float64)
    known = sizes > 0
    columns["log_size"] = np.log(sizes, out=np.zeros(len(layers)), where=known)
    columns["log_size"][~known] = columns["log_size"][known].mean() if known.any() else 0.0
    table = np.array([columns[name] for name in FEATURES], dtype=np.float64).T
    return np.asarray(table - table.mean(0))


def standardised(values: FloatArray) -> FloatArray:
    """``z(asinh(value / median |value|))`` over the layers: near zero like the value, far out like its logarithm.

    Unlike ranks it is continuous, so that rounding does not swap layers. 0, the neutral value, where there is no
    score, and everywhere if all are equal.
    """
    known = np.isfinite(values)
    found = np.zeros(len(values))
    size = float(np.median(np.abs(values[known]))) if known.any() else 0.0
    size = size or float(np.abs(values[known]).max(initial=0.0))
    if size == 0:
        return found
    squeezed = np.arcsinh(values[known] / size)
    spread = squeezed.std()
    if spread > SMALLEST_SPREAD * np.abs(squeezed).max():
        found[known] = (squeezed - squeezed.mean()) / spread
    return found


def missing_scores(scores: Mapping[str, FloatArray], layers: int) -> list[str]:
    """A note for each method whose scores had to be filled in."""
    notes = []
    for name in CHEAP_METHODS:
        missing = np.flatnonzero(~np.isfinite(scores.get(name, np.full(layers, math.nan))))
        if len(missing) == layers:
            notes.append(f"{name} does not apply; every layer counts as average.")
        elif len(missing):
            notes.append(f"{name} has no score for layers {', '.join(map(str, missing))}; they count as average.")
    return notes


def _cheap_methods() -> dict[str, ProbeMethod]:
    found = {name: METHODS.get(name) for name in CHEAP_METHODS}
    return {name: method for name, method in found.items() if isinstance(method, ProbeMethod)}


def _as_trained(config: AnalysisConfig) -> AnalysisConfig:
    """The coefficients were learnt from the empirical Fisher information."""
    return replace(config, fisher_labels="data")


def _where(path: Path) -> dict[str, str]:
    return {"where": str(path), "remedy": "Run: layerwise zoo meta."}


METHODS.add("meta_learning", MetaLearning("meta_learning"))
