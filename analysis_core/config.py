"""What a run is asked to do, as plain frozen values that travel as JSON. No torch here."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from analysis_core.errors import ConfigurationError, UnknownNameError
from analysis_core.vocabulary import Granularity, HealWay, ModalityType, Quantization, RatioOf, RunKind, TaskType

DEFAULT_METHODS = ("fisher_information", "gradient_based", "layer_ablation")


def as_member(kind: str, enum: Any, value: Any) -> Any:
    """A word as a member of an enumeration.

    Raises:
        UnknownNameError: it is none; the message proposes the nearest one.
    """
    try:
        return enum(value)
    except ValueError:
        raise UnknownNameError(kind, str(value), [member.value for member in enum]) from None


def checked_share(low_rank: float | None) -> float | None:
    """The share of a linear layer's weights that two thin layers may have.

    Raises:
        ConfigurationError: it is not above 0, or above 1.
    """
    _require(
        low_rank is None or 0 < low_rank <= 1,
        f"{low_rank} of a layer's weights cannot stay.",
        "low_rank",
        "Use a share above 0 and at most 1, such as 0.5.",
    )
    return low_rank


def _require(condition: bool, what: str, where: str, remedy: str) -> None:
    if not condition:
        raise ConfigurationError(what, where=where, remedy=remedy)


class _JsonConfig:
    """Round trip to JSON, shared by the configurations below."""

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON types."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))  # type: ignore[call-overload]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_dict`.

        Raises:
            UnknownNameError: a key that is no setting.
        """
        known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        for key in values:
            if key not in known:
                raise UnknownNameError("setting", key, known)
        return cls(**values)


@dataclass(frozen=True)
class AnalysisConfig(_JsonConfig):
    """Settings of an analysis.

    Args:
        model_name: ``zoo/…`` for an embedded model, a local folder, or a hub id; may be a label of
            your own when the module itself is handed to ``load_model``.
        task_type: one of :class:`TaskType`; None takes the model's own.
        modality_type: one of :class:`ModalityType`; None takes the model's own.
        analysis_methods: names of methods, in the order in which results are shown.
        batch_size: examples per forward pass. Scores do not depend on it.
        max_samples: at most so many examples of the data are used.
        compression_targets: ratios (layers before / layers after) to plan for.
        data: path of the user's own examples; None takes the model's sample.
        data_format: name of their form, one of :data:`~analysis_core.data.formats.FORMATS`; recognised when empty.
        data_columns: which column of a table means what; what is not named is guessed.
        data_companion: path of the second of two files, such as the other language.
        granularity: what counts as one layer.
        seed: of every random choice in the run.
        fisher_labels: ``"data"`` for the empirical Fisher information, ``"model"`` for labels
            sampled from the model itself (the true Fisher information).
        device: where torch computes, e.g. ``"cpu"`` or ``"cuda"``; None picks the best there is.
        layer_pattern: which modules count as layers, a glob on their paths such as ``"encoder.block.*"`` or a regular
            expression after ``re:``; None takes the repeated blocks.
    """

    model_name: str = "model"
    task_type: TaskType | None = None
    modality_type: ModalityType | None = None
    analysis_methods: tuple[str, ...] = DEFAULT_METHODS
    batch_size: int = 32
    max_samples: int = 512
    compression_targets: tuple[float, ...] = (1.5, 2.0, 2.5, 3.0)
    data: str | None = None
    data_format: str = ""
    data_columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    data_companion: str | None = None
    granularity: Granularity = Granularity.BLOCK
    seed: int = 0
    fisher_labels: str = "data"
    device: str | None = None
    layer_pattern: str | None = None

    kind = RunKind.ANALYSIS

    def __post_init__(self) -> None:
        def settle(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)  # frozen from here on

        if self.task_type is not None:
            settle("task_type", as_member("task", TaskType, self.task_type))
        if self.modality_type is not None:
            settle("modality_type", as_member("modality", ModalityType, self.modality_type))
        settle("granularity", as_member("granularity", Granularity, self.granularity))
        settle("analysis_methods", _names(self.analysis_methods))
        settle("compression_targets", tuple(float(ratio) for ratio in self.compression_targets))
        _require(self.batch_size >= 1, f"A batch of {self.batch_size} holds nothing.", "batch_size", "Use 1 or more.")
        _require(self.max_samples >= 1, f"{self.max_samples} examples tell nothing.", "max_samples", "Use 1 or more.")
        _require(
            self.fisher_labels in ("data", "model"),
            f"'{self.fisher_labels}' is no source of labels.",
            "fisher_labels",
            "Use 'data' or 'model'.",
        )


