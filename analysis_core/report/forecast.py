"""How long an analysis will take, before it starts: from an earlier run of the model, or from its size alone.

What is known here is coarser than a calibration on the machine itself: words such as "about" belong to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analysis_core.config import AnalysisConfig
from analysis_core.insight.cost import Calibration, predicted_seconds, work
from analysis_core.methods import METHODS, ImportanceAnalyzer, ProbeMethod
from analysis_core.probe.needs import Need, Served
from analysis_core.results import AnalysisReport

FORWARD_SECONDS = 2.5e-9
"""Of one example and one parameter on one processor core, as the embedded models showed."""
BACKWARD = 1.3
"""Forward passes that the way back to the layers' inputs takes."""
NEED = 0.3
"""Forward passes that serving a need of the shared pass takes, where it was not measured."""
SPECTRUM_SECONDS = 5e-8
"""Of one parameter, for what the weights alone serve."""
SCORING_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "information_bottleneck": 1.6e-7,
        "layer_correlation": 1e-8,
        "neuron_activation": 9e-6,
        "spectral_analysis": 7e-4,
        "topology_analysis": 4e-7,
    }
)
"""Seconds for one unit of a method's own arithmetic, where it is worth counting."""
SLOWEST, FASTEST = 2.0, 0.2
"""How far a machine's arithmetic is believed to differ from these numbers; what a run spends beyond that is spent once,
on loading libraries."""
_USUAL = AnalysisConfig()


@dataclass(frozen=True)
class _Seen:
    """A run of the past: what was asked, and what it took."""

    layers: int
    examples: int
    whole_seconds: float
    shared_seconds: float
    needs: Mapping[str, tuple[Need, ...]]
    seconds: Mapping[str, float]

    @property
    def unique(self) -> list[Need]:
        return list(dict.fromkeys(need for several in self.needs.values() for need in several))


def served_by(method: ImportanceAnalyzer) -> Served | None:
    """The dearest thing that a method asks for; None for one that runs its own code."""
    if not isinstance(method, ProbeMethod):
        return None
    asked = {need.served for need in method.needs(_USUAL)}
    return next((kind for kind in (Served.FURTHER_RUNS, Served.SHARED) if kind in asked), Served.WEIGHTS)


def about_seconds(names: Iterable[str], calibration: Calibration, examples: int) -> float:
    """What an analysis by these methods takes, without loading the model; methods of one's own count nothing."""
    needs = {name: method.needs(_USUAL) for name, method in _built_in(names)}
    return predicted_seconds(needs, calibration, examples)


def from_size(layers: int, parameters: int) -> Calibration:
    """A rough guess for a model that was never run here."""
    forward = FORWARD_SECONDS * parameters
    return Calibration(
        layers=layers,
        forward_seconds=forward,
        backward_seconds=BACKWARD * forward,
        replay_seconds=forward,
        need_seconds=_usual_needs(forward, parameters),
        scoring_seconds=SCORING_SECONDS,
    )


def from_report(report: AnalysisReport) -> Calibration | None:
    """What an earlier analysis of the same model took, part by part; None where it did not record enough."""
    seen = _seen(report)
    if seen is None:
        return None
    sources = len({need.backward for need in seen.unique if _is_shared(need) and need.backward is not None})
    forward = seen.shared_seconds / seen.examples / (1 + BACKWARD * sources)
    parameters = sum(layer.parameters for layer in report.layers)
    measured = dict(_measured_needs(seen))
    return Calibration(
        layers=seen.layers,
        forward_seconds=forward,
        backward_seconds=BACKWARD * forward,
        replay_seconds=_replay_seconds(seen) or forward,
        need_seconds={**_usual_needs(forward, parameters), **measured},
        scoring_seconds=_scoring(seen),
        seconds=seen.whole_seconds,
    )


def _built_in(names: Iterable[str]) -> Iterator[tuple[str, ProbeMethod]]:
    for name in names:
        method = METHODS.get(name) if name in METHODS else None
        if isinstance(method, ProbeMethod):
            yield name, method


def _is_shared(need: Need) -> bool:
    return need.served is Served.SHARED


def _seen(report: AnalysisReport) -> _Seen | None:
    facts = report.provenance
    examples, whole, shared = (facts.get(key) for key in ("examples", "seconds", "shared_pass_seconds"))
    if not examples or not whole or not shared:
        return None
    needs = {name: method.needs(_USUAL) for name, method in _built_in(report.methods)}
    seconds = {name: report[name].seconds for name in needs}
    return _Seen(len(report.layers), int(examples), float(whole), float(shared), needs, seconds)


def _replay_seconds(seen: _Seen) -> float | None:
    """Seconds of an example's way through the model in further runs; None where there were none."""
    spent = passes = 0.0
    for name, needs in seen.needs.items():
        if len(needs) == 1 and needs[0].served is Served.FURTHER_RUNS and needs[0].backward is None:
            spent += seen.seconds[name]
            passes += needs[0].passes(seen.layers, seen.examples) * seen.examples
    return spent / passes if spent and passes else None


def _measured_needs(seen: _Seen) -> Iterator[tuple[Need, float]]:
    """Seconds for each example of what the shared pass served, and in all of what the weights did."""
    for need, seconds in _need_seconds(seen).items():
        if need.served is Served.WEIGHTS:
            yield need, seconds
        elif _is_shared(need):
            yield need, seconds / min(seen.examples, getattr(need, "limit", seen.examples))


def _need_seconds(seen: _Seen) -> dict[Need, float]:
    """What each need took: known where a method asks for it alone, the rest of the others' seconds where not."""
    found = {needs[0]: seen.seconds[name] for name, needs in seen.needs.items() if len(needs) == 1}
    for name, needs in seen.needs.items():
        unknown = [need for need in needs if need not in found]
        rest = seen.seconds[name] - sum(found.get(need, 0.0) for need in needs)
        found |= {need: max(0.0, rest) / len(unknown) for need in unknown}
    return found


def _scoring(seen: _Seen) -> dict[str, float]:
    """The usual seconds, scaled to what the run spent on neither passes nor needs."""
    usual = sum(SCORING_SECONDS.get(name, 0.0) * work(name, seen.layers, seen.examples) for name in seen.needs)
    rest = seen.whole_seconds - seen.shared_seconds - sum(_need_seconds(seen).values())
    factor = min(SLOWEST, max(FASTEST, rest / usual)) if usual else 1.0
    return {name: factor * seconds for name, seconds in SCORING_SECONDS.items()}


def _usual_needs(forward: float, parameters: int) -> dict[Need, float]:
    """What every method's needs cost where nothing was measured; further runs cost their passes and no more."""
    needs = {need for _, method in _built_in(METHODS) for need in method.needs(_USUAL)}
    usual = {need: NEED * forward for need in needs if _is_shared(need)}
    return usual | {need: SPECTRUM_SECONDS * parameters for need in needs if need.served is Served.WEIGHTS}
