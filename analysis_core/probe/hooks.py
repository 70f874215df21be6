"""The only file that touches torch hooks or swaps a module's ``forward``. Everything is undone on exit.

``preserved`` brings back what a measurement may disturb: train mode, gradients, which weights require them,
and torch's random state. ``Taps`` listens. ``swapped`` replaces what modules compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from analysis_core.errors import ModelError
from analysis_core.models.base import Site, first_tensor
from analysis_core.models.observation import without_fast_path
from analysis_core.probe.lineage import descends_from

LayerListener = Callable[[int, Tensor, Tensor], None]
LeafListener = Callable[[nn.Module, tuple[Any, ...], dict[str, Any], Tensor], None]
Forward = Callable[..., Any]


@contextmanager
def preserved(module: nn.Module) -> Iterator[None]:
    """Put the module into eval mode; on exit restore mode, gradients, requires_grad and torch's random state."""
    modes = [(part, part.training) for part in module.modules()]
    found = dict.fromkeys(weight for part, _ in modes for weight in part._parameters.values() if weight is not None)
    weights = [(weight, weight.requires_grad, weight.grad) for weight in found]
    devices = sorted({weight.device.index or 0 for weight in found if weight.device.type == "cuda"})
    with torch.random.fork_rng(devices=devices):
        try:
            # Only what differs is written, here and on exit: that is slow, and replays come by the thousand.
            if any(training for _, training in modes):
                module.eval()
            for weight, _, gradient in weights:
                if gradient is not None:
                    weight.grad = None
            yield
        finally:
            for part, training in modes:
                if part.training is not training:
                    part.training = training
            for weight, requires_grad, gradient in weights:
                if weight.requires_grad is not requires_grad:
                    weight.requires_grad_(requires_grad)
                if weight.grad is not gradient:
                    weight.grad = gradient


def hidden_input(args: tuple[Any, ...], kwargs: Mapping[str, Any], where: str = "") -> Tensor:
    """The hidden state among a layer's arguments: the first floating-point tensor.

    Raises:
        ModelError: there is none.
    """
    named = [kwargs["hidden_states"]] if "hidden_states" in kwargs else []
    for value in (*args, *named, *kwargs.values()):
        items = value if isinstance(value, (tuple, list)) else (value,)
        for item in items:
            if isinstance(item, Tensor) and item.is_floating_point():
                return item
    raise ModelError("A layer is called without a floating-point tensor.", where=where)


def with_hidden_input(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], old: Tensor, new: Tensor
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A layer's arguments with one tensor in the place of another."""

    def swap(value: Any) -> Any:
        if value is old:
            return new
        return type(value)(map(swap, value)) if type(value) in (tuple, list) else value

    return tuple(map(swap, args)), {key: swap(value) for key, value in kwargs.items()}


