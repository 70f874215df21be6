"""Modules that take tokens first, ``[tokens, examples, width]``, as torch's own attention does by default."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def is_tokens_first(tensor: Tensor, examples: int) -> bool:
    """Whether only the second of three dimensions can be that of the examples.

    Where the number of tokens is a multiple of the number of examples, shapes alone cannot tell this from examples
    that are several pieces each, and the latter is believed.
    """
    return tensor.dim() == 3 and tensor.shape[0] % examples != 0 and tensor.shape[1] == examples


def column_of_one(value: Any, position: int, examples: int) -> Any:
    """One example's share of an argument of such a module, detached; masks put examples first even here."""
    if isinstance(value, Tensor):
        value = value.detach()
        if value.dim() == 3 and value.shape[1] == examples:
            return value[:, position : position + 1]
        return value[position : position + 1] if value.dim() == 2 and value.shape[0] == examples else value
    if isinstance(value, dict):
        return {key: column_of_one(item, position, examples) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(column_of_one(item, position, examples) for item in value)
    return value
