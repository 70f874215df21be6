"""Find what a block adds to the residual stream, by running it once and reading the sums off.

A transformer block adds to the stream twice: once what its attention computes, once what its feed-forward part
computes. Where exactly differs from library to library (norm before or after, layer scale, drop path, both parts
side by side), and no naming rule covers them all. So the block is watched: whenever a module receives a tensor that no
module put out, somebody has added something, and arithmetic tells what: ``stream + scale * contribution``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor
from analysis_core.models.observation import watched, without_fast_path

TOLERANCE = 1e-4
"""Relative to the largest number: sums in single precision agree to about 1e-6, chance does not to 1e-4."""
ROUNDINGS = 8
"""In half precision sums agree to a few of its roundings only."""


@dataclass
class Call:
    """One call of a module that calls no other."""

    path: str
    module: nn.Module
    taken: Tensor
    given: Tensor


@dataclass
class Addition:
    """One place where a block adds to the stream.

    Args:
        writer: path of the module whose output is added.
        calls: the calls that led to it, in order, the norm of the stream behind it included.
        after: where the stream can be seen behind it, as (path, side); the empty path is the block itself. None
            where it never stands alone because two parts add at the same time.
    """

    writer: str
    calls: list[Call]
    after: tuple[str, str] | None = None


@dataclass
class _Reading:
    """What has been read so far: the stream's faces, and the calls since the last addition."""

    streams: list[Tensor]
    repeated: set[str]
    pending: list[Call] = field(default_factory=list)
    found: list[Addition] = field(default_factory=list)


def additions(block: nn.Module, feed: Callable[[], Any]) -> list[Addition]:
    """What ``block`` adds to the stream, in order.

    Args:
        block: runs once while ``feed`` runs the model, and keeps its shape.
        feed: one forward pass of the whole model.

    Returns:
        The additions; empty where they cannot be read off, as in blocks that do not add.
    """
    calls, taken, given = _watch(block, feed)
    if taken is None or given is None or taken.shape != given.shape:
        return []
    counts = Counter(call.path for call in calls)
    reading = _Reading([taken], repeated={path for path, count in counts.items() if count > 1})
    for call in calls:
        _read_call(reading, call)
    _read_end(reading, given)
    return reading.found


def _read_call(reading: _Reading, call: Call) -> None:
    known = any(call.taken is tensor for tensor in reading.streams)
    known = known or any(call.taken is earlier.given for earlier in reading.pending)
    if not known and (sum_of := _explained(reading, call.taken)):
        _note(reading, sum_of, (call.path, "input"))
        reading.streams.append(call.taken)
    if call.taken is reading.streams[-1] and reading.found and _is_norm(call.module):
        # A norm on the stream itself; whether the stream goes on from its output shows at the next addition.
        reading.streams.append(call.given)
        reading.found[-1].after = (call.path, "output")
        reading.found[-1].calls.append(call)
        return
    reading.pending.append(call)


def _read_end(reading: _Reading, given: Tensor) -> None:
    """The block's own output closes the last addition."""
    if reading.found and _same(given.reshape(-1), reading.streams[-1].reshape(-1)):
        reading.found[-1].after = ("", "output")
        reading.found[-1].calls += reading.pending
    elif sum_of := _explained(reading, given):
        _note(reading, sum_of, ("", "output"))
    else:
        reading.found.clear()


def _note(reading: _Reading, sum_of: tuple[Tensor, list[Call]], after: tuple[str, str]) -> None:
    stream, writers = sum_of
    if reading.found and stream is not reading.streams[-1] and len(reading.streams) > 1:
        _undo_norm(reading, stream)
    if len(writers) == 1:
        reading.found.append(Addition(writers[0].path, reading.pending, after))
    else:
        reading.found += [Addition(w.path, part) for w, part in zip(writers, _parts(reading, writers), strict=True)]
    reading.pending = []


