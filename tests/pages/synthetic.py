"""Results that look like real ones, made from formulas: a 12-layer model whose middle is dispensable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis_core.results import (
    AnalysisReport,
    CompressionOutcome,
    CompressionPlan,
    Interval,
    Latency,
    Layer,
    Measurement,
    MethodResult,
    SubsetResult,
)
from analysis_core.vocabulary import Direction, LayerKind

LAYERS = 12
BLOCK_PARAMETERS, REST_PARAMETERS = 198_272, 620_000
INTACT_ACCURACY, INTACT_LOSS = 0.718, 0.93
GREEDY_ORDER = (5, 4, 6, 7, 3, 8, 9, 2, 10, 1)
TITLES = {
    "fisher_information": ("Fisher information", "squared gradient norm"),
    "gradient_based": ("Gradient (Taylor)", "nats"),
    "block_influence": ("Block influence", "1 - cosine"),
    "layer_correlation": ("Layer correlation", "1 - CKA"),
    "layer_ablation": ("Layer ablation", "nats"),
}


def model() -> dict[str, object]:
    """What a report says of its model."""
    return {
        "id": "zoo/text-bert",
        "title": "BERT on docstrings",
        "modality": "text",
        "task": "classification",
        "architecture": "BERT",
        "layers": LAYERS,
        "parameters": LAYERS * BLOCK_PARAMETERS + REST_PARAMETERS,
    }


def layers(fixed: Iterable[int] = ()) -> tuple[Layer, ...]:
    """Twelve blocks; those named cannot be removed."""
    fixed = set(fixed)
    return tuple(
        Layer(
            index=index,
            name=f"bert.encoder.layer.{index}",
            kind=LayerKind.TRANSFORMER,
            class_name="BertLayer",
            parameters=BLOCK_PARAMETERS,
            removable=index not in fixed,
            why_not="it changes the shape of its input" if index in fixed else None,
            stack="bert.encoder.layer",
        )
        for index in range(LAYERS)
    )


def two_stacks(encoder: int = 7) -> tuple[Layer, ...]:
    """The same blocks as an encoder and a decoder."""
    found = []
    for layer in layers():
        stack = "model.encoder.layers" if layer.index < encoder else "model.decoder.layers"
        place = layer.index if layer.index < encoder else layer.index - encoder
        found.append(replace(layer, stack=stack, name=f"{stack}.{place}"))
    return tuple(found)


def parts() -> tuple[Layer, ...]:
    """Twelve parts: attention and feed-forward of six blocks."""
    kinds = {"attention": LayerKind.ATTENTION, "intermediate": LayerKind.MLP}
    words = list(kinds)
    return tuple(
        replace(
            layer,
            name=f"bert.encoder.layer.{layer.index // 2}.{words[layer.index % 2]}",
            kind=kinds[words[layer.index % 2]],
            stack=f"bert.encoder.layer.{layer.index // 2}",
        )
        for layer in layers()
    )


def importance(index: int) -> float:
    """High at both ends, low in the middle."""
    return 0.02 + 0.9 * math.exp(-index / 1.1) + 0.35 * math.exp(-(LAYERS - 1 - index) / 1.3) + 0.006 * (index % 3)


def subset(removed: Sequence[int]) -> SubsetResult:
    """What skipping some layers costs: more than the sum of its parts."""
    raised = 0.55 * sum(map(importance, removed)) * (1 + 0.03 * max(0, len(removed) - 1))
    drop = INTACT_ACCURACY * (1 - math.exp(-0.35 * raised))
    return SubsetResult(
        removed=tuple(sorted(removed)),
        loss=INTACT_LOSS + raised,
        loss_increase=raised,
        loss_increase_std_error=0.004 + 0.04 * raised,
        metric=INTACT_ACCURACY - drop,
        metric_drop=drop,
        metric_drop_std_error=0.002 + 0.03 * drop,
        examples=500,
    )


def method(name: str, power: float = 1.0, wobble: float = 0.0) -> MethodResult:
    """A method that sees the importance through its own glasses."""
    title, unit = TITLES.get(name, (name, "score"))
    scores = tuple(importance(i) ** power * (1 + wobble * math.sin(2.3 * i + len(name))) for i in range(LAYERS))
    return MethodResult(
        method=name,
        title=title,
        scores=scores,
        std_errors=tuple(0.04 * score + 0.002 for score in scores),
        unit=unit,
        examples=500,
        seconds=1.4,
        passes=3.0,
    )


def consensus(methods: Sequence[MethodResult]) -> tuple[float, ...]:
    """Mean rank, scaled to 0 ... 1."""
    totals = [0.0] * LAYERS
    for result in methods:
        for place, index in enumerate(sorted(range(LAYERS), key=lambda i: result.scores[i] or 0.0)):
            totals[index] += place / (LAYERS - 1) / len(methods)
    return tuple(totals)


def report(names: Sequence[str] = tuple(TITLES), *, run: str | None = None) -> AnalysisReport:
    """An analysis with its single-layer measurements."""
    found = [method(name, 1 - 0.15 * place, 0.12 * place) for place, name in enumerate(names)]
    singles = [subset([index]) for index in range(LAYERS)] if "layer_ablation" in names else []
    return AnalysisReport(
        model=model(),
        layers=layers(),
        methods={result.method: result for result in found},
        consensus=consensus(found),
        baseline={"loss": INTACT_LOSS, "accuracy": INTACT_ACCURACY, "macro_f1": 0.702},
        metric="accuracy",
        metric_direction=Direction.HIGHER_IS_BETTER,
        measured=(subset([]), *singles),
        provenance={"examples": 500, "seed": 0, "seconds": 12.4, "machine": "x86_64, 2 cores, 1 torch thread, cpu"},
        run=run,
    )


def outcome(
    removed: Sequence[int], strategy: str = "greedy", *, run: str | None = None, exported: bool = False
) -> CompressionOutcome:
    """A measured compression; `removed` in the order in which the layers went."""
    kept = tuple(index for index in range(LAYERS) if index not in removed)
    share = subset(removed).metric / INTACT_ACCURACY - 0.004
    speed = 1 / (1 - 0.074 * len(removed))
    before = int(str(model()["parameters"]))
    after = before - BLOCK_PARAMETERS * len(removed)
    plan = CompressionPlan(
        original_layers=LAYERS,
        compressed_layers=len(kept),
        keep=kept,
        remove=tuple(sorted(removed)),
        strategy=strategy,
        ratio_asked=None,
        ratio=LAYERS / len(kept),
        protected=(0, LAYERS - 1),
        removal_order=tuple(removed),
    )
    measurement = Measurement(
        metric="accuracy",
        metric_direction=Direction.HIGHER_IS_BETTER,
        original=0.712,
        compressed=0.712 * share,
        difference=Interval(0.712 * (share - 1), 0.712 * (share - 1) - 0.012, 0.712 * (share - 1) + 0.012),
        retention=Interval(share, share - 0.017, share + 0.017),
        examples=700,
        latency_original=Latency(31.2, 34.0),
        latency_compressed=Latency(31.2 / speed, 34.9 / speed),
        speedup=Interval(speed, speed * 0.97, speed * 1.03),
        batch_size=32,
        parameters_original=before,
        parameters_compressed=after,
        bytes_original=2 * before,
        bytes_compressed=2 * after,
        machine="x86_64, 2 cores, 1 torch thread, cpu",
        measured_at="2026-01-15T12:00:00+00:00",
    )
    return CompressionOutcome(
        model=model(),
        plan=plan,
        measurement=measurement,
        searched=tuple(subset(removed[: step + 1]) for step in range(len(removed))),
        export="export" if exported else None,
        reload_equal=True if exported else None,
        provenance={"seed": 0, "seconds": 20.1},
        run=run,
    )


def greedy_path() -> list[CompressionOutcome]:
    """Eleven models, from all layers down to two."""
    return [outcome(GREEDY_ORDER[:step]) for step in range(len(GREEDY_ORDER) + 1)]
