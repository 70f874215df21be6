"""Take parts out of blocks for good: an attention, a feed-forward part, with the norm before it.

The block's own code stays as it is and still calls its modules by name. So the modules that run for a removed part
alone, up to the one whose output is added to the stream, give way to ones without weights that put out zeros. What
stands on the stream behind the part, such as the norm of a BERT, stays, so that the smaller model computes what the
search has measured. A block that loses all of its parts stays as such a shell: it costs next to nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.compression.removal.attention_numbers import inside, new_numbers
from analysis_core.compression.removal.trial import refuse_what_computes_something_else
from analysis_core.compression.shrinking.compact import NUMBER, Silent, leave_fast_path
from analysis_core.errors import ModelError, SurgeryError
from analysis_core.models.base import first_tensor
from analysis_core.models.observation import watched, without_fast_path
from analysis_core.models.sublayers import Part, SublayerModel
from analysis_core.probe.hooks import preserved


@dataclass(frozen=True)
class _Seen:
    """One call of a module."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any

    @property
    def taken(self) -> Tensor | None:
        """The first tensor of numbers that it was given."""
        given = (*self.args, *self.kwargs.values())
        return next((value for value in given if isinstance(value, Tensor) and value.is_floating_point()), None)


def remove_parts(model: SublayerModel, removed: Sequence[int], shared: Mapping[int, Tensor]) -> nn.Module:
    """A copy of the model's module without the weights of some parts of its blocks.

    Args:
        model: stays as it is; it is run on its example.
        removed: layers that are parts of blocks, ascending.
        shared: tensors that both models hold, by their identity; others are copied.

    Raises:
        SurgeryError: a module of a part is used elsewhere too, or hands on more than it adds to the stream; its last
            attention would go; it does not run or computes something else than the original with the parts skipped.
    """
    parts = [model.parts[index] for index in removed]
    blocks = {part.position: model.blocks[part.position] for part in parts}
    seen = _watch(model, blocks)
    silent: dict[nn.Module, Silent] = {}
    for part in parts:
        silent |= _silenced(part, blocks[part.position], seen)
    _refuse_uses_elsewhere(model, silent)
    numbers = new_numbers(model, parts, silent)
    memo: dict[int, Any] = {id(module): stand_in for module, stand_in in silent.items()}
    for module, stand_in in silent.items():
        stand_in.train(module.training)
    smaller: nn.Module = copy.deepcopy(model.module, {**shared, **memo})
    for path, number in numbers.items():
        setattr(smaller.get_submodule(path), NUMBER, number)
    leave_fast_path(smaller)
    hint = "They hand on more than they add to the hidden state. " if _hands_on_more(silent, seen) else ""
    refuse_what_computes_something_else(model, smaller, removed, hint=hint)
    return smaller


def _watch(model: SublayerModel, blocks: Mapping[int, nn.Module]) -> dict[nn.Module, _Seen]:
    """What each module inside some blocks was given and returned, when it was last called."""
    seen: dict[nn.Module, _Seen] = {}

    def note(module: nn.Module) -> Any:
        def watcher(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
            seen[module] = _Seen(args, kwargs, result)

        return watcher

    with ExitStack() as stack, without_fast_path(), preserved(model.module), torch.no_grad():
        for module in {part: None for block in blocks.values() for part in block.modules()}:
            stack.enter_context(watched(module, note(module)))
        model.forward(model.example)
    return seen


def _silenced(part: Part, block: nn.Module, seen: Mapping[nn.Module, _Seen]) -> dict[nn.Module, Silent]:
    """The largest modules that run for a part alone, and what takes their places."""
    found: dict[nn.Module, Silent] = {}
    others = {path for path in _leaves(block, seen) if path not in part.calls}
    writer = str(part.writer)

    def settle(path: str, module: nn.Module) -> None:
        if not inside(path, part.calls):
            return
        stand_in = None if inside(path, others) else _stand_in(module, seen)
        if stand_in is not None and inside(path, {writer}):
            stand_in = stand_in if _hands_on_what(module, block.get_submodule(writer), seen) else None
        if stand_in is not None:
            found[module] = stand_in
            return
        if path in part.calls and any(True for _ in module.parameters()):
            raise SurgeryError(
                f"What the {type(module).__name__} '{path}' would put out cannot be told from its input.",
                where=part.layer.name,
                remedy="Keep this part, or remove the whole block.",
            )
        for name, child in module.named_children():
            settle(f"{path}.{name}", child)

    for name, child in block.named_children():
        settle(name, child)
    return found


def _leaves(block: nn.Module, seen: Mapping[nn.Module, _Seen]) -> Iterator[str]:
    """Paths of the modules in a block that were called and called no other."""
    called = [path for path, module in block.named_modules() if path and module in seen]
    return (path for path in called if not any(other.startswith(f"{path}.") for other in called))


def _hands_on_what(module: nn.Module, writer: nn.Module, seen: Mapping[nn.Module, _Seen]) -> bool:
    """Whether a module returns what the writer inside it put out, and has not added that to the stream itself."""
    whole, written = first_tensor(seen[module].result), first_tensor(seen[writer].result)
    return whole.numel() == written.numel() and torch.equal(whole.reshape(-1), written.reshape(-1))


def _stand_in(module: nn.Module, seen: Mapping[nn.Module, _Seen]) -> Silent | None:
    """What takes a module's place; None where it was not called, or its output does not follow from its input."""
    call = seen.get(module)
    if call is None or call.taken is None or not isinstance(call.result, (Tensor, tuple)):
        return None
    try:
        given = first_tensor(call.result)
    except ModelError:
        return None
    if not given.is_floating_point() or given.shape[:-1] != call.taken.shape[:-1]:
        return None
    width = None if given.shape == call.taken.shape else given.shape[-1]
    returned = None if isinstance(call.result, Tensor) else [_source(item, call) for item in call.result]
    return Silent(width, returned, _facts(module))


def _source(item: Any, call: _Seen) -> int | str | None:
    """Which argument a module returned; the empty word for its own output, None for anything else."""
    if not isinstance(item, Tensor):
        return None
    if item is first_tensor(call.result):
        return ""
    arguments: dict[Any, Any] = {**dict(enumerate(call.args)), **call.kwargs}
    return next((name for name, value in arguments.items() if value is item), None)


def _facts(module: nn.Module) -> dict[str, Any]:
    own = {
        name: value for name, value in vars(module).items() if value is None or type(value) in (bool, int, float, str)
    }
    weights = dict.fromkeys(name for name, _ in module.named_parameters(recurse=False))
    taken = vars(Silent())
    return {name: value for name, value in {**own, **weights}.items() if name not in taken and name != NUMBER}


def _hands_on_more(silent: Mapping[nn.Module, Silent], seen: Mapping[nn.Module, _Seen]) -> bool:
    """Whether a module that goes returned tensors that nothing stands in for."""
    results = [(seen[module].result, stand_in.returned) for module, stand_in in silent.items() if stand_in.returned]
    return any(
        isinstance(item, Tensor) and place is None
        for result, places in results
        for item, place in zip(result, places or (), strict=True)
    )


def _refuse_uses_elsewhere(model: SublayerModel, silent: Mapping[nn.Module, Silent]) -> None:
    places: dict[nn.Module, list[str]] = {}
    for path, module in model.module.named_modules(remove_duplicate=False):
        places.setdefault(module, []).append(path)
    for module in silent:
        if len(places[module]) > 1:
            raise SurgeryError(
                f"The same {type(module).__name__} is used in {len(places[module])} places.",
                where=", ".join(places[module]),
                remedy="Keep it: its weights would stay in the model anyway.",
            )
