"""A module's call for one example alone, cut from its call for all of them."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

_EDGES = "edge_index"
"""What PyTorch Geometric calls edges between rows, ``[2, edges]``."""


def call_of_one(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], part: slice, rows: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """One example's share of the arguments of a call, detached.

    Args:
        module: what was called.
        args, kwargs: what it was called with, for all examples.
        part: the example's rows.
        rows: how many rows all examples have together; tensors with as many are cut, as are those with one an example.
    """
    edges = edges_of(module, args, kwargs)
    if edges is None:
        return _cut(args, part, rows), _cut(kwargs, part, rows)
    names = _argument_names(module)
    own = ((edges >= part.start) & (edges < part.stop)).all(0)

    def of_graph(name: str, value: Any) -> Any:
        """Edges are cut by the rows that they join, what belongs to them likewise, everything else by rows."""
        if name == _EDGES:
            return edges[:, own] - part.start
        if name.startswith("edge_") and isinstance(value, Tensor) and value.shape[:1] == own.shape:
            return value.detach()[own]
        return _cut(value, part, rows)

    positional = tuple(of_graph(names.get(place, ""), value) for place, value in enumerate(args))
    return positional, {name: of_graph(name, value) for name, value in kwargs.items()}


def edges_of(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The edges between rows in a call, ``[2, edges]``; None where it has none."""
    names = _argument_names(module)
    named = {names.get(place, ""): value for place, value in enumerate(args)} | kwargs
    edges = named.get(_EDGES)
    if not isinstance(edges, Tensor) or edges.is_floating_point() or edges.shape[:1] != (2,):
        return None
    return edges


def detached(value: Any) -> Any:
    """The same arguments, none of which leads back to where it came from."""
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {key: detached(item) for key, item in value.items()}
    return type(value)(detached(item) for item in value) if type(value) in (tuple, list) else value


def _argument_names(module: nn.Module) -> dict[int, str]:
    return dict(enumerate(inspect.signature(module.forward).parameters))


def _cut(value: Any, part: slice, rows: int) -> Any:
    if isinstance(value, Tensor):
        value = value.detach()
        if value.dim() and value.shape[0] == rows:
            return value[part]
        # A router of experts takes [examples, tokens, width] and gives [examples * tokens, experts].
        pieces = part.stop - part.start
        if value.dim() and pieces > 1 and value.shape[0] * pieces == rows:
            return value[part.start // pieces : part.stop // pieces]
        return value
    if isinstance(value, dict):
        return {key: _cut(item, part, rows) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_cut(item, part, rows) for item in value)
    return value
