"""Which layers stay and which go: pure arithmetic on scores, before anything is touched. No torch here.

A ratio is the number of layers before divided by the number after. Only some ratios exist: 12 layers can
become 11 (1.09x), 10 (1.2x), … . The plan takes the smallest one that is not below what was asked, so 2.5x of
12 layers keeps 4 (3x) and not 5 (2.4x). A ratio counts as reached when it is missed by less than a twentieth
of a layer, so that a rounded figure such as 1.85x finds 24 / 13 layers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from analysis_core.errors import PlanError, UnknownNameError
from analysis_core.results import AnalysisReport, CompressionPlan, Layer
from analysis_core.vocabulary import Granularity, RatioOf

GREEDY, BEAM, EVOLUTIONARY = "greedy", "beam", "evolutionary"
SEARCHES = (GREEDY, BEAM, EVOLUTIONARY)
"""Strategies that measure on their way."""
CONSENSUS = "consensus"
STRATEGIES = (*SEARCHES, CONSENSUS)
"""All but those that are named for the method whose scores they go by."""
MANUAL = "manual"
_PIECES = {
    Granularity.STAGE: "whole stages",
    Granularity.BLOCK: "whole blocks",
    Granularity.SUBLAYER: "parts of blocks",
}
LAYER_TOLERANCE = 0.05
SUGGESTIONS = 2


def one_shot_plan(
    report: AnalysisReport, ratio: float, strategy: str = CONSENSUS, protect: Iterable[int] | None = None
) -> CompressionPlan:
    """Remove the layers with the lowest scores of an analysis, all at once.

    Args:
        report: an analysis of the model.
        ratio: layers before / layers after.
        strategy: ``"consensus"``, or the name of a method in the report.
        protect: layers that must stay; None protects the first and the last one.

    Raises:
        UnknownNameError: the report holds no such method.
        PlanError: the ratio cannot be reached, or the method does not apply to this model.
    """
    return plan_from_scores(report.layers, scores_of(report, strategy), ratio, strategy, protect)


def require_cut(report: AnalysisReport, granularity: Granularity) -> None:
    """See to it that the layers of an analysis are those that are to be taken out.

    Args:
        report: the analysis.
        granularity: how the model is cut into layers that may go.

    Raises:
        PlanError: the analysis scored smaller or larger layers.
    """
    scored = granularity_of(report)
    if scored is not granularity:
        raise PlanError(
            f"This analysis scored {_PIECES[scored]}; what is to be taken out are {_PIECES[granularity]}.",
            remedy=f"Choose granularity '{scored}', or analyse the model again with granularity '{granularity}'.",
        )


def granularity_of(report: AnalysisReport) -> Granularity:
    """What counted as one layer in an analysis."""
    return Granularity(report.model.get("granularity", Granularity.BLOCK))


def plan_from_scores(
    layers: Sequence[Layer],
    scores: Sequence[float | None],
    ratio: float,
    strategy: str = MANUAL,
    protect: Iterable[int] | None = None,
) -> CompressionPlan:
    """Remove the layers with the lowest scores; among equals, the later one goes first.

    Args:
        layers: the model's layers.
        scores: one a layer, higher = more important; a layer without a score stays.
        ratio, protect: as in :func:`one_shot_plan`.
        strategy: what the plan is called.

    Raises:
        PlanError: the ratio cannot be reached, or a score is no finite number.
    """
    return plan_from_order(layers, order_from_scores(layers, scores, strategy), ratio, strategy, protect, scores)


def order_from_scores(layers: Sequence[Layer], scores: Sequence[float | None], strategy: str = MANUAL) -> list[int]:
    """Layers from the lowest score to the highest, among equals the later one first; those without a score left out.

    Raises:
        PlanError: a score is no finite number, or there are not as many as layers.
    """
    if len(scores) != len(layers):
        raise PlanError(f"{len(scores)} scores came for {len(layers)} layers.", where=strategy)
    for layer, score in zip(layers, scores, strict=True):
        if score is not None and not math.isfinite(score):
            raise PlanError(
                f"The score of layer {layer.index} is {score}.",
                where=strategy,
                remedy="Choose another strategy, or look for bad numbers in the model and its data.",
            )
    scored = [(score, -layer.index) for layer, score in zip(layers, scores, strict=True) if score is not None]
    return [-index for _, index in sorted(scored)]


def plan_from_order(
    layers: Sequence[Layer],
    removal_order: Sequence[int],
    ratio: float,
    strategy: str,
    protect: Iterable[int] | None = None,
    scores: Sequence[float | None] = (),
) -> CompressionPlan:
    """Remove layers in a given order until the ratio is reached, passing over those that must stay.

    Args:
        layers: the model's layers.
        removal_order: indices, the first to go first; may name more layers than are needed.
        ratio, protect: as in :func:`one_shot_plan`.
        strategy: what the plan is called.
        scores: what decided the order, for the record.

    Raises:
        PlanError: the ratio cannot be reached, or the order names too few layers that may go.
    """
    protected = protected_layers(layers, protect)
    _check_known(layers, removal_order)
    candidates = [index for index in dict.fromkeys(removal_order) if _may_go(layers[index], protected)]
    needed = len(layers) - kept_layers(layers, ratio, protect)
    if needed > len(candidates):
        raise PlanError(
            f"{needed} layers must go for {ratio:g}x, but '{strategy}' names only {len(candidates)}.",
            remedy=_nearest(len(layers), [len(layers) - gone for gone in range(len(candidates) + 1)], ratio),
        )
    return finished_plan(layers, candidates[:needed], strategy, ratio, scores, protected)


def plan_from_removed(layers: Sequence[Layer], removed: Iterable[int], strategy: str = MANUAL) -> CompressionPlan:
    """A plan for layers that were named one by one; nothing is protected then but what cannot go.

    Raises:
        PlanError: a layer does not exist or cannot be removed, or none would be left.
    """
    order = list(dict.fromkeys(removed))
    checked_removal(layers, order)
    return finished_plan(layers, order, strategy, None)


def checked_removal(layers: Sequence[Layer], removed: Iterable[int]) -> tuple[int, ...]:
    """The removed layers in ascending order, if they can all go.

    Raises:
        PlanError: a layer does not exist or cannot be removed, or none would be left.
    """
    indices = sorted(set(removed))
    _check_known(layers, indices)
    for index in indices:
        if not layers[index].removable:
            reason = layers[index].why_not or "it changes the shape of what passes through"
            raise PlanError(
                f"Layer {index} cannot be removed: {reason.rstrip('.')}.",
                where=layers[index].name,
                remedy="Leave it in the model.",
            )
    if len(indices) == len(layers):
        raise PlanError(f"All {len(layers)} layers would go.", remedy="Keep at least one.")
    return tuple(indices)


def possible_ratios(layers: Sequence[Layer], protect: Iterable[int] | None = None) -> tuple[float, ...]:
    """Every ratio that can be reached, ascending from 1.

    Args:
        layers: the model's layers.
        protect: layers that must stay; None protects the first and the last one.
    """
    return tuple(len(layers) / kept for kept in _possible_counts(layers, protected_layers(layers, protect)))


def kept_layers(layers: Sequence[Layer], ratio: float, protect: Iterable[int] | None = None) -> int:
    """How many layers stay for a ratio: the smallest possible ratio that is not below it.

    Raises:
        PlanError: no possible ratio is as large; the nearest possible ones are named.
    """
    if not math.isfinite(ratio) or ratio < 1:
        raise PlanError(f"A ratio of {ratio:g} is impossible.", where="ratio", remedy="Use a number of 1 or more.")
    counts = _possible_counts(layers, protected_layers(layers, protect))
    kept = math.floor(len(layers) / ratio + LAYER_TOLERANCE)
    if kept not in counts:
        why = f"{counts[-1]} of its {len(layers)} layers must stay" if counts else "it has no layers"
        raise PlanError(
            f"{ratio:g}x cannot be reached: {why}.",
            where="ratio",
            remedy=_nearest(len(layers), counts, ratio),
        )
    return kept


def protected_layers(layers: Sequence[Layer], protect: Iterable[int] | None = None) -> tuple[int, ...]:
    """The layers that must stay, ascending: those named, or the first and the last one.

    Raises:
        PlanError: a named layer does not exist.
    """
    if protect is None:
        return tuple(sorted({0, len(layers) - 1})) if layers else ()
    named = tuple(sorted(set(protect)))
    _check_known(layers, named)
    return named


def scores_of(report: AnalysisReport, strategy: str) -> Sequence[float | None]:
    """The scores by which a one-shot strategy removes.

    Raises:
        UnknownNameError: the report holds no such method.
        PlanError: the method does not apply to this model.
    """
    if strategy == CONSENSUS:
        return report.consensus
    if strategy not in report:
        raise UnknownNameError("strategy", strategy, [CONSENSUS, *report.methods])
    result = report[strategy]
    if result.not_applicable is not None:
        raise PlanError(
            f"'{strategy}' says nothing of this model: {result.not_applicable}",
            remedy="Choose another strategy.",
        )
    return result.scores


def _may_go(layer: Layer, protected: Sequence[int]) -> bool:
    return layer.removable and layer.index not in protected


def _possible_counts(layers: Sequence[Layer], protected: Sequence[int]) -> list[int]:
    """Numbers of layers that can be kept, from all of them downwards; at least one always stays."""
    staying = sum(not _may_go(layer, protected) for layer in layers)
    return list(range(len(layers), max(staying, 1) - 1, -1))


def _check_known(layers: Sequence[Layer], indices: Iterable[int]) -> None:
    for index in indices:
        if not 0 <= index < len(layers):
            raise PlanError(f"There is no layer {index}.", remedy=f"The model's layers are 0 to {len(layers) - 1}.")


def _nearest(layers: int, counts: Sequence[int], ratio: float) -> str:
    near = sorted(counts, key=lambda kept: abs(layers / kept - ratio))[:SUGGESTIONS]
    if not near:
        return "Choose a model with layers that can be removed."
    names = " and ".join(f"{layers / kept:.3g}x ({kept} layers)" for kept in sorted(near, reverse=True))
    return f"The nearest possible {'ratios are' if len(near) > 1 else 'ratio is'} {names}."


def finished_plan(
    layers: Sequence[Layer],
    order: Sequence[int],
    strategy: str,
    ratio_asked: float | None,
    scores: Sequence[float | None] = (),
    protected: Sequence[int] = (),
    *,
    ratio_of: RatioOf = RatioOf.LAYERS,
    largest_drop: float | None = None,
) -> CompressionPlan:
    """The plan that removes just these layers, which are known to be free to go."""
    keep = tuple(layer.index for layer in layers if layer.index not in set(order))
    return CompressionPlan(
        original_layers=len(layers),
        compressed_layers=len(keep),
        keep=keep,
        remove=tuple(sorted(order)),
        strategy=strategy,
        ratio_asked=ratio_asked,
        ratio=len(layers) / len(keep),
        scores=tuple(scores),
        protected=tuple(protected),
        removal_order=tuple(order),
        ratio_of=ratio_of,
        largest_drop=largest_drop,
    )
