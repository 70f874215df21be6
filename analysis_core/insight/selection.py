"""Which methods to run in the time that there is, and why. No torch here.

Layer ablation goes first where it fits: it measures what the others estimate. Then the most useful method for its
time of every family, and then what still fits. What a method adds depends on what was chosen before it, because the
shared pass is paid for once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis_core.config import AnalysisConfig
from analysis_core.errors import ConfigurationError
from analysis_core.insight.cost import Calibration, predicted_seconds
from analysis_core.insight.trust import YARDSTICK
from analysis_core.methods import ImportanceAnalyzer, ProbeMethod
from analysis_core.probe.needs import Need
from analysis_core.results import MethodChoice, MethodDecision
from analysis_core.vocabulary import ModalityType, TaskType

LEAST_SECONDS = 1e-3
"""Methods that add less than this are equally cheap: what little they add is not worth telling apart."""


@dataclass(frozen=True)
class ModelFacts:
    """What the choice asks about a model."""

    layers: int
    parameters: int
    has_attention: bool
    modality: ModalityType
    task: TaskType


@dataclass(frozen=True)
class Prior:
    """How useful a method is held to be before anything has run.

    Args:
        usefulness: 0 to 1; how well its ranks are expected to say what a layer is worth. An opinion, not a measurement.
        family: methods of one family look at the same thing in like ways.
        looks_at: the family's subject, in words.
    """

    usefulness: float
    family: str
    looks_at: str


_LOSS, _STATES, _WEIGHTS = "the loss", "how hidden states change", "the weights alone"
PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "layer_ablation": Prior(1.0, "removal", "the loss without a layer"),
        "layer_shapley": Prior(0.9, "removal", "the loss without several layers"),
        "causal_analysis": Prior(0.6, "removal", "what repairs a corrupted run"),
        "uncertainty_quantification": Prior(0.4, "removal", "answers without a layer"),
        "fisher_information": Prior(0.6, "gradients", "gradients of the loss"),
        "gradient_based": Prior(0.5, "gradients", "gradients of the loss"),
        "gradient_flow": Prior(0.3, "gradients", "gradients of the loss"),
        "layer_conductance": Prior(0.6, "attribution", "attributions to layers"),
        "attention_analysis": Prior(0.4, "attention", "attention heads"),
        "block_influence": Prior(0.6, "states", _STATES),
        "layer_correlation": Prior(0.5, "states", _STATES),
        "information_bottleneck": Prior(0.4, "states", _STATES),
        "neuron_activation": Prior(0.3, "width", "how much of the width is used"),
        "topology_analysis": Prior(0.2, "shape", "the shape of the data"),
        "spectral_analysis": Prior(0.3, "weights", _WEIGHTS),
        "meta_learning": Prior(0.6, "learned", "what other models taught"),
    }
)
DEFAULT_PRIOR = Prior(0.3, "other", "something of its own")


def _without_attention(facts: ModelFacts, _examples: int) -> str | None:
    return None if facts.has_attention else "The model has no attention."


def _needs_examples(fewest: int) -> Callable[[ModelFacts, int], str | None]:
    def reason(_facts: ModelFacts, examples: int) -> str | None:
        return None if examples >= fewest else f"It needs at least {fewest} examples; there are {examples}."

    return reason


OBSTACLES: Mapping[str, Callable[[ModelFacts, int], str | None]] = MappingProxyType(
    {
        "attention_analysis": _without_attention,
        "layer_correlation": _needs_examples(4),
        "information_bottleneck": _needs_examples(4),
        "topology_analysis": _needs_examples(4),
    }
)
"""Why a method cannot say anything of a model; None where it can."""


def select_methods(
    facts: ModelFacts,
    examples: int,
    budget_seconds: float,
    calibration: Calibration,
    methods: Mapping[str, ImportanceAnalyzer],
    config: AnalysisConfig | None = None,
) -> MethodChoice:
    """Choose methods for a model and a time budget.

    Args:
        facts: of the model.
        examples: how many will be used.
        budget_seconds: what the analysis may take, without loading the model.
        calibration: of the model, made for these methods.
        methods: to choose from, by name.
        config: settings of the analysis; None takes the defaults.

    Raises:
        ConfigurationError: the budget is no positive number.
    """
    if not budget_seconds > 0:
        raise ConfigurationError("There is no time to spend.", where="budget_seconds", remedy="Give some seconds.")
    needs, obstacles = _needs_and_obstacles(facts, examples, methods, config or AnalysisConfig())
    choice = _Choice(needs, calibration, examples, budget_seconds)
    choice.run()
    chosen = [MethodDecision(name, methods[name].title, True, why, cost) for name, why, cost in choice.chosen]
    left_out = [
        MethodDecision(name, methods[name].title, False, choice.why_not(name), choice.added(name))
        for name in sorted(choice.open, key=lambda name: (-_prior(name).usefulness, name))
    ]
    unfit = [MethodDecision(name, methods[name].title, False, why) for name, why in obstacles.items()]
    return MethodChoice(
        decisions=(*chosen, *left_out, *unfit),
        examples=examples,
        budget_seconds=budget_seconds,
        predicted_seconds=choice.total if chosen else 0.0,
    )


class _Choice:
    """Methods are taken one by one while they fit."""

    def __init__(
        self, needs: Mapping[str, tuple[Need, ...]], calibration: Calibration, examples: int, budget_seconds: float
    ) -> None:
        self.needs, self.calibration, self.examples, self.budget = needs, calibration, examples, budget_seconds
        self.open = set(needs)
        self.chosen: list[tuple[str, str, float]] = []
        self.total = 0.0

    def run(self) -> None:
        """Take the best that fits, until nothing fits."""
        while fitting := [name for name in self.open if self.total + self.added(name) <= self.budget]:
            best = min(fitting, key=self._order)
            cost, why = self.added(best), self._why(best)
            self.open.remove(best)
            self.chosen.append((best, why, cost))
            self.total += cost

    def added(self, name: str) -> float:
        """Seconds that a method adds to those chosen so far."""
        taken = {other: self.needs[other] for other, _, _ in self.chosen}
        return predicted_seconds({**taken, name: self.needs[name]}, self.calibration, self.examples) - self.total

    def why_not(self, name: str) -> str:
        left, asked = _seconds(self.budget - self.total), _seconds(self.added(name))
        return f"It would add about {asked}, and of {_seconds(self.budget)} only {left} are left."

    def _order(self, name: str) -> tuple[bool, bool, float, str]:
        prior = _prior(name)
        for_its_time = prior.usefulness / max(self.added(name), LEAST_SECONDS)
        return name != YARDSTICK, prior.family in self._families(), -for_its_time, name

    def _families(self) -> set[str]:
        return {_prior(name).family for name, _, _ in self.chosen}

    def _why(self, name: str) -> str:
        prior, cost = _prior(name), _seconds(self.added(name))
        if name == YARDSTICK:
            return f"It measures what the others estimate, and fits: about {cost}."
        if prior.family in self._families():
            return f"It fits as a further look at {prior.looks_at}: about {cost} more."
        return f"Of what fits, the most useful for its time that looks at {prior.looks_at}: about {cost} more."


def _needs_and_obstacles(
    facts: ModelFacts, examples: int, methods: Mapping[str, ImportanceAnalyzer], config: AnalysisConfig
) -> tuple[dict[str, tuple[Need, ...]], dict[str, str]]:
    needs: dict[str, tuple[Need, ...]] = {}
    obstacles: dict[str, str] = {}
    for name, method in methods.items():
        obstacle = OBSTACLES[name](facts, examples) if name in OBSTACLES else None
        if obstacle is not None:
            obstacles[name] = obstacle
        elif isinstance(method, ProbeMethod):
            needs[name] = method.needs(config)
        else:
            obstacles[name] = "It runs its own code, so its cost cannot be predicted."
    return needs, obstacles


def _prior(name: str) -> Prior:
    return PRIORS.get(name, DEFAULT_PRIOR)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
