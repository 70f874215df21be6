"""The field's own words, as closed sets: modalities, tasks, kinds of layers, directions."""

from __future__ import annotations

from enum import StrEnum


class ModalityType(StrEnum):
    """What kind of data a model reads."""

    TEXT = "text"
    VISION = "vision"
    AUDIO = "audio"
    MULTIMODAL = "multimodal"
    GRAPH = "graph"
    TABULAR = "tabular"


class TaskType(StrEnum):
    """What a model is asked to do."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    GENERATION = "generation"
    RETRIEVAL = "retrieval"
    RECOMMENDATION = "recommendation"
    DETECTION = "detection"
    SEGMENTATION = "segmentation"
    TRANSLATION = "translation"
    SUMMARIZATION = "summarization"
    QA = "qa"
    REINFORCEMENT_LEARNING = "reinforcement_learning"


class LayerKind(StrEnum):
    """What a layer is built from."""

    TRANSFORMER = "transformer"
    CONVOLUTION = "convolution"
    RECURRENT = "recurrent"
    GRAPH = "graph"
    MLP = "mlp"
    ATTENTION = "attention"
    OTHER = "other"


class Direction(StrEnum):
    """Which end of a metric is the good one."""

    HIGHER_IS_BETTER = "higher"
    LOWER_IS_BETTER = "lower"


class Granularity(StrEnum):
    """How finely a model is cut into layers."""

    STAGE = "stage"
    BLOCK = "block"
    SUBLAYER = "sublayer"


class RatioOf(StrEnum):
    """What a ratio of before to after counts.

    ``MEMORY`` is that of the weights; ``LATENCY`` and ``FLOPS`` are those of one forward pass.
    """

    LAYERS = "layers"
    PARAMETERS = "parameters"
    FLOPS = "flops"
    LATENCY = "latency"
    MEMORY = "memory"

    @property
    def counted(self) -> str:
        """As it is said in a sentence."""
        return {"flops": "FLOPs", "latency": "milliseconds", "memory": "bytes"}.get(self.value, self.value)


class HealWay(StrEnum):
    """What is done about the gap that removed layers leave.

    ``LINEAR``: the last linear map before each gap is fitted anew, in closed form, so that it stands in for what went.
    ``DISTILL``: a short training with the whole model as the teacher.
    ``LORA``: the same training of low-rank adapters alone, which are merged into the linear layers afterwards.
    """

    NONE = "none"
    LINEAR = "linear"
    DISTILL = "distill"
    LORA = "lora"


class Quantization(StrEnum):
    """How the numbers of the linear layers that stay are stored.

    ``INT8``: weights as whole numbers with one scale an output; inputs become whole numbers as they come.
    """

    NONE = "none"
    INT8 = "int8"


class RunState(StrEnum):
    """Where a run is in its life. A run moves down this list and never back."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True once nothing more will happen to the run."""
        return self in (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)


class RunKind(StrEnum):
    """What a run computes."""

    ANALYSIS = "analysis"
    COMPRESSION = "compression"
