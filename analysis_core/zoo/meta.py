"""Trains `meta_learning`: from the cheap methods' scores of many models to what ablation measured of them.

Every embedded model and every variant (see :mod:`~analysis_core.zoo.variants`) is analysed on several draws of its
search examples, as blocks and as sub-layers. The reports are kept as files, so that a restart begins where it ended;
remove the folder when a method has changed. Left out are variants that never learnt: those whose accuracy is less than
twice the share of their most frequent class.

A ridge regression then learns within-model standardised ablation. How it is set (:class:`Setting`) is chosen by leaving
one model out; and because that choice has seen every model, the correlation that is reported leaves out one model
first, and makes the choice anew on the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from analysis_core.config import AnalysisConfig
from analysis_core.errors import ConfigurationError
from analysis_core.insight.trust import YARDSTICK, spearman
from analysis_core.methods import METHODS
from analysis_core.methods.base import plain
from analysis_core.methods.meta_learning import BUILD, CHEAP_METHODS, FEATURES, PLACE, layer_features, standardised
from analysis_core.models.catalog import zoo_folder
from analysis_core.probe.needs import FloatArray
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import Granularity
from analysis_core.zoo import Progress
from analysis_core.zoo.card import CARD, SAMPLE, WEIGHTS, read_json, write_json
from analysis_core.zoo.variants import VARIED, trained_variants

DRAWS = ((Granularity.BLOCK, 0), (Granularity.BLOCK, 1), (Granularity.BLOCK, 2), (Granularity.SUBLAYER, 0))
"""What is analysed of each model, and with which seed its examples are drawn."""
EXAMPLES, BATCH_SIZE = 128, 32
LEAST_OVER_MAJORITY = 2.0
FEWEST_MODELS = 4
"""Leaving one out twice must leave two to learn from."""

INPUTS: Mapping[str, tuple[str, ...]] = {
    "scores": CHEAP_METHODS,
    "place and build": (*PLACE, *BUILD),
    "scores, place and build": FEATURES,
}


def rank_target(ablation: FloatArray) -> FloatArray:
    """Ranks among the model's layers, with mean 0 and standard deviation 1."""
    ranks = stats.rankdata(ablation)
    return np.asarray((ranks - ranks.mean()) / (ranks.std() or 1.0))


TARGETS: Mapping[str, Callable[[FloatArray], FloatArray]] = {"rank": rank_target, "z(asinh)": standardised}


@dataclass(frozen=True)
class Run:
    """A stored analysis, as the regressor sees it.

    Args:
        model, family: which model, and which task of which modality it does.
        granularity: what counted as a layer.
        sha256: of the report's file.
        features: ``[layers, features]``.
        ablation: measured, in nats, ``[layers]``.
        scores: each cheap method's raw scores, ``[layers]``.
    """

    model: str
    family: str
    granularity: str
    sha256: str
    features: FloatArray
    ablation: FloatArray
    scores: Mapping[str, FloatArray]

    @cached_property
    def targets(self) -> dict[str, FloatArray]:
        """The ablation in each of the forms that can be learnt, ``[layers]`` each."""
        return {name: form(self.ablation) for name, form in TARGETS.items()}

    @classmethod
    def read(cls, path: Path) -> Run:
        """From a file that :func:`analyse` wrote."""
        content = path.read_bytes()
        stored = json.loads(content)
        report = AnalysisReport.from_dict(stored["report"])
        scores = {name: np.array(report[name].scores, dtype=np.float64) for name in CHEAP_METHODS}
        return cls(
            model=stored["model"],
            family=f"{report.model['modality']} {report.model['task']}",
            granularity=stored["granularity"],
            sha256=hashlib.sha256(content).hexdigest(),
            features=layer_features(scores, report.layers),
            ablation=np.array(report[YARDSTICK].scores, dtype=np.float64),
            scores=scores,
        )


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


def models(variants: Path | None) -> list[Path]:
    """Folders of the embedded models that have variants, and of those variants that learnt something."""
    folders = [zoo_folder() / name for name in sorted(VARIED) if (zoo_folder() / name / CARD).is_file()]
    trained = trained_variants(variants) if variants is not None else ()
    learnt = [variant.folder for variant in trained if variant.accuracy >= LEAST_OVER_MAJORITY * variant.trivial]
    return folders + learnt


def analyse(folders: Sequence[Path], runs: Path, progress: Progress | None = None) -> Iterator[Path]:
    """The files of all models' analyses; those that are not there are made."""
    runs.mkdir(parents=True, exist_ok=True)
    wanted = list(product(folders, DRAWS))
    for place, (folder, (granularity, seed)) in enumerate(wanted):
        card = read_json(folder / CARD)
        path = runs / f"{folder.name}-{card['sha256'][WEIGHTS][:12]}-{granularity}-{seed}.json"
        if progress is not None:
            progress(place / len(wanted), f"{card['id']}: {granularity}s, draw {seed}")
        if not path.exists():
            report = _analysed(folder, granularity, seed)
            facts = {"model": card["id"], "granularity": granularity.value, "seed": seed, "report": report.to_dict()}
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(facts, ensure_ascii=False, allow_nan=False), encoding="utf-8")
            unfinished.rename(path)
        yield path


def _analysed(folder: Path, granularity: Granularity, seed: int) -> AnalysisReport:
    """The cheap methods and ablation of one draw of one model."""
    from analysis_core.data.loading import load_examples
    from analysis_core.models.loading import load_model
    from analysis_core.models.sublayers import SublayerModel
    from analysis_core.workflow.analysis import analyze
    from analysis_core.workflow.examples import SEARCH, prepare

    whole = load_model(str(folder))
    part = prepare(whole, load_examples(whole, folder / SAMPLE), SEARCH, BATCH_SIZE, EXAMPLES, seed)
    model = SublayerModel(whole, part.batches[0]) if granularity is Granularity.SUBLAYER else whole
    names = (*CHEAP_METHODS, YARDSTICK)
    config = AnalysisConfig(analysis_methods=names, batch_size=BATCH_SIZE, max_samples=EXAMPLES, seed=seed)
    return analyze(model, part.batches, config, {name: METHODS.get(name) for name in names}, data=part.facts)


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


def spread(values: Mapping[str, float]) -> dict[str, Any]:
    """Mean and standard deviation over models, and the 95 % interval of the mean by Student's t."""
    numbers = np.array(list(values.values()))
    deviation = float(numbers.std(ddof=1))
    reach = float(stats.t.ppf(0.975, len(numbers) - 1)) * deviation / len(numbers) ** 0.5
    mean = float(numbers.mean())
    return {"mean": mean, "std": deviation, "low": mean - reach, "high": mean + reach, "models": dict(values)}


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
