"""Make what stays smaller, as the plan says: linear layers in two thin ones, and int8 in the place of floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from analysis_core.compression.shrinking.compact import LowRankLinear
from analysis_core.compression.shrinking.linear_layers import refreshed
from analysis_core.compression.shrinking.low_rank import Factors, factorize
from analysis_core.compression.shrinking.quantize import quantize
from analysis_core.data.batches import Batch
from analysis_core.errors import MODEL_FAULTS, SurgeryError, first_line
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hooks import preserved
from analysis_core.probe.runners import Progress
from analysis_core.results import CompressionPlan, LinearChange
from analysis_core.vocabulary import Quantization


def shrink(
    model: UniversalModel, plan: CompressionPlan, examples: Sequence[Batch], *, progress: Progress | None = None
) -> tuple[LinearChange, ...]:
    """Factorise and quantise a model's linear layers in place, in this order.

    Args:
        model: a copy that may change, already without the layers that go, and healed.
        plan: says how far: ``low_rank`` and ``quantize``.
        examples: that chose the layers; what goes into linear layers decides what two thin ones keep.
        progress: called with the done share and a few words; may raise to stop.

    Returns:
        What became of each linear layer that changed.

    Raises:
        SurgeryError: there is nothing to factorise or to quantise, weights are no float32, or the model's code does not
            run with such layers.
    """
    if plan.keeps_weights:
        return ()
    factors = factorize(model, plan.low_rank, examples, progress=progress) if plan.low_rank is not None else {}
    int8 = set(quantize(model, examples[0])) if plan.quantize is Quantization.INT8 else set()
    refreshed(model)
    _refuse_what_does_not_run(model, examples[0])
    return _changes(model, factors, int8)


def _changes(model: UniversalModel, factors: Mapping[str, Factors], int8: set[str]) -> tuple[LinearChange, ...]:
    """In the order of the modules; a layer in two is int8 where both of its halves are."""
    changes = []
    for path, part in model.module.named_modules():
        if isinstance(part, LowRankLinear):
            halves = {f"{path}.down", f"{path}.up"}
            changes.append(LinearChange(path, halves <= int8, part.rank, factors[path].energy))
            int8 = int8 - halves
        elif path in int8:
            changes.append(LinearChange(path, int8=True))
    return tuple(changes)


def _refuse_what_does_not_run(model: UniversalModel, batch: Batch) -> None:
    """Code around a linear layer may look into it, and expect what these layers do not have."""
    try:
        with preserved(model.module), torch.inference_mode():
            model.forward(batch.select(0, 1).to(model.device))
    except torch.OutOfMemoryError:
        raise
    except MODEL_FAULTS as error:
        raise SurgeryError(
            f"With smaller linear layers the model does not run: {first_line(error)}",
            where=model.name,
            remedy="Compress it without quantisation and low-rank factors.",
        ) from error
