"""What one forward pass costs whatever the machine's speed: operations, and bytes that tensors hold at most."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, mm_flop, sdpa_flop

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.models.observation import without_fast_path
from analysis_core.probe.hooks import preserved


@dataclass(frozen=True)
class ForwardCost:
    """Costs of one forward pass of one batch, in evaluation mode and without gradients.

    Args:
        flops: floating-point operations of matrix products, convolutions and attention, two for a multiplication
            with its addition.
        uncounted: names of the operators that ran and are not among these, ascending; views are left out.
        peak_bytes: weights and buffers, and the most bytes that tensors made during the pass held at one moment.
            The batch itself is not in it, nor what an operator needs inside itself, nor the allocator's reserve.
    """

    flops: int
    uncounted: tuple[str, ...]
    peak_bytes: int


def forward_cost(model: UniversalModel, batch: Batch) -> ForwardCost:
    """Run one batch and count.

    Args:
        model: stays as it is.
        batch: on the model's device.
    """
    counter = _flop_counter()
    watcher = _Watcher(set(counter.flop_registry))
    with preserved(model.module), torch.no_grad(), without_fast_path():
        model.module.eval()
        with watcher, counter:  # the counter takes composed operators apart before the watcher sees them
            model.forward(batch)
    return ForwardCost(
        flops=counter.get_total_flops(),
        uncounted=tuple(sorted(watcher.uncounted)),
        peak_bytes=_resident_bytes(model.module) + watcher.peak,
    )


@contextmanager
def counted_flops() -> Iterator[FlopCounterMode]:
    """Count the operations of whatever runs inside, as :func:`forward_cost` does."""
    with without_fast_path(), _flop_counter() as counter:
        yield counter


def _flop_counter() -> FlopCounterMode:
    counter = FlopCounterMode(display=False, custom_mapping=_untabled())
    counter.mod_tracker = _WholeModel()  # type: ignore[assignment]  # stands in for torch's
    return counter


class _WholeModel:
    """Stands in for torch's tracker of modules, which hooks itself to gradients and fails on views of weights."""

    parents = frozenset({"Global"})

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


class _Watcher(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch ships it untyped
    """Notes operators that nobody counts, and the bytes of the storages that operators make while these live."""

    def __init__(self, counted: set[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch ships it untyped
        self.counted, self.uncounted = counted, set[str]()
        self.live = self.peak = 0
        self._seen: dict[int, weakref.finalize[..., Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func.overloadpacket not in self.counted and not _is_view(func):
            self.uncounted.add(str(func.overloadpacket))
        given = {_storage_key(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and _storage_key(leaf) not in given:
                self._note(leaf)
        return result

    def _note(self, tensor: Tensor) -> None:
        key, storage = _storage_key(tensor), tensor.untyped_storage()
        if key in self._seen:
            return
        self._seen[key] = weakref.finalize(storage, self._forget, key, storage.nbytes())
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)

    def _forget(self, key: int, size: int) -> None:
        del self._seen[key]
        self.live -= size


def _storage_key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _is_view(func: Any) -> bool:
    """Whether an operator's result only looks at its argument's memory; one view's schema does not say so."""
    return func.overloadpacket is torch.ops.aten._unsafe_view or any(
        found.alias_info is not None and not found.alias_info.is_write for found in func._schema.returns
    )


def _resident_bytes(module: nn.Module) -> int:
    """Of all weights and buffers; memory that several share counts once."""
    tensors = [*module.parameters(), *module.buffers()]
    return sum({_storage_key(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())


def _untabled() -> dict[Any, Any]:
    """What torch's own table lacks: the processor's fused attention, and products of int8 matrices."""
    return {
        torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
        torch.ops.aten._int_mm: _product_flops,
    }


def _product_flops(left: Any, right: Any, *_args: Any, out_shape: Any = None, **_kwargs: Any) -> int:
    """From the shapes ``[rows, inner]`` and ``[inner, columns]``."""
    return int(mm_flop(left, right))


def _attention_flops(query: Any, key: Any, value: Any, *_args: Any, out_shape: Any = None, **_kwargs: Any) -> int:
    """From the shapes ``[examples, heads, positions, width]``; a mask saves nothing."""
    return int(sdpa_flop(query, key, value))
