"""Watch what modules take and return during a forward pass, without touching torch's hooks.

A module's ``forward`` is wrapped on the instance and put back on exit, also after an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor

Watcher = Callable[[tuple[Any, ...], dict[str, Any], Any], None]
"""Told the positional arguments, the keyword arguments and the result of one call."""


@contextmanager
def watched(module: nn.Module, watcher: Watcher) -> Iterator[None]:
    """Call ``watcher`` after every forward of ``module`` while the context is open."""
    original = module.forward
    had_own = "forward" in vars(module)

    def forward(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        watcher(args, kwargs, result)
        return result

    module.forward = forward
    try:
        yield
    finally:
        if had_own:
            module.forward = original
        else:
            del module.forward


@contextmanager
def without_fast_path() -> Iterator[None]:
    """Keep torch's encoder layers from running as one fused kernel, which calls no part of them."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


class Sighting:
    """What was seen of one module.

    Attributes:
        calls: how often it ran.
        position: when it first finished, counted over all watched modules; None if it never ran.
        input_shape, output_shape: of the first tensor of its first call; None where there was none.
        is_plain: whether each call took one tensor, nothing else, and returned one.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.position: int | None = None
        self.input_shape: tuple[int, ...] | None = None
        self.output_shape: tuple[int, ...] | None = None
        self.is_plain = True


def sightings(modules: Sequence[nn.Module], feed: Callable[[], Any]) -> list[Sighting]:
    """Run ``feed`` once, without gradients, and say what each module took and returned.

    Args:
        modules: what is watched; a module may stand in the list once only.
        feed: runs one forward pass.
    """
    seen = [Sighting() for _ in modules]
    clock = iter(range(1_000_000_000))

    def watcher_of(sighting: Sighting) -> Watcher:
        def note(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
            sighting.calls += 1
            sighting.is_plain &= len(args) == 1 and not kwargs and isinstance(result, Tensor)
            if sighting.position is None:
                sighting.position = next(clock)
                sighting.input_shape = _shape_of((*args, *kwargs.values()))
                # A layer that puts out a tuple of tuples hands on several states, and skipping it is undefined.
                sighting.output_shape = None if _is_nested(result) else _shape_of(result)

        return note

    with ExitStack() as stack:
        for module, sighting in zip(modules, seen, strict=True):
            stack.enter_context(watched(module, watcher_of(sighting)))
        with torch.no_grad():
            feed()
    return seen


def output_of(module: nn.Module, feed: Callable[[], Any], where: str = "") -> Tensor:
    """The first tensor that ``module`` returns, at its last call, while ``feed`` runs the whole model.

    Raises:
        ModelError: the module did not run.
    """
    results: list[Any] = []
    with watched(module, lambda args, kwargs, result: results.append(result)):
        feed()
    if not results:
        raise ModelError("The layer did not run for this input.", where=where)
    return first_tensor(results[-1], where)


def _is_nested(result: Any) -> bool:
    return isinstance(result, (tuple, list)) and bool(result) and isinstance(result[0], (tuple, list))


def _shape_of(value: Any) -> tuple[int, ...] | None:
    try:
        tensor = first_tensor(value)
        return tuple(tensor.shape)
    except (ModelError, RuntimeError):  # no tensor, or a nested one, which has no single shape
        return None
