"""What a compression plans, estimates and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from analysis_core.results.analysis import SubsetResult
from analysis_core.results.onnx import OnnxReport
from analysis_core.results.plain import JsonResult
from analysis_core.vocabulary import Direction, Quantization, RatioOf


@dataclass(frozen=True)
class CompressionPlan(JsonResult):
    """Which layers stay and which go. ``plan["original_layers"]`` reads as in the first quick start.

    Args:
        original_layers, compressed_layers: how many layers before and after.
        keep, remove: indices of the layers, ascending.
        strategy: how they were chosen.
        ratio_asked: before / after as asked; None when layers were named one by one, or a largest drop was asked.
        ratio: layers before / after as reached.
        scores: the scores that decided, one a layer; empty when no scores did.
        protected: layers that the strategy was not allowed to remove.
        removal_order: the removed layers in the order in which the strategy chose them.
        ratio_of: what ``ratio_asked`` counts, a :class:`~analysis_core.vocabulary.RatioOf`.
        largest_drop: how much of the metric was allowed to go, in its own unit; None where any loss was.
        quantize: how the numbers of the linear layers that stay are stored.
        low_rank: share of the weights of each linear layer in the blocks that stays, as two thin layers; None leaves
            them whole.
    """

    original_layers: int
    compressed_layers: int
    keep: tuple[int, ...]
    remove: tuple[int, ...]
    strategy: str
    ratio_asked: float | None
    ratio: float
    scores: tuple[float | None, ...] = ()
    protected: tuple[int, ...] = ()
    removal_order: tuple[int, ...] = ()
    ratio_of: RatioOf = RatioOf.LAYERS
    largest_drop: float | None = None
    quantize: Quantization = Quantization.NONE
    low_rank: float | None = None

    @property
    def keeps_weights(self) -> bool:
        """Whether the layers that stay keep the form of their weights."""
        return self.quantize is Quantization.NONE and self.low_rank is None

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        listed = ("keep", "remove", "scores", "protected", "removal_order")
        lists = {name: tuple(values.get(name, ())) for name in listed}
        words = {
            "ratio_of": RatioOf(values.get("ratio_of", RatioOf.LAYERS)),
            "quantize": Quantization(values.get("quantize", Quantization.NONE)),
        }
        return cls(**{**values, **lists, **words})


@dataclass(frozen=True)
class Interval(JsonResult):
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class Latency(JsonResult):
    """Time of one batch in milliseconds: median and 95th percentile over repetitions."""

    median_ms: float
    p95_ms: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class Measurement(JsonResult):
    """What a compressed model keeps and saves, measured on examples that chose nothing.

    Args:
        metric: name of the task's main metric.
        metric_direction: which end of it is good.
        original, compressed: the metric of both models.
        difference: compressed minus original, paired over examples.
        retention: compressed / original, paired over examples.
        examples: how many test examples.
        latency_original, latency_compressed: one batch, interleaved pairs.
        speedup: original / compressed latency over the pairs.
        batch_size: of the latency batch.
        parameters_original, parameters_compressed: counts.
        bytes_original, bytes_compressed: size of the weights on disk as safetensors.
        machine: processor, cores, torch threads and device.
        measured_at: ISO time.
        metrics_original, metrics_compressed: all of the task's metrics by name, with those that only the final
            measurement has: of texts written by the model, of episodes it acts in.
        flops_original, flops_compressed: of one forward pass of the latency batch, as
            :class:`~analysis_core.compression.measuring.forward_cost.ForwardCost` counts; None in results of older
            versions.
        flops_uncounted: operators that ran in either model and are not among these.
        peak_bytes_original, peak_bytes_compressed: weights and live tensors of that pass at most, as defined there.
    """

    metric: str
    metric_direction: Direction
    original: float
    compressed: float
    difference: Interval
    retention: Interval
    examples: int
    latency_original: Latency
    latency_compressed: Latency
    speedup: Interval
    batch_size: int
    parameters_original: int
    parameters_compressed: int
    bytes_original: int
    bytes_compressed: int
    machine: str
    measured_at: str
    metrics_original: Mapping[str, float] = field(default_factory=dict)
    metrics_compressed: Mapping[str, float] = field(default_factory=dict)
    flops_original: int | None = None
    flops_compressed: int | None = None
    flops_uncounted: tuple[str, ...] = ()
    peak_bytes_original: int | None = None
    peak_bytes_compressed: int | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        parts = dict(values)
        parts["metric_direction"] = Direction(values["metric_direction"])
        parts["flops_uncounted"] = tuple(values.get("flops_uncounted", ()))
        for name in ("difference", "retention", "speedup"):
            parts[name] = Interval.from_dict(values[name])
        for name in ("latency_original", "latency_compressed"):
            parts[name] = Latency.from_dict(values[name])
        return cls(**parts)


@dataclass(frozen=True)
class HealReport(JsonResult):
    """What healing changed, judged on the search examples.

    Args:
        way: what was done, a :class:`~analysis_core.vocabulary.HealWay`.
        helped: whether the loss fell; where it did not, the smaller model was left as it was cut.
        loss_before: mean loss as it was cut.
        loss_reached: the lowest mean loss that healing reached, also where it is worse and nothing was kept.
        examples: how many training examples it learned from.
        steps: how many updates of the weights it took.
        seconds: how long it took, checks included.
    """

    way: str
    helped: bool
    loss_before: float
    loss_reached: float
    examples: int
    steps: int
    seconds: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class LinearChange(JsonResult):
    """What became of one linear layer that stayed.

    Args:
        path: of the layer in the smaller model.
        int8: whether its weights are int8 now.
        rank: of the two thin layers that stand in for it; None where it stayed one.
        energy: the share of its outputs' mean square that these keep on the examples that shaped them; None likewise.
    """

    path: str
    int8: bool
    rank: int | None = None
    energy: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True)
class Estimate(JsonResult):
    """A guess at what a subset costs, never to be shown as measured.

    Args:
        removed: indices of the removed layers, ascending.
        metric: estimated metric with its 90 % error bar.
        loss_increase: estimated rise of the mean loss with its 90 % error bar.
        measured: true when this very subset was run on the search examples; the bars are then sampling error alone.
    """

    removed: tuple[int, ...]
    metric: Interval
    loss_increase: Interval
    measured: bool


@dataclass(frozen=True)
class CompressionOutcome(JsonResult):
    """What a compression run leaves behind, without the model itself.

    Args:
        model: as in :class:`AnalysisReport`.
        plan: which layers went.
        measurement: what that costs and keeps.
        searched: subsets measured on the way, on the search examples.
        export: folder name inside the run's folder, or None.
        reload_equal: whether a fresh process loaded the export and computed the same; None without export.
        provenance: as in :class:`AnalysisReport`.
        run: id of the stored run.
        heal: what healing changed; None where none was asked for.
        linear: what became of linear layers that stayed; empty where the plan keeps their weights.
        onnx: what came of writing it as ONNX; None where that was not asked for.
    """

    model: Mapping[str, Any]
    plan: CompressionPlan
    measurement: Measurement
    searched: tuple[SubsetResult, ...] = ()
    export: str | None = None
    reload_equal: bool | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    heal: HealReport | None = None
    linear: tuple[LinearChange, ...] = ()
    onnx: OnnxReport | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        parts = dict(values)
        parts["onnx"] = OnnxReport.from_dict(values["onnx"]) if values.get("onnx") else None
        parts["linear"] = tuple(LinearChange.from_dict(item) for item in values.get("linear", ()))
        parts["heal"] = HealReport.from_dict(values["heal"]) if values.get("heal") else None
        parts["plan"] = CompressionPlan.from_dict(values["plan"])
        parts["measurement"] = Measurement.from_dict(values["measurement"])
        parts["searched"] = tuple(SubsetResult.from_dict(item) for item in values.get("searched", ()))
        return cls(**parts)