@dataclass(frozen=True)
class CompressionConfig(_JsonConfig):
    """Settings of a compression: plan, surgery, measurement and, if asked for, export.

    Args:
        model_name: as in :class:`AnalysisConfig`.
        remove: layers to take out, by index; None lets the strategy choose for ``target_ratio``.
        target_ratio: before / after; ignored when ``remove`` is given. None removes as much as ``largest_drop`` allows.
        ratio_of: what the ratio counts, a :class:`~analysis_core.vocabulary.RatioOf`.
        largest_drop: how much of the task's metric may be lost, in its own unit, on the search examples.
        protect: layers that the strategy must leave alone; None protects the first and the last one.
        strategy: ``"greedy"``, ``"beam"``, ``"evolutionary"``, ``"consensus"``, or the name of a method (one-shot).
        search_evaluations, search_seconds: what a search may cost, see
            :class:`~analysis_core.compression.search.Budget`; None leaves it to the strategy.
        heal: what mends the gap, see :class:`~analysis_core.vocabulary.HealWay`.
        heal_seconds: how long ``distill`` or ``lora`` may train.
        quantize: how linear layers that stay are stored, a :class:`~analysis_core.vocabulary.Quantization`.
        low_rank: share of the weights that each linear layer inside the blocks keeps, as two thin layers; None leaves
            them whole.
        granularity: what counts as one layer that may go; None takes that of ``source_run``, else whole blocks.
        source_run: the analysis whose scores and measured subsets are used; None computes them.
        export: whether the smaller model is written to the run's folder.
        onnx: whether it is written there as ONNX too, where that is possible.
        data, data_format, data_columns, data_companion, batch_size, max_samples, seed, device: as in
            :class:`AnalysisConfig`.
        latency_pairs: how many interleaved pairs of timings are taken.
    """

    model_name: str
    remove: tuple[int, ...] | None = None
    target_ratio: float | None = 2.0
    ratio_of: RatioOf = RatioOf.LAYERS
    largest_drop: float | None = None
    protect: tuple[int, ...] | None = None
    strategy: str = "greedy"
    search_evaluations: float | None = None
    search_seconds: float | None = None
    heal: HealWay = HealWay.NONE
    heal_seconds: float = 60.0
    quantize: Quantization = Quantization.NONE
    low_rank: float | None = None
    granularity: Granularity | None = None
    source_run: str | None = None
    export: bool = False
    onnx: bool = False
    data: str | None = None
    data_format: str = ""
    data_columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    data_companion: str | None = None
    batch_size: int = 32
    max_samples: int = 512
    seed: int = 0
    device: str | None = None
    latency_pairs: int = 15

    kind = RunKind.COMPRESSION

    def __post_init__(self) -> None:
        if self.remove is not None:
            object.__setattr__(self, "remove", tuple(sorted({int(index) for index in self.remove})))
        if self.protect is not None:
            object.__setattr__(self, "protect", tuple(sorted({int(index) for index in self.protect})))
        if self.granularity is not None:
            object.__setattr__(self, "granularity", as_member("granularity", Granularity, self.granularity))
        object.__setattr__(self, "ratio_of", as_member("ratio", RatioOf, self.ratio_of))
        object.__setattr__(self, "heal", as_member("way to heal", HealWay, self.heal))
        object.__setattr__(self, "quantize", as_member("quantisation", Quantization, self.quantize))
        checked_share(self.low_rank)
        _require(self.heal_seconds > 0, f"Nothing heals in {self.heal_seconds:g} seconds.", "heal_seconds", "Use more.")
        _require(self.batch_size >= 1, f"A batch of {self.batch_size} holds nothing.", "batch_size", "Use 1 or more.")
        _require(
            self.target_ratio is not None or self.largest_drop is not None or self.remove is not None,
            "Nothing says how far to go.",
            "target_ratio",
            "Name a ratio, a largest drop, or both.",
        )
        _require(
            self.largest_drop is None or self.largest_drop >= 0,
            f"A largest drop of {self.largest_drop} would have to be a gain.",
            "largest_drop",
            "Use 0 or more.",
        )
        for name in ("search_evaluations", "search_seconds"):
            limit = getattr(self, name)
            _require(limit is None or limit > 0, f"A search cannot get by on {limit}.", name, "Use more than 0.")
        _require(
            self.target_ratio is None or self.target_ratio >= 1,
            f"A ratio of {self.target_ratio} would make the model larger.",
            "target_ratio",
            "Use a ratio of 1 or more.",
        )


RunConfig = AnalysisConfig | CompressionConfig


def config_from_dict(kind: RunKind | str, values: Mapping[str, Any]) -> RunConfig:
    """The configuration of a stored run."""
    return (
        AnalysisConfig.from_dict(values) if RunKind(kind) is RunKind.ANALYSIS else CompressionConfig.from_dict(values)
    )


def _names(methods: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(methods, str):
        methods = [part.strip() for part in methods.split(",") if part.strip()]
    names = tuple(dict.fromkeys(methods))
    _require(bool(names), "No method is named.", "analysis_methods", "Name at least one, or 'all'.")
    return names
