"""What a method is: a question, a formula, a paper, what it needs measured, and how that becomes scores.

Built-in methods only declare needs and do arithmetic on the arrays that come back, so this package
brings in no torch and the app can show every method's own explanation.
"""

from __future__ import annotations

import inspect
import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis_core.config import AnalysisConfig
from analysis_core.errors import ConfigurationError
from analysis_core.probe.needs import Need, Served, Statistics
from analysis_core.registry import Registry
from analysis_core.results import Layer, MethodResult

NO_WEIGHTS = "It has no weights of its own."
EXPLAINED = ("question", "formula", "paper", "caveat")


class ImportanceAnalyzer(ABC):
    """Any way to say how much each layer matters.

    For a method of your own, subclass it, call ``super().__init__(name)``, implement ``analyze``, and register the
    class with ``adapter.registry.add_method(name, Class)`` or under the entry-point group ``analysis_core.methods``.

    Args:
        name: under which it is registered and its scores are found in a report.

    Attributes:
        title, unit: for people.
        draws: whether it draws at random for each example, so that other places in the data give other draws.
        question, formula, paper, caveat: what the app shows; built-in methods keep them at the head of their file.
        cost: what it takes, in words.
    """

    title = ""
    unit = ""
    question = ""
    formula = ""
    paper = ""
    caveat = ""
    cost = "as its own code decides"
    draws = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = self.title or name.replace("_", " ").capitalize()

    @abstractmethod
    def analyze(self, model: Any, data_loader: Any) -> Mapping[int, float]:
        """Score every layer.

        Args:
            model: a :class:`~analysis_core.models.base.UniversalModel`; ``model.module`` is the network and
                ``model.layers`` its layers.
            data_loader: an iterable of :class:`~analysis_core.data.batches.Batch`, which may be walked several times.

        Returns:
            Scores by layer index; higher means more important.
        """

    def describe(self) -> dict[str, str]:
        """Everything that is shown of the method, as plain strings."""
        return {
            "name": self.name,
            **{key: getattr(self, key) for key in ("title", *EXPLAINED, "unit", "cost")},
        }


@dataclass(frozen=True)
class Scores:
    """What a method makes of its statistics.

    Args:
        values: one raw score a layer, NaN where the method does not apply.
        std_errors: standard error of each over examples, NaN where there is none.
        extras: what comes beside the scores, as JSON types.
        not_applicable: why the method says nothing at all.
        reasons: by layer, why it has no score.
    """

    values: ArrayLike
    std_errors: ArrayLike
    extras: Mapping[str, Any] = field(default_factory=dict)
    not_applicable: str | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def none(cls, layers: int, reason: str) -> Scores:
        """No scores, and why."""
        return cls([math.nan] * layers, [math.nan] * layers, not_applicable=reason)


class ProbeMethod(ImportanceAnalyzer):
    """A built-in method: names its needs and turns their statistics into scores.

    The module docstring of a subclass holds its ``Question:``, ``Formula:``, ``Paper:`` and ``Caveat:``.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        for key, text in explanation(sys.modules[type(self).__module__].__doc__ or "").items():
            setattr(self, key, text)

    @abstractmethod
    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        """What must be measured."""

    @abstractmethod
    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        """Raw scores from what was measured."""

    def analyze(self, model: Any, data_loader: Any) -> Mapping[int, float]:
        """Score every layer by this method alone, with default settings."""
        from analysis_core.probe.measure import measure
        from analysis_core.tasks import task_for

        config = AnalysisConfig(analysis_methods=(self.name,))
        batches, task = list(data_loader), task_for(model.task, model.modality)
        statistics = measure(model, batches, task, self.needs(config), seed=config.seed)
        return dict(self.result(statistics, model.layers, config))

    def result(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> MethodResult:
        """Scores with everything that a report keeps beside them."""
        began = time.perf_counter()
        scores = self.score(statistics, layers, config)
        needs, arithmetic = self.needs(config), time.perf_counter() - began
        return MethodResult(
            method=self.name,
            title=self.title,
            scores=plain(scores.values),
            std_errors=plain(scores.std_errors),
            unit=self.unit,
            examples=statistics.examples,
            seconds=arithmetic + sum(statistics.seconds.get(need, 0.0) for need in needs),
            passes=self._passes(needs, statistics),
            replays=sum(need.replays(len(layers)) for need in needs),
            not_applicable=scores.not_applicable,
            extras=scores.extras,
            reasons=tuple(scores.reasons.get(index) for index in range(len(layers))),
        )

    @staticmethod
    def _passes(needs: Sequence[Need], statistics: Statistics) -> float:
        """The shared pass counts once, whatever is asked of it; further runs add up."""
        shared = [statistics.passes_of[need] for need in needs if need.served is Served.SHARED]
        return max(shared, default=0.0) + sum(statistics.passes_of[need] for need in needs) - sum(shared)


def as_analyzer(name: str, method: Any) -> ImportanceAnalyzer:
    """A method of somebody's own, made from a subclass of :class:`ImportanceAnalyzer` or taken as it is.

    Raises:
        ConfigurationError: it is neither.
    """
    made = method() if isinstance(method, type) else method
    if not isinstance(made, ImportanceAnalyzer):
        raise ConfigurationError(
            f"'{name}' is a {type(made).__name__}.", remedy="Subclass analysis_core.ImportanceAnalyzer."
        )
    return made


METHODS: Registry[ImportanceAnalyzer] = Registry("method", "analysis_core.methods", as_analyzer)


def plain(values: ArrayLike) -> tuple[float | None, ...]:
    """Numbers as JSON can hold them: None in the place of anything that is not finite."""
    return tuple(float(value) if math.isfinite(value) else None for value in np.asarray(values, dtype=float))


def silent(values: np.ndarray, reason: str) -> dict[int, str]:
    """The reason for every layer without a score."""
    return {int(index): reason for index in np.flatnonzero(np.isnan(values))}


def by_layer(reasons: Sequence[str | None]) -> dict[int, str]:
    """The layers that have a reason, with it."""
    return {index: reason for index, reason in enumerate(reasons) if reason is not None}


def mean_and_std_error(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over examples and its standard error, from ``[examples, layers]``; NaN errors for one example."""
    count = rows.shape[0]
    if count < 2:
        return rows.mean(0), np.full(rows.shape[1], np.nan)
    return rows.mean(0), rows.std(0, ddof=1) / math.sqrt(count)


def explanation(docstring: str) -> dict[str, str]:
    """The labelled paragraphs of a method file's docstring.

    Raises:
        ConfigurationError: one of them is missing.
    """
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        label, _, rest = line.partition(":")
        if label.lower() in EXPLAINED:
            current = found.setdefault(label.lower(), [])
            current.append(rest.strip())
        else:
            current.append(line.strip())
    missing = [key for key in EXPLAINED if key not in found]
    if missing:
        raise ConfigurationError(f"A method's docstring lacks {', '.join(missing)}.", remedy="Begin a line with each.")
    return {key: " ".join(part for part in parts if part).strip() for key, parts in found.items()}
