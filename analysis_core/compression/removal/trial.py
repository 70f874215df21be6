"""Is a smaller model what it should be? Tried on the example that the original was observed with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.compression.exporting.reload_child import check_cache
from analysis_core.data.batches import Batch
from analysis_core.errors import MODEL_FAULTS, ModelError, SurgeryError, first_line
from analysis_core.models.base import UniversalModel
from analysis_core.models.plain import ModuleModel
from analysis_core.models.sublayers import SublayerModel, in_blocks
from analysis_core.probe.hooks import preserved
from analysis_core.probe.skipping import are_same, outputs_without


def refuse_what_computes_something_else(
    model: UniversalModel,
    smaller: nn.Module,
    removed: Sequence[int],
    *,
    unseen: SurgeryError | None = None,
    hint: str = "",
) -> None:
    """Run the smaller model, and the original with the removed layers skipped, which must agree.

    Code behind the blocks may count on all of them, such as a head that reads the output of the last but one; code
    between them may go by their numbers. A model that draws random numbers is run and not compared.

    Args:
        model: the original.
        smaller: without some of its layers.
        removed: their indices.
        unseen: raised where there is no example; None lets such a model pass.
        hint: a sentence on why it may compute something else.

    Raises:
        SurgeryError: it does not run, or computes something else.
    """
    example = model.example if isinstance(model, (ModuleModel, SublayerModel)) else None
    if example is None:
        if unseen is not None:
            raise unseen
        return
    gone = "parts" if isinstance(model, SublayerModel) else "layers"
    try:
        found = _outputs(in_blocks(model).with_module(smaller), example)
    except torch.OutOfMemoryError:
        raise
    except (*MODEL_FAULTS, StopIteration) as error:
        raise SurgeryError(
            f"Without these {gone} the model does not run: "
            f"{type(error).__name__}: {first_line(error, 'no reason given')}",
            where=model.name,
            remedy="Keep them: code around them counts on them.",
        ) from error
    if not _is_expected(model, found, example, removed):
        raise SurgeryError(
            f"{hint}Without these {gone} the model computes something else than with them skipped.",
            where=model.name,
            remedy="Keep them: code around them goes by their number, or by what they hand on.",
        )


def refuse_broken_cache(model: UniversalModel, smaller: nn.Module) -> None:
    """Generate with and without the key-value cache, as the original does, on the example's tokens.

    A cache is laid out by the configuration, which is that of the whole model where blocks were cut out of it.

    Raises:
        SurgeryError: the smaller model generates other tokens with its cache, or fails to.
    """
    original: Any = model.module
    example = model.example if isinstance(model, ModuleModel) else None
    arguments = model.arguments(example) if example is not None else None
    tokens = arguments.get("input_ids") if isinstance(arguments, Mapping) else None
    if tokens is None or not getattr(original, "can_generate", bool)() or _cache_fault(original, tokens) is not None:
        return
    fault = _cache_fault(smaller, tokens)
    if fault is not None:
        raise SurgeryError(
            f"Without these layers the model does not generate with its key-value cache: {fault}",
            where=model.name,
            remedy="Remove other layers.",
        )


def _cache_fault(module: nn.Module, tokens: Tensor) -> str | None:
    try:
        with preserved(module), torch.no_grad():
            check_cache(module, tokens)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - generation of 300 architectures fails in its own ways
        return f"{type(error).__name__}: {first_line(error, 'no reason given')}"
    return None


def _is_expected(model: UniversalModel, found: Any, example: Batch, removed: Sequence[int]) -> bool:
    """Whether the original puts this out with layers skipped; true as well where that cannot be told."""
    try:
        expected = outputs_without(model, example, removed)
        if are_same(expected, found):
            return True
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch.initial_seed() + 1)
            return not are_same(expected, outputs_without(model, example, removed))
    except ModelError:  # a layer without a hidden state cannot be skipped
        return True


def _outputs(model: UniversalModel, example: Batch) -> Any:
    with preserved(model.module), torch.no_grad():
        return model.forward(example)
