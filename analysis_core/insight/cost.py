"""What methods will cost in seconds, alone and together. No torch here.

A cost is what a method declares (its needs, their passes, how its arithmetic grows) times what was measured on this
model and machine (a :class:`Calibration`). Methods that share the pass pay for it once: a prediction for several
methods is no sum of predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from analysis_core.probe.needs import Need, Served

Work = Callable[[int, int], float]


@dataclass(frozen=True)
class Calibration:
    """What was measured on one model, on one machine, with a few examples.

    Args:
        layers: of the model.
        forward_seconds: an example's way through the model.
        backward_seconds: its way back to the layers' inputs, for one source of labels.
        replay_seconds: an example's way through the model in further runs, for one pass's worth of layers.
        weight_gradients_seconds: what gradients of the weights add to that.
        open_attention_seconds: what openly computed attention adds to both ways.
        need_seconds: what serving a need costs beside the passes: for each example where the shared pass or further
            runs serve it, in all where the weights do.
        scoring_seconds: a method's own arithmetic, for one unit of its :data:`WORK`.
        seconds: what the calibration took.
    """

    layers: int
    forward_seconds: float
    backward_seconds: float
    replay_seconds: float
    weight_gradients_seconds: float = 0.0
    open_attention_seconds: float = 0.0
    need_seconds: Mapping[Need, float] = field(default_factory=dict)
    scoring_seconds: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


def linear_work(layers: int, examples: int) -> float:
    """Arithmetic that goes once over every layer and example."""
    return layers * examples


WORK: Mapping[str, Work] = MappingProxyType(
    {
        "layer_correlation": lambda layers, n: (layers**2 + 8 * layers) * min(n, 512) ** 2,  # a map of kernels
        "information_bottleneck": lambda layers, n: (layers + 2) * min(n, 512) ** 2,  # a kernel each side of a layer
        "topology_analysis": lambda layers, n: (layers + 1) * min(n, 96) ** 2.5,  # fixed landmarks; diagrams between
        "spectral_analysis": lambda layers, _n: layers,  # reads no examples
    }
)
"""How the arithmetic after the passes grows with layers and examples; :func:`linear_work` for all others."""


def work(method: str, layers: int, examples: int) -> float:
    """Units of arithmetic that a method's scores take once its needs are measured."""
    return WORK.get(method, linear_work)(layers, max(1, examples))


def predicted_seconds(needs: Mapping[str, tuple[Need, ...]], calibration: Calibration, examples: int) -> float:
    """What an analysis takes that runs exactly these methods.

    Args:
        needs: of each method, by its name. None at all costs the forward pass that every analysis makes.
        calibration: of the model.
        examples: how many will be used.
    """
    unique = list(dict.fromkeys(need for several in needs.values() for need in several))
    shared = [need for need in unique if need.served is Served.SHARED]
    whole = shared_pass_seconds(shared, calibration, examples)
    whole += sum(_own_seconds(need, calibration, examples) for need in unique)
    return whole + sum(
        calibration.scoring_seconds.get(name, 0.0) * work(name, calibration.layers, examples) for name in needs
    )


def shared_pass_seconds(needs: Iterable[Need], calibration: Calibration, examples: int) -> float:
    """One forward pass, and one backward pass for each source of labels that any need asks for."""
    needs = list(needs)
    sources = {need.backward for need in needs if need.backward is not None}
    each = calibration.forward_seconds + len(sources) * calibration.backward_seconds
    if any(need.weight_gradients for need in needs):
        each += calibration.weight_gradients_seconds
    if any(need.eager_attention for need in needs):
        each += calibration.open_attention_seconds
    return each * examples


def _own_seconds(need: Need, calibration: Calibration, examples: int) -> float:
    """What a need costs beside the shared pass."""
    measured = calibration.need_seconds.get(need, 0.0)
    if need.served is Served.WEIGHTS:
        return measured
    if need.served is Served.SHARED:
        return measured * min(examples, getattr(need, "limit", examples))
    passes = need.passes(calibration.layers, examples)
    if need.backward is None:
        return examples * (measured + passes * calibration.replay_seconds)
    both_ways = calibration.forward_seconds + calibration.backward_seconds
    return examples * (measured + passes / 3 * both_ways)  # a backward pass is declared as two forward passes
