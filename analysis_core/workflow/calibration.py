"""How long this model's passes take on this machine, from a few batches: what predictions of cost are made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, TypeVar

from torch import Tensor, nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.insight.cost import Calibration, work
from analysis_core.insight.selection import ModelFacts
from analysis_core.methods import ImportanceAnalyzer, ProbeMethod
from analysis_core.models.base import Site, UniversalModel
from analysis_core.probe.needs import Need, OutputGradients, Served, Statistics
from analysis_core.probe.replay import Replayer
from analysis_core.probe.runners import RUNNERS, Subject
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.results import Layer
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind

TIMED_EXAMPLES = 16
"""Ways through the model and back are timed on so many examples, in batches of at most this size."""
TWICE_BELOW_SECONDS = 0.1
"""A shorter pass is timed again, and the faster time counts: what disturbs it is large beside it."""
SCORED_LAYERS = 2
SCORED_EXAMPLES = 48
"""The arithmetic of scores that take no backward pass, some of which grows with the square of the examples, is timed
on so many."""
SKIPPED_DEPTHS = (0.25, 0.75)
"""Further runs are timed by skipping layers at these depths: on average they begin where those of all layers do."""
_PLAIN, _BACKWARD = (False, False, False), (True, False, False)
_WEIGHTS, _OPEN_ATTENTION = (True, True, False), (True, False, True)
Mode = tuple[bool, bool, bool]
"""Of a shared pass: with a backward pass, with weight gradients, with attention computed openly."""
T = TypeVar("T")


def calibrate(
    model: UniversalModel,
    batches: Sequence[Batch],
    config: AnalysisConfig,
    methods: Mapping[str, ImportanceAnalyzer],
) -> Calibration:
    """Time the parts of the methods' work; takes about as long as a dozen forward and backward passes of few examples.

    Only the first examples are used; the first pass is not timed, short ones are timed twice, others once. Needs
    served by further runs are not run, but for skipping two layers: their passes are declared, and a pass is timed.
    Spectra are timed on the first layers, and so is the arithmetic of scores that take a backward pass; it hardly
    grows.

    Args:
        model: left as it was.
        batches: at least one.
        config: settings of the analysis to be predicted.
        methods: by name; those that are not built from needs are passed over.

    Raises:
        NumericalError, DataError: as in the shared pass.
    """
    began = time.perf_counter()
    needs = {name: method.needs(config) for name, method in methods.items() if isinstance(method, ProbeMethod)}
    unique = list(dict.fromkeys(need for several in needs.values() for need in several))
    shared = [need for need in unique if need.served is Served.SHARED]
    first = _FirstLayers(model, SCORED_LAYERS)
    few = list(_first_examples(batches, TIMED_EXAMPLES))
    examples = sum(batch.size for batch in few)
    statistics = _statistics_of(first, few, unique, config.seed)  # also the first pass, which is always slow
    modes = _timed_modes(model, few, list(_first_examples(batches, SCORED_EXAMPLES)), shared, config.seed)
    forward, backward = (modes[mode].base_seconds / modes[mode].examples for mode in (_PLAIN, _BACKWARD))

    def added(mode: Mode) -> float:
        return max(0.0, modes[mode].base_seconds / examples - backward) if mode in modes else 0.0

    share = sum(layer.parameters for layer in model.layers) / max(1, sum(layer.parameters for layer in first.layers))
    own = {need: seconds / found.examples for found in modes.values() for need, seconds in found.seconds.items()}
    own |= {need: statistics.seconds[need] * share for need in unique if need.served is Served.WEIGHTS}
    return Calibration(
        layers=len(model.layers),
        forward_seconds=forward,
        backward_seconds=max(0.0, backward - forward),
        replay_seconds=_replay_seconds(model, few[0]),
        weight_gradients_seconds=added(_WEIGHTS),
        open_attention_seconds=added(_OPEN_ATTENTION),
        need_seconds=own,
        scoring_seconds={
            **_scoring_seconds(first.layers, statistics, config, needs, methods),
            **_scoring_seconds(model.layers, modes[_PLAIN], config, needs, methods),
        },
        seconds=time.perf_counter() - began,
    )


def model_facts(model: UniversalModel) -> ModelFacts:
    """What the choice of methods asks about a model."""
    attentive = {LayerKind.TRANSFORMER, LayerKind.ATTENTION}
    return ModelFacts(
        layers=len(model.layers),
        parameters=model.parameter_count,
        has_attention=any(layer.kind in attentive for layer in model.layers),
        modality=model.modality,
        task=model.task,
    )


class _FirstLayers(UniversalModel):
    """The same network, of whose layers only the first few are looked at."""

    def __init__(self, whole: UniversalModel, count: int) -> None:
        self.whole, self.count = whole, count
        super().__init__(whole.module, name=whole.name, task=whole.task, modality=whole.modality)
        self.layer_modules = whole.layer_modules[:count]

    def _initialize_layers(self) -> Sequence[Layer]:
        return self.whole.layers[: self.count]

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        return self.whole.blocks

    @property
    def sites(self) -> tuple[Site, ...]:
        return self.whole.sites[: self.count]

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        return self.whole.get_layer_output(x, layer_idx)

    def forward(self, batch: Batch) -> Any:
        return self.whole.forward(batch)


def _timed_modes(
    model: UniversalModel, few: list[Batch], more: list[Batch], shared: Sequence[Need], seed: int
) -> dict[Mode, Statistics]:
    """The shared pass in every mode that a need asks for, and plain; the needs of a mode are timed along with it.

    Args:
        few: for the modes with a backward pass.
        more: for the plain pass, whose statistics serve to time scores too.
    """
    task = task_for(model.task, model.modality)
    groups: dict[Mode, list[Need]] = {_PLAIN: []}
    for need in shared:
        mode = (need.backward is not None, need.weight_gradients, need.eager_attention)
        groups.setdefault(mode, []).append(need)
    groups.setdefault(_BACKWARD, [OutputGradients()])  # the way back is timed in any case, by a need that does little

    def timed(needs: list[Need], on: list[Batch]) -> Statistics:
        first = run_shared_pass(model, on, task, needs, seed=seed)
        if first.base_seconds + sum(first.seconds.values()) > TWICE_BELOW_SECONDS:
            return first
        again = run_shared_pass(model, on, task, needs, seed=seed)
        fastest = {need: min(first.seconds[need], again.seconds[need]) for need in needs}
        return replace(first, seconds=fastest, base_seconds=min(first.base_seconds, again.base_seconds))

    found = {mode: timed(needs, more if mode == _PLAIN else few) for mode, needs in groups.items()}
    labels = {need: need.backward for need in groups[_BACKWARD]}
    if len(set(labels.values())) > 1:  # two sources of labels mean two ways back: time the way for one of them
        source = next(iter(labels.values()))
        one_way = [need for need, label in labels.items() if label == source]
        alone = timed(one_way, few)
        found[_BACKWARD] = replace(found[_BACKWARD], base_seconds=alone.base_seconds)
    return found


def _replay_seconds(model: UniversalModel, batch: Batch) -> float:
    """Seconds for an example and a pass in further runs, from skipping a layer early and one late.

    They are dearer than plain passes: each begins somewhere in the model and runs what lies behind the layers too.
    """
    replayer = Replayer(model, task_for(model.task, model.modality), [batch])
    depths = [round(depth * (len(model.layers) - 1)) for depth in SKIPPED_DEPTHS]
    _, seconds = _timed(lambda: [replayer.outcome(removed) for removed in [(), *((depth,) for depth in depths)]])
    return seconds / (batch.size * replayer.layer_runs / len(model.layers))


def _statistics_of(model: UniversalModel, batches: list[Batch], needs: Sequence[Need], seed: int) -> Statistics:
    """Everything that takes no further runs, with the seconds of what the weights serve."""
    task = task_for(model.task, model.modality)
    shared = [need for need in needs if need.served is Served.SHARED]
    statistics = run_shared_pass(model, batches, task, shared, seed=seed)
    subject = Subject(model, task, batches, seed)
    found, seconds = dict(statistics.found), dict(statistics.seconds)
    passes = dict(statistics.passes_of)
    for need in (need for need in needs if need.served is Served.WEIGHTS):
        (found[need], passes[need]), seconds[need] = _timed(
            lambda need=need: RUNNERS[type(need)](need, subject, lambda _done, _message: None)  # type: ignore[misc]
        )
    return replace(statistics, found=found, seconds=seconds, passes_of=passes)


def _scoring_seconds(
    layers: Sequence[Layer],
    statistics: Statistics,
    config: AnalysisConfig,
    needs: Mapping[str, tuple[Need, ...]],
    methods: Mapping[str, ImportanceAnalyzer],
) -> dict[str, float]:
    """Seconds for one unit of each method's arithmetic, where its statistics are there."""
    found = {}
    for name, asked in needs.items():
        method = methods[name]
        if isinstance(method, ProbeMethod) and all(need in statistics for need in asked):
            _, seconds = _timed(lambda method=method: method.score(statistics, layers, config))  # type: ignore[misc]
            found[name] = seconds / work(name, len(layers), statistics.examples)
    return found


def _first_examples(batches: Sequence[Batch], most: int) -> Iterator[Batch]:
    for batch in takewhile(lambda batch: batch.first < most, batches):
        yield batch.select(0, min(batch.size, most - batch.first))


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    value = run()
    return value, time.perf_counter() - began
