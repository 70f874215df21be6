"""The regression, how it is set, and what it foretells of models that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis_core.insight.trust import spearman
from analysis_core.methods.meta_learning import BUILD, CHEAP_METHODS, FEATURES, PLACE
from analysis_core.probe.needs import FloatArray
from analysis_core.zoo.meta.analyses import TARGETS, Run

INPUTS: Mapping[str, tuple[str, ...]] = {
    "scores": CHEAP_METHODS,
    "place and build": (*PLACE, *BUILD),
    "scores, place and build": FEATURES,
}


@dataclass(frozen=True)
class Setting:
    """What a regression learns from, what it learns, and how hard its coefficients are held down."""

    inputs: str
    target: str
    alpha: float


SETTINGS = tuple(Setting(*row) for row in product(INPUTS, TARGETS, (10.0, 30.0, 100.0, 300.0)))


@dataclass(frozen=True)
class Regressor:
    """A fitted ridge regression; features that it does not use have the coefficient 0."""

    coefficients: FloatArray
    scales: FloatArray

    def predict(self, features: FloatArray) -> FloatArray:
        """Standardised ablation, ``[layers]``, from ``[layers, features]``."""
        return np.asarray(features @ (self.coefficients / self.scales))


@dataclass(frozen=True)
class HeldOut:
    """What is foretold of one run by a regression that has seen nothing of its group."""

    run: Run
    setting: Setting
    prediction: FloatArray

    @property
    def correlation(self) -> float:
        """Spearman's, with measured ablation."""
        return rank_correlation(self.prediction, self.run.ablation)

    @property
    def missed(self) -> FloatArray:
        """Target minus prediction, in standard deviations."""
        return self.run.targets[self.setting.target] - self.prediction


def fitted(runs: Sequence[Run], setting: Setting) -> Regressor:
    """A ridge regression without intercept: features and target have mean 0 in every model."""
    return _fitted_each(runs, [setting])[setting]


def _fitted_each(runs: Sequence[Run], settings: Sequence[Setting]) -> dict[Setting, Regressor]:
    """A regression for every setting; those that learn from the same inputs are solved together."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    features = np.concatenate([run.features for run in runs])
    targets = {name: np.concatenate([run.targets[name] for run in runs]) for name in TARGETS}
    found = {}
    for inputs in dict.fromkeys(setting.inputs for setting in settings):
        alike = [setting for setting in settings if setting.inputs == inputs]
        used = np.isin(FEATURES, INPUTS[inputs])
        scaler = StandardScaler(with_mean=False)
        ridge = Ridge(alpha=np.array([setting.alpha for setting in alike]), fit_intercept=False)
        ridge.fit(scaler.fit_transform(features[:, used]), np.array([targets[setting.target] for setting in alike]).T)
        for setting, row in zip(alike, np.atleast_2d(ridge.coef_), strict=True):
            coefficients, scales = np.zeros(len(FEATURES)), np.ones(len(FEATURES))
            coefficients[used], scales[used] = row, scaler.scale_
            found[setting] = Regressor(coefficients, scales)
    return found


def chosen(runs: Sequence[Run]) -> Setting:
    """The setting whose predictions of left-out models agree best with their ablation."""
    found: dict[Setting, list[HeldOut]] = {setting: [] for setting in SETTINGS}
    for out, rest in _left_out(runs, "model"):
        for setting, regressor in _fitted_each(rest, SETTINGS).items():
            found[setting] += [HeldOut(run, setting, regressor.predict(run.features)) for run in out]

    def agreement(setting: Setting) -> float:
        return float(np.mean(list(by_model(found[setting], lambda held: held.correlation).values())))

    return max(SETTINGS, key=agreement)


def held_out(runs: Sequence[Run], group: str = "model") -> list[HeldOut]:
    """Predictions of every run by regressions chosen and fitted without its group (``"model"`` or ``"family"``)."""
    found = []
    for out, rest in _left_out(runs, group):
        setting = chosen(rest)
        regressor = fitted(rest, setting)
        found += [HeldOut(run, setting, regressor.predict(run.features)) for run in out]
    return found


def _left_out(runs: Sequence[Run], group: str) -> Iterator[tuple[list[Run], list[Run]]]:
    for name in dict.fromkeys(getattr(run, group) for run in runs):
        out = [run for run in runs if getattr(run, group) == name]
        yield out, [run for run in runs if getattr(run, group) != name]


def rank_correlation(one: FloatArray, ablation: FloatArray) -> float:
    """Spearman's over the layers that have both; 0 where one of them tells no layers apart."""
    both = np.isfinite(one) & np.isfinite(ablation)
    return float(np.nan_to_num(spearman(one[both], ablation[both]))) if both.sum() >= 2 else 0.0


def by_model(found: Sequence[HeldOut], value: Callable[[HeldOut], float]) -> dict[str, float]:
    """Mean over each model's runs."""
    listed: dict[str, list[float]] = {}
    for held in found:
        listed.setdefault(held.run.model, []).append(value(held))
    return {model: float(np.mean(values)) for model, values in listed.items()}
