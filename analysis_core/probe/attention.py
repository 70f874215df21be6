"""Attention in the open: kernels that hide their probabilities are switched off for a while, and what shows is heard.

Fused kernels never hold the probabilities, so whoever wants them must let each library compute them step by step:
transformers by its configurations, timm by the ``fused_attn`` flags, torch's own module by asking it for its weights.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from analysis_core.models.observation import without_fast_path
from analysis_core.probe.hooks import Forward, Taps, swapped

_IMPLEMENTATION = "_attn_implementation_internal"
_CACHED_IMPLEMENTATIONS = ("_attn_implementation", "attn_implementation")
_ATTENTION_WORDS = ("attention", "attn")
_OTHER_WORDS = ("cross", "encdec", "encoder_attn", "xca", "channel")
"""Attention to another sequence, or among channels: there is no map over the layer's own tokens."""
_PASSAGES = (nn.Dropout, nn.Softmax, nn.Identity)
View = tuple[torch.Size, tuple[int, ...], int | torch.SymInt]
"""Shape, strides and offset of a view."""
_MULTI_HEAD = inspect.signature(nn.MultiheadAttention.forward)


@contextmanager
def eager_attention(module: nn.Module) -> Iterator[None]:
    """Let every attention inside a module compute its probabilities openly; all is as before on exit.

    What the module computes stays the same up to rounding. An attention that offers no such choice is left alone.
    """
    with ExitStack() as stack:
        for owner, key, value in _switches(module):
            stack.enter_context(_changed(vars(owner), key, value))
        multi_head = [part for part in module.modules() if _is_multi_head(part)]
        if multi_head:
            stack.enter_context(without_fast_path())
            stack.enter_context(swapped({part: _open_multi_head(part) for part in multi_head}))
        yield


def _switches(module: nn.Module) -> Iterator[tuple[Any, str, Any]]:
    """Each attribute to change for a while: its owner, its name, its value."""
    seen: set[int] = set()
    for part in module.modules():
        own = vars(part)
        yield from ((part, key, "eager") for key in _CACHED_IMPLEMENTATIONS if isinstance(own.get(key), str))
        if isinstance(own.get("fused_attn"), bool):
            yield part, "fused_attn", False
        for config in _configurations(own.get("config")):
            if id(config) not in seen:
                seen.add(id(config))
                yield config, _IMPLEMENTATION, "eager"


def _configurations(config: Any) -> Iterator[Any]:
    """A transformers configuration with all that it is made of."""
    if config is None or _IMPLEMENTATION not in getattr(config, "__dict__", {}):
        return
    yield config
    for name in getattr(config, "sub_configs", ()):
        yield from _configurations(getattr(config, name, None))


@contextmanager
def _changed(attributes: dict[str, Any], key: str, value: Any) -> Iterator[None]:
    before = attributes[key]
    attributes[key] = value
    try:
        yield
    finally:
        attributes[key] = before


class WithMaps(tuple[Any, ...]):
    """What a caller asked of an attention, with each head's probabilities beside it."""

    maps: Tensor


def _is_multi_head(part: nn.Module) -> bool:
    return isinstance(part, nn.MultiheadAttention) and type(part).forward is nn.MultiheadAttention.forward


def _open_multi_head(part: nn.Module) -> Forward:
    """A forward that always computes every head's probabilities, and returns what its caller expects."""
    usual = part.forward

    def forward(*args: Any, **kwargs: Any) -> WithMaps:
        asked = _MULTI_HEAD.bind(part, *args, **kwargs)
        asked.apply_defaults()
        arguments = dict(asked.arguments)
        del arguments["self"]
        output, maps = usual(**arguments | {"need_weights": True, "average_attn_weights": False})
        weights = maps.mean(-3) if arguments["average_attn_weights"] else maps
        result = WithMaps((output, weights if arguments["need_weights"] else None))
        result.maps = maps
        return result

    return forward


@dataclass(frozen=True, eq=False)
class SelfAttention:
    """One self-attention inside a layer: its module, and the parts of it that its probabilities may pass through."""

    module: nn.Module
    passages: tuple[nn.Module, ...]


def self_attentions(layer: nn.Module) -> list[SelfAttention]:
    """The modules of a layer that, by their names, attend to the layer's own tokens."""
    found = []
    for path, part in layer.named_modules():
        own_name = f"{path.rpartition('.')[2]} {type(part).__name__}".lower()
        named = any(word in own_name for word in _ATTENTION_WORDS)
        if named and list(part.children()) and not _looks_elsewhere(layer, path, part):
            passages = tuple(child for child in part.children() if isinstance(child, _PASSAGES))
            found.append(SelfAttention(part, passages))
    return found