class Taps:
    """Listens to layers in the forward pass and to gradients in the backward pass.

    Use as a context manager; all hooks are gone on exit. Listeners reduce at once: with in-place
    activations a reference kept until the backward pass would be overwritten.

    Attributes:
        anchors: the tensors at which the tapped layers' graph begins; filled by each forward pass
            when ``anchor_inputs`` was asked for.
        paused: while true, nothing is heard (a listener may run modules itself).
    """

    def __init__(self) -> None:
        self._handles: list[RemovableHandle] = []
        self.anchors: list[Tensor] = []
        self.paused = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self.anchors.clear()

    def anchor_inputs(self, layers: Iterable[nn.Module]) -> None:
        """Let gradients flow from a layer's input on, even where no weight before it requires them."""

        def anchor(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if self.paused or not torch.is_grad_enabled():
                return None
            hidden = hidden_input(args, kwargs)
            if hidden.requires_grad:
                return None
            root = hidden.detach().requires_grad_()
            self.anchors.append(root)
            # A clone, because a block may write into its input, which a leaf of the graph does not allow.
            return with_hidden_input(args, kwargs, hidden, root.clone())

        for layer in layers:
            self._handles.append(layer.register_forward_pre_hook(anchor, with_kwargs=True))

    def replace_input(self, layer: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        """Give the layer ``change(hidden)`` in the place of the hidden state that it is called with."""

        def replace(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if self.paused:
                return None
            hidden = hidden_input(args, kwargs)
            return with_hidden_input(args, kwargs, hidden, change(hidden))

        self._handles.append(layer.register_forward_pre_hook(replace, with_kwargs=True))

    def on_layers(self, sites: Iterable[Site], listener: LayerListener) -> None:
        """Call ``listener(index, before, after)`` with the detached stream on both sides of a layer that has run."""
        for index, site in enumerate(sites):
            if site.is_block:
                heard = self._heard(index, listener)
                self._handles.append(site.modules[0].register_forward_hook(heard, with_kwargs=True))
            else:
                self._on_part(index, site, site.writer or site.modules[-1], listener)

    def _heard(self, index: int, listener: LayerListener) -> Any:
        def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            if not self.paused:
                listener(index, hidden_input(args, kwargs).detach(), first_tensor(output).detach())

        return hook

    def _on_part(self, index: int, site: Site, writer: nn.Module, listener: LayerListener) -> None:
        """A part of a block, or a run of them: the stream before it is kept until the one behind is seen, or made."""
        before: list[Tensor] = []

        def leave(after: Tensor) -> None:
            if before:
                listener(index, before.pop(), after.detach())

        def keep(stream: Tensor) -> None:
            before[:] = [stream.detach()]

        self._at(site.before, keep)
        if site.after is not None:
            self._at(site.after, leave)
        else:
            self._at((writer, "output"), lambda added: leave(before[-1] + added.reshape(before[-1].shape)))

    def _at(self, place: tuple[nn.Module, str], seen: Callable[[Tensor], None]) -> None:
        """Call ``seen(tensor)`` with what a module takes ("input") or gives ("output")."""
        module, side = place

        def taken(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if not self.paused:
                seen(hidden_input(args, kwargs))

        def given(_: nn.Module, _args: Any, output: Any) -> None:
            if not self.paused:
                seen(first_tensor(output))

        if side == "input":
            self._handles.append(module.register_forward_pre_hook(taken, with_kwargs=True))
        else:
            self._handles.append(module.register_forward_hook(given))

    def on_layer_gradients(self, sites: Iterable[Site], listener: Callable[[int, Tensor], None]) -> None:
        """Call ``listener(index, gradient)`` in the backward pass with the gradient at the stream behind a layer."""

        def watch(index: int, stream: Tensor) -> None:
            if torch.is_grad_enabled() and stream.requires_grad:
                stream.register_hook(partial(listener, index))  # type: ignore[no-untyped-call]

        for index, site in enumerate(sites):
            self._at(site.after or (site.writer or site.modules[0], "output"), partial(watch, index))

    def on_gradients(
        self,
        modules: Iterable[nn.Module],
        called: Callable[[nn.Module], None],
        listener: LeafListener,
        detached: Callable[[nn.Module], None],
    ) -> None:
        """Call ``listener(module, args, kwargs, gradient)`` in the backward pass.

        A module that is given nothing that came out of the layers' hidden states is announced by ``detached(module)``
        in the forward pass instead: it serves all examples alike, such as a table of positions.

        The gradient is that of the backward pass's scalar with respect to the module's output; ``called(module)``
        announces each use in the forward pass. A tensor hook on the output is used, because full backward
        hooks fail on some real models.
        """

        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            if self.paused or not torch.is_grad_enabled():
                return
            given = any(isinstance(v, Tensor) and v.requires_grad for v in (*args, *kwargs.values()))
            if not given or self._is_aside(result := first_tensor(output)):
                detached(module)
                return
            if result.requires_grad:
                called(module)
                # The hook must not hold the tensor it hangs on: such a circle is never freed.
                hear = partial(listener, module, args, kwargs)
                result.register_hook(hear)  # type: ignore[no-untyped-call]  # torch leaves it untyped

        for module in modules:
            self._handles.append(module.register_forward_hook(hook, with_kwargs=True))

    def _is_aside(self, result: Tensor) -> bool:
        """Whether only weights went into it, several modules in a row, as into a table of relative positions."""
        if not self.anchors or (result.dim() and result.shape[0] % self.anchors[0].shape[0] == 0):
            return False  # it keeps the examples apart, which such a table does not
        return not descends_from(result, self.anchors)

    def on_calls(self, modules: Iterable[nn.Module], listener: Callable[[nn.Module, Any], None]) -> None:
        """Call ``listener(module, output)`` whenever one of the modules has run."""
        for module in modules:
            self._handles.append(
                module.register_forward_hook(lambda part, _args, output: listener(part, output), always_call=False)
            )

    def on_gradient_of(self, tensor: Tensor, listener: Callable[[Tensor], None]) -> None:
        """Call ``listener(gradient)`` whenever a backward pass reaches ``tensor``; ends with the tensor's graph."""
        tensor.register_hook(listener)  # type: ignore[no-untyped-call]  # torch leaves it untyped


@contextmanager
def swapped(forwards: Mapping[nn.Module, Forward]) -> Iterator[None]:
    """Let each module compute something else; the modules' own ``forward`` is back on exit."""
    before = {module: module.__dict__.get("forward") for module in forwards}
    try:
        for module, forward in forwards.items():
            module.__dict__["forward"] = forward
        with without_fast_path():
            yield
    finally:
        for module, own in before.items():
            if own is None:
                module.__dict__.pop("forward", None)
            else:
                module.__dict__["forward"] = own
