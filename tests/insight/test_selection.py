"""The choice of methods from declared needs and made-up timings, worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.errors import ConfigurationError
from analysis_core.insight.cost import Calibration, predicted_seconds, work
from analysis_core.insight.selection import PRIORS, ModelFacts, select_methods
from analysis_core.methods import METHODS, ImportanceAnalyzer, ProbeMethod, Scores
from analysis_core.probe.needs import Need, Served, SkippedLayers, Statistics
from analysis_core.results import Layer, MethodChoice
from analysis_core.vocabulary import ModalityType, TaskType

FACTS = ModelFacts(12, 1000, True, ModalityType.TEXT, TaskType.CLASSIFICATION)
CONFIG = AnalysisConfig()


@dataclass(frozen=True)
class Seen(Need):
    """Forward only."""


@dataclass(frozen=True)
class Capped(Need):
    """Forward only, and of the first examples."""

    limit: int = 10


@dataclass(frozen=True)
class Returned(Need):
    """Asks for a backward pass."""

    weight_gradients: ClassVar[bool] = True
    eager_attention: ClassVar[bool] = True
    labels: str = "data"

    @property
    def backward(self) -> str | None:
        return self.labels


@dataclass(frozen=True)
class Stored(Need):
    """From the weights."""

    served: ClassVar[Served] = Served.WEIGHTS


@dataclass(frozen=True)
class Steps(Need):
    """Two runs there and back."""

    served: ClassVar[Served] = Served.FURTHER_RUNS

    @property
    def backward(self) -> str | None:
        return "data"

    def passes(self, layers: int, examples: int) -> float:
        return 6.0


class Asking(ProbeMethod):
    """Question: Does it ask?
    Formula: none
    Paper: none
    Caveat: It measures nothing.
    """

    def __init__(self, name: str, *needs: Need) -> None:
        ImportanceAnalyzer.__init__(self, name)
        self.asked = needs

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return self.asked

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        return Scores.none(len(layers), "It measures nothing.")


class OwnCode(ImportanceAnalyzer):
    """A method that runs the model itself."""

    def analyze(self, model: Any, data_loader: Any) -> Mapping[int, float]:
        return {}


CALIBRATION = Calibration(
    layers=12,
    forward_seconds=0.01,
    backward_seconds=0.02,
    replay_seconds=0.012,
    weight_gradients_seconds=0.003,
    open_attention_seconds=0.004,
    need_seconds={Seen(): 0.001, Capped(): 0.1, Stored(): 0.5},
    scoring_seconds={"a": 0.0001},
)


@pytest.mark.parametrize(
    ("needs", "seconds"),
    [
        ((), 1.0),
        ((Seen(),), 1.1),
        ((Capped(),), 1.0 + 10 * 0.1),
        ((Returned(),), 100 * 0.037),
        ((Returned(), Returned("model")), 100 * 0.057),
        ((Stored(),), 1.5),
        ((SkippedLayers(),), 1.0 + 6.5 * 1.2),
        ((Steps(),), 1.0 + 2 * 3.0),
    ],
)
def test_a_hundred_examples_by_hand(needs: tuple[Need, ...], seconds: float) -> None:
    assert predicted_seconds({"m": needs}, CALIBRATION, 100) == pytest.approx(seconds)


def test_arithmetic_of_scores_counts() -> None:
    assert predicted_seconds({"a": ()}, CALIBRATION, 100) == pytest.approx(1.0 + 0.0001 * 12 * 100)
    assert work("layer_correlation", 4, 2048) == work("layer_correlation", 4, 1024)


def test_what_is_shared_is_paid_for_once() -> None:
    both = predicted_seconds({"x": (Returned(), Seen()), "y": (Returned(), Seen())}, CALIBRATION, 100)
    assert both == pytest.approx(predicted_seconds({"x": (Returned(), Seen())}, CALIBRATION, 100))


def chosen(budget: float, methods: Mapping[str, ImportanceAnalyzer], facts: ModelFacts = FACTS) -> MethodChoice:
    return select_methods(facts, 100, budget, CALIBRATION, methods, CONFIG)


def asking(**needs: Need) -> dict[str, ImportanceAnalyzer]:
    return {name: Asking(name, need) for name, need in needs.items()}


def test_ablation_goes_first_where_it_fits() -> None:
    methods = asking(block_influence=Seen(), layer_ablation=SkippedLayers())
    assert chosen(10.0, methods).methods == ("layer_ablation", "block_influence")
    small = chosen(3.0, methods)
    assert small.methods == ("block_influence",)
    left_out = next(decision for decision in small.decisions if decision.method == "layer_ablation")
    assert left_out.seconds == pytest.approx(7.8)
    assert left_out.reason == "It would add about 7.8 s, and of 3 s only 1.9 s are left."


def test_every_family_comes_before_a_second_of_one() -> None:
    # Two of the family that looks at states, and a slower one of another family.
    methods = asking(block_influence=Seen(), layer_correlation=Seen(), spectral_analysis=Stored())
    assert chosen(10.0, methods).methods == ("block_influence", "spectral_analysis", "layer_correlation")


def test_predicted_seconds_add_up_and_keep_to_the_budget() -> None:
    methods = asking(block_influence=Seen(), fisher_information=Returned(), spectral_analysis=Stored())
    for budget in (0.5, 1.05, 1.2, 2.0, 10.0):
        choice = chosen(budget, methods)
        added = [decision.seconds for decision in choice.decisions if decision.chosen]
        assert choice.predicted_seconds == pytest.approx(sum(seconds for seconds in added if seconds is not None))
        assert choice.predicted_seconds <= budget
        names = {name: (methods[name].asked) for name in choice.methods}  # type: ignore[attr-defined]
        if names:
            assert choice.predicted_seconds == pytest.approx(predicted_seconds(names, CALIBRATION, 100))


def test_obstacles_are_named() -> None:
    without = ModelFacts(12, 1000, False, ModalityType.VISION, TaskType.CLASSIFICATION)
    methods = {**asking(attention_analysis=Returned()), "own": OwnCode("own")}
    reasons = {decision.method: decision.reason for decision in chosen(100.0, methods, without).decisions}
    assert reasons["attention_analysis"] == "The model has no attention."
    assert "own code" in reasons["own"]
    few = select_methods(FACTS, 3, 10.0, CALIBRATION, asking(layer_correlation=Seen()))
    assert few.methods == () and "at least 4 examples" in few.decisions[0].reason and few.predicted_seconds == 0.0


def test_every_method_is_decided_on_once() -> None:
    methods = {name: METHODS.get(name) for name in METHODS.names()}
    for budget in (0.01, 5.0, 1e9):
        decisions = chosen(budget, methods).decisions
        assert sorted(decision.method for decision in decisions) == sorted(methods)
        assert all(decision.reason for decision in decisions)
    assert all(decision.chosen for decision in decisions)


def test_every_registered_method_has_a_prior() -> None:
    assert set(METHODS.names()) <= set(PRIORS)


def test_no_time_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no time"):
        chosen(0.0, {})


def test_json_round_trip() -> None:
    choice = chosen(2.0, asking(block_influence=Seen(), layer_ablation=SkippedLayers()))
    assert MethodChoice.from_dict(json.loads(json.dumps(choice.to_dict(), allow_nan=False))) == choice
