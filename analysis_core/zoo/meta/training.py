"""From stored analyses to the card: trained, validated by leaving models out, and compared with single methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from analysis_core.errors import ConfigurationError
from analysis_core.methods.base import plain
from analysis_core.methods.meta_learning import CHEAP_METHODS, FEATURES
from analysis_core.probe.needs import FloatArray
from analysis_core.vocabulary import Granularity
from analysis_core.zoo import Progress
from analysis_core.zoo.card import write_json
from analysis_core.zoo.meta.analyses import EXAMPLES, Run, analyse, models
from analysis_core.zoo.meta.regression import HeldOut, by_model, chosen, fitted, held_out, rank_correlation

FEWEST_MODELS = 4
"""Leaving one out twice must leave two to learn from."""


def make_card(out: Path, variants: Path | None, runs: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Analyse what is not analysed yet, train, validate, and write the card.

    Args:
        out: the file to write.
        variants: folder of trained variants; None takes the embedded models alone.
        runs: folder of the stored analyses.
        progress: told the share done and what is being done.

    Raises:
        ConfigurationError: there are too few models to learn from.
    """
    stored = [Run.read(path) for path in analyse(models(variants), runs, progress)]
    card = trained(stored)
    write_json(out, card)
    return card


def trained(runs: Sequence[Run]) -> dict[str, Any]:
    """The card: the regressor as plain numbers, what it learnt from, and how well it did on models it had not seen.

    Raises:
        ConfigurationError: there are fewer than four models.
    """
    names = list(dict.fromkeys(run.model for run in runs))
    if len(names) < FEWEST_MODELS:
        raise ConfigurationError(
            f"There are {len(names)} models; leaving one out takes {FEWEST_MODELS}.",
            where="zoo meta",
            remedy="Run: layerwise zoo variants.",
        )
    found, setting = held_out(runs), chosen(runs)
    regressor = fitted(runs, setting)
    missed = np.concatenate([held.missed for held in found])
    families = {run.family for run in runs}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "setting": {"inputs": setting.inputs, "target": setting.target, "alpha": setting.alpha},
        "regressor": {
            "features": list(FEATURES),
            "coefficients": list(plain(regressor.coefficients)),
            "scales": list(plain(regressor.scales)),
        },
        "residuals": {
            "std": float(np.sqrt(np.square(missed).mean())),
            "half_width_95": float(np.quantile(np.abs(missed), 0.95)),
        },
        **_comparison([held for held in found if held.run.granularity == Granularity.BLOCK]),
        "of_sublayers": _comparison([held for held in found if held.run.granularity == Granularity.SUBLAYER]),
        "repeatability": repeatability(runs),
        "leave_one_family_out": _other_families(runs) if len(families) > 1 else None,
        "models": names,
        "examples_per_run": EXAMPLES,
        "runs": [{"model": run.model, "granularity": run.granularity, "sha256": run.sha256} for run in runs],
    }


def _comparison(found: Sequence[HeldOut]) -> dict[str, Any]:
    """The regression's correlation beside that of the best single method, which is picked with hindsight."""
    own = by_model(found, lambda held: held.correlation)
    singles = {name: spread(by_model(found, _correlation_of(name))) for name in CHEAP_METHODS}
    best = max(singles, key=lambda name: float(singles[name]["mean"]))
    difference = spread({model: own[model] - singles[best]["models"][model] for model in own})
    return {
        "rank_correlation": spread(own),
        "best_single": {"method": best, **singles[best]},
        "difference": difference,
        "verdict": verdict(difference, best),
        "singles": {name: {"mean": single["mean"], "std": single["std"]} for name, single in singles.items()},
    }


def _correlation_of(name: str) -> Callable[[HeldOut], float]:
    return lambda held: rank_correlation(held.run.scores[name], held.run.ablation)


def verdict(difference: Mapping[str, Any], best: str) -> str:
    """Whether it beats the best single method, in a sentence."""
    if difference["low"] > 0:
        return f"It beats the best single method, {best}, on models that it has not seen."
    if difference["mean"] > 0:
        return f"It is ahead of the best single method, {best}, but the spread over models allows for chance."
    return f"It does not beat the best single method, {best}."


def _other_families(runs: Sequence[Run]) -> dict[str, Any]:
    """How it does on blocks of models of a task and modality that it has never seen; the harder test."""
    found = [held for held in held_out(runs, "family") if held.run.granularity == Granularity.BLOCK]
    return spread(by_model(found, lambda held: held.correlation))


def repeatability(runs: Sequence[Run]) -> dict[str, Any]:
    """How well ablation of blocks agrees with itself on other examples: what no prediction can surpass by much."""
    draws: dict[str, list[FloatArray]] = {}
    for run in runs:
        if run.granularity == Granularity.BLOCK:
            draws.setdefault(run.model, []).append(run.ablation)
    agreement = {model: [rank_correlation(*pair) for pair in combinations(rows, 2)] for model, rows in draws.items()}
    return spread({model: float(np.mean(found)) for model, found in agreement.items() if found})


def spread(values: Mapping[str, float]) -> dict[str, Any]:
    """Mean and standard deviation over models, and the 95 % interval of the mean by Student's t."""
    numbers = np.array(list(values.values()))
    deviation = float(numbers.std(ddof=1))
    reach = float(stats.t.ppf(0.975, len(numbers) - 1)) * deviation / len(numbers) ** 0.5
    mean = float(numbers.mean())
    return {"mean": mean, "std": deviation, "low": mean - reach, "high": mean + reach, "models": dict(values)}
