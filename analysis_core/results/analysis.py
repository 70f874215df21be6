"""What an analysis finds: layers, each method's scores, measured subsets, and the report that joins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from analysis_core.results.insight import Agreement, Trust
from analysis_core.results.plain import JsonResult
from analysis_core.vocabulary import Direction, LayerKind

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Layer(JsonResult):
    """One layer of a model: by default one repeated block.

    Args:
        index: position among the model's layers, counted from 0.
        name: path of its module, e.g. ``"bert.encoder.layer.3"``.
        kind: what it is built from.
        class_name: the class of its module.
        parameters: how many numbers it holds; tied weights count once, where they first appear.
        removable: whether it can be taken out; true only where input and output have one shape.
        why_not: the reason when it cannot.
        stack: path of the container that it stands in.
    """

    index: int
    name: str
    kind: LayerKind
    class_name: str
    parameters: int
    removable: bool = True
    why_not: str | None = None
    stack: str = ""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "kind": LayerKind(values["kind"])})


@dataclass(frozen=True)
class MethodResult(JsonResult, Mapping[int, float]):
    """What one method says of every layer; reads as a mapping from layer index to raw score.

    Args:
        method: registered name.
        title: name for people.
        scores: one raw score a layer; None where the method does not apply to that layer.
            Higher always means more important.
        std_errors: standard error of each score over examples; None where there is none.
        unit: of the scores.
        examples: how many examples it saw.
        seconds: what it cost by itself; shared work is divided among those who shared it.
        passes: forward passes over the data, counted in full-model equivalents; a backward pass counts two.
        replays: how many runs from some layer onwards it took.
        not_applicable: why the method says nothing of this model; None when it does.
        extras: what comes beside the score, as plain JSON: per-layer lists or maps.
        reasons: for each layer why it has no score; None where it has one.
    """

    method: str
    title: str
    scores: tuple[float | None, ...]
    std_errors: tuple[float | None, ...]
    unit: str
    examples: int = 0
    seconds: float = 0.0
    passes: float = 0.0
    replays: int = 0
    not_applicable: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str | None, ...] = ()

    def __getitem__(self, index: int) -> float:
        if not 0 <= index < len(self.scores):
            raise KeyError(index)
        score = self.scores[index]
        if score is None:
            raise KeyError(index)
        return score

    def __iter__(self) -> Iterator[int]:
        return (index for index, score in enumerate(self.scores) if score is not None)

    def __len__(self) -> int:
        return sum(score is not None for score in self.scores)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        listed = {key: tuple(values.get(key, ())) for key in ("scores", "std_errors", "reasons")}
        return cls(**{**values, **listed})


@dataclass(frozen=True)
class SubsetResult(JsonResult):
    """What was measured with some layers skipped, on the examples that may be used to choose.

    Args:
        removed: indices of the skipped layers, ascending.
        loss: mean loss over examples (nats for classification).
        loss_increase: mean of loss minus the intact model's loss, example by example.
        loss_increase_std_error: standard error of that paired mean.
        metric: the task's metric, e.g. accuracy as a share.
        metric_drop: intact minus this, in the metric's own direction (positive = worse).
        metric_drop_std_error: standard error of that paired difference.
        examples: how many examples were used.
    """

    removed: tuple[int, ...]
    loss: float
    loss_increase: float
    loss_increase_std_error: float
    metric: float
    metric_drop: float
    metric_drop_std_error: float
    examples: int

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "removed": tuple(values["removed"])})


@dataclass(frozen=True)
class AnalysisReport(JsonResult):
    """Everything that one analysis found. ``report["fisher_information"][3]`` is a raw score.

    Args:
        model: id, title, modality, task, architecture, parameters, … of the model.
        layers: the model's layers.
        methods: results by method name.
        consensus: mean over methods of each layer's rank, scaled to 0 (least) … 1 (most important).
        baseline: the intact model's loss and metrics on the examples used.
        metric: name of the task's main metric.
        metric_direction: which end of it is good.
        measured: every subset of layers that was run without, the intact model first.
        provenance: versions, machine, seed, data hash, examples, times: what is needed to repeat it.
        run: id of the stored run; None for an analysis that was not stored.
        consensus_by_rule: the consensus by every rule, among them that of ``consensus``.
        agreement: how alike every two methods rank the layers; None in reports of earlier versions.
        trust: by method name, how well it agrees with measured ablation.
    """

    model: Mapping[str, Any]
    layers: tuple[Layer, ...]
    methods: Mapping[str, MethodResult]
    consensus: tuple[float | None, ...]
    baseline: Mapping[str, float]
    metric: str
    metric_direction: Direction
    measured: tuple[SubsetResult, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None
    consensus_by_rule: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    agreement: Agreement | None = None
    trust: Mapping[str, Trust] = field(default_factory=dict)

    def __getitem__(self, method: str) -> MethodResult:
        return self.methods[method]

    def __contains__(self, method: object) -> bool:
        return method in self.methods

    def to_frame(self) -> pandas.DataFrame:
        """A table of raw scores: one row a layer, one column a method."""
        import pandas

        columns = {name: list(result.scores) for name, result in self.methods.items()}
        index = pandas.Index([layer.name for layer in self.layers], name="layer")
        return pandas.DataFrame(columns, index=index, dtype="float64")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        parts = dict(values)
        parts["layers"] = tuple(Layer.from_dict(layer) for layer in values["layers"])
        parts["methods"] = {name: MethodResult.from_dict(item) for name, item in values["methods"].items()}
        parts["consensus"] = tuple(values["consensus"])
        parts["metric_direction"] = Direction(values["metric_direction"])
        parts["measured"] = tuple(SubsetResult.from_dict(item) for item in values.get("measured", ()))
        parts["consensus_by_rule"] = {
            rule: tuple(places) for rule, places in values.get("consensus_by_rule", {}).items()
        }
        agreement = values.get("agreement")
        parts["agreement"] = None if agreement is None else Agreement.from_dict(agreement)
        parts["trust"] = {name: Trust.from_dict(item) for name, item in values.get("trust", {}).items()}
        return cls(**parts)