def _looks_elsewhere(layer: nn.Module, path: str, part: nn.Module) -> bool:
    names = f"{path} {type(part).__name__}".lower()
    if getattr(part, "is_cross_attention", False) is True or any(word in names for word in _OTHER_WORDS):
        return True
    parent = layer.get_submodule(path.rpartition(".")[0])
    return isinstance(parent, nn.TransformerDecoderLayer) and part is parent.multihead_attn


class AttentionListener(Protocol):
    """Told of each map ``[examples or examples x windows, heads, queries, keys]``, and later of its gradient.

    ``spot`` counts the attentions of a layer; both tensors are detached.
    """

    def attention(self, index: int, spot: int, probabilities: Tensor) -> None: ...

    def attention_gradient(self, index: int, spot: int, probabilities: Tensor, gradient: Tensor) -> None: ...


class AttentionEar:
    """Listens to all self-attention of some layers.

    Libraries show one map in several places (a block hands on what its part returned): it is heard once.

    Args:
        taps: sets the hooks and takes them away.
        layers: what is listened to; a layer's attentions are numbered in the order of its modules.
        listener: hears of every map, and of its gradient in each backward pass.
    """

    def __init__(self, taps: Taps, layers: Sequence[nn.Module], listener: AttentionListener) -> None:
        self.taps, self.listener = taps, listener
        self.heard: dict[tuple[int, int], Tensor] = {}
        self.running: set[tuple[int, int]] = set()
        for index, layer in enumerate(layers):
            for spot, attention in enumerate(self_attentions(layer)):
                taps.on_calls(attention.passages, partial(self._passed, index, spot))
                taps.on_calls([attention.module], partial(self._finished, index, spot))

    def forget(self) -> None:
        """The forward and backward passes over a batch are over."""
        self.heard.clear()
        self.running.clear()

    def _passed(self, index: int, spot: int, _part: nn.Module, output: Any) -> None:
        if (index, spot) not in self.running and self._hear(index, spot, output):
            self.running.add((index, spot))  # what it passes through next is the same map

    def _finished(self, index: int, spot: int, _module: nn.Module, output: Any) -> None:
        if (index, spot) not in self.running:
            self._hear(index, spot, output)
        self.running.discard((index, spot))

    def _hear(self, index: int, spot: int, output: Any) -> bool:
        """Pass on the map in what a module returned; false if there is none, or if it has been heard."""
        maps = None if self.taps.paused else probabilities_in(output, self._unless_heard(index))
        if maps is None:
            return False
        used, shown = _used(maps), maps.detach()
        self.heard[index, used.data_ptr()] = shown  # while it is held, no other map can take its place in memory
        self.listener.attention(index, spot, shown)
        if used.requires_grad:
            view = None if used is maps else (maps.shape, maps.stride(), maps.storage_offset())
            # The hook must not hold the tensor it hangs on: such a circle is never freed.
            self.taps.on_gradient_of(used, partial(self._gradient, index, spot, shown, view))
        return True

    def _unless_heard(self, index: int) -> Callable[[Tensor], bool]:
        return lambda maps: (index, _used(maps).data_ptr()) not in self.heard and adds_up(maps)

    def _gradient(self, index: int, spot: int, shown: Tensor, view: View | None, gradient: Tensor) -> None:
        same = gradient if view is None else gradient.contiguous().as_strided(*view)
        self.listener.attention_gradient(index, spot, shown, same)


def _used(maps: Tensor) -> Tensor:
    """The tensor that the gradient arrives at: torch shows a view of the one that it goes on with."""
    base = maps._base
    return base if base is not None and base.is_contiguous() else maps


def adds_up(maps: Tensor) -> bool:
    """Whether every row of the first head is a distribution; rows of padding may be empty, half precision rounds."""
    if 0 in maps.shape:
        return False
    first = maps.detach()[0, 0].float()
    sums, rounding = first.sum(-1), 1e-4 if maps.dtype in (torch.float32, torch.float64) else 0.05
    one = (sums - 1).abs() < rounding
    return bool((one | (sums == 0)).all() & one.any() & (first.amin() >= 0))


def probabilities_in(output: Any, check: Callable[[Tensor], bool] = adds_up) -> Tensor | None:
    """The attention probabilities in what a module returns: a tensor of four dimensions that passes the check."""
    if isinstance(output, WithMaps):
        return output.maps if check(output.maps) else None
    for item in output if isinstance(output, (tuple, list)) else (output,):
        if isinstance(item, Tensor) and item.dim() == 4 and item.is_floating_point() and check(item):
            return item
    return None
