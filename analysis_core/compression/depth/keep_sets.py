"""Which layers stay at each depth of a model that changes its depth while it runs. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from analysis_core.compression.plan import checked_removal, protected_layers
from analysis_core.errors import PlanError
from analysis_core.results import CompressionPlan, Layer, SubsetResult

KeepSets = Mapping[int, tuple[int, ...]]
"""Number of layers -> indices of those layers, ascending."""


def keep_sets_from_order(layers: Sequence[Layer], removal_order: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Nested: each depth is the next larger one without one more layer.

    Args:
        layers: the model's layers.
        removal_order: indices, the first to go first.

    Returns:
        The kept layers by depth, from all of them down.

    Raises:
        PlanError: a layer does not exist or cannot go, or none would be left.
    """
    order = list(dict.fromkeys(removal_order))
    checked_removal(layers, order)
    return keep_sets_from_subsets(layers, (order[:gone] for gone in range(len(order) + 1)))


def keep_sets_from_plan(layers: Sequence[Layer], plan: CompressionPlan) -> dict[int, tuple[int, ...]]:
    """From all layers down to those that a plan keeps, in the order in which its strategy removed the others.

    Raises:
        PlanError: the plan is of another model, or also changes the weights of the layers that stay.
    """
    if plan.original_layers != len(layers):
        raise PlanError(
            f"The plan is of a model with {plan.original_layers} layers, and this one has {len(layers)}.",
            remedy="Use a plan of this model.",
        )
    if not plan.keeps_weights:
        raise PlanError(
            "The plan changes the weights of the layers that stay, and all depths share the original's.",
            remedy="Plan without quantisation and low-rank factors.",
        )
    return keep_sets_from_order(layers, plan.removal_order or plan.remove)


def keep_sets_from_measured(
    layers: Sequence[Layer], measured: Iterable[SubsetResult], protect: Iterable[int] | None = None
) -> dict[int, tuple[int, ...]]:
    """The frontier of a search: of each depth the measured subset with the least loss; not always nested.

    Args:
        layers: the model's layers.
        measured: subsets that were run without, such as ``report.measured`` with those of a search.
        protect: layers that must stay; None protects the first and the last one.

    Raises:
        PlanError: a protected layer does not exist.
    """
    protected = set(protected_layers(layers, protect))
    free = [result for result in measured if not protected & set(result.removed)]
    best = sorted(free, key=lambda result: (result.loss, result.removed), reverse=True)
    return keep_sets_from_subsets(layers, [*(result.removed for result in best), ()])


def keep_sets_from_subsets(layers: Sequence[Layer], removed: Iterable[Sequence[int]]) -> dict[int, tuple[int, ...]]:
    """The kept layers by depth, from the most down; of several subsets of one size the last one counts.

    Raises:
        PlanError: a layer does not exist or cannot go, or none would be left.
    """
    found = {}
    for subset in removed:
        gone = set(checked_removal(layers, subset))
        kept = tuple(layer.index for layer in layers if layer.index not in gone)
        found[len(kept)] = kept
    return dict(sorted(found.items(), reverse=True))