def _undo_norm(reading: _Reading, stream: Tensor) -> None:
    """The stream goes on from before the norm: then the norm belongs to the part that reads it."""
    last = reading.found[-1]
    norm = last.calls[-1] if last.after == (last.calls[-1].path, "output") else None
    if norm is not None and norm.taken is stream:
        last.calls.remove(norm)
        last.after = (norm.path, "input")
        reading.pending.insert(0, norm)


def _parts(reading: _Reading, writers: Sequence[Call]) -> list[list[Call]]:
    """Side by side, one part is computed after the other: the first ends where its writer has written."""
    ends = [0, *(1 + reading.pending.index(writer) for writer in writers[:-1]), len(reading.pending)]
    return [reading.pending[start:stop] for start, stop in pairwise(ends)]


def _explained(reading: _Reading, total: Tensor) -> tuple[Tensor, list[Call]] | None:
    """``total`` as a stream plus what one or two of the pending calls put out; None where it is no such sum."""
    # A module that runs for several parts cannot stand for one of them.
    usable = (call for call in reversed(reading.pending) if call.path not in reading.repeated)
    writers = [call for call in usable if call.given.numel() == total.numel()]
    for stream in reversed(reading.streams):
        if stream.numel() != total.numel():
            continue
        rest = total - stream.reshape(total.shape)
        for writer in writers:
            if _is_scaled(rest, writer.given.reshape(total.shape)):
                return stream, [_source(reading, writer)]
        for later, earlier in combinations(writers[:12], 2):
            if _same(rest, (later.given.reshape(total.shape) + earlier.given.reshape(total.shape))):
                return stream, [_source(reading, earlier), _source(reading, later)]
    return None


def _source(reading: _Reading, writer: Call) -> Call:
    """Identities hand the same tensor on, and one identity may serve both parts: the first to put it out writes."""
    same = (call for call in reading.pending if call.given is writer.given)
    return next(call for call in same if call.path not in reading.repeated)


def _is_scaled(rest: Tensor, given: Tensor) -> bool:
    """Whether ``rest = scale * given`` with one scale a channel (layer scale), up to rounding."""
    rows, candidate = rest.reshape(-1, rest.shape[-1]), given.reshape(-1, given.shape[-1])
    if len(rows) < 2:
        return _same(rest, given)
    scale = (rows * candidate).sum(0) / candidate.square().sum(0).clamp(min=1e-30)
    return bool(scale.abs().max() > 0) and _same(rows, candidate * scale)


def _same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    largest = float(one.abs().max())
    tolerance = max(TOLERANCE, ROUNDINGS * torch.finfo(one.dtype).eps)
    return largest > 0 and float((one - other).abs().max()) <= tolerance * largest


def _is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def _watch(block: nn.Module, feed: Callable[[], Any]) -> tuple[list[Call], Tensor | None, Tensor | None]:
    """The calls inside the block that call nothing further, in order, and what the block took and gave."""
    seen: list[Call] = []
    ends: list[tuple[Tensor, Tensor]] = []

    def note(path: str, module: nn.Module) -> Any:
        def watcher(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
            try:
                taken, given = _first_float((*args, *kwargs.values())), first_tensor(result)
            except ModelError:
                return
            if taken is None:
                return
            if path:
                seen.append(Call(path, module, taken.detach() if taken.requires_grad else taken, given))
            else:
                ends.append((taken, given))

        return watcher

    with ExitStack() as stack, without_fast_path(), torch.no_grad():
        for path, module in block.named_modules():
            stack.enter_context(watched(module, note(path, module)))
        feed()
    if len(ends) != 1:
        return [], None, None
    inner = {call.path for call in seen}
    leaves = [call for call in seen if not any(other.startswith(f"{call.path}.") for other in inner)]
    return leaves, *ends[0]


def _first_float(values: Iterable[Any]) -> Tensor | None:
    return next((v for v in values if isinstance(v, Tensor) and v.is_floating_point()), None)
