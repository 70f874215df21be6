"""What a model's first block holds for all others, handed on when that block goes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def hand_on_position_bias(first: nn.Module, heir: nn.Module, shared: Mapping[int, Tensor]) -> None:
    """Give the new first block the position bias that T5's first block computes for the whole stack.

    Args:
        first: the first block of the original; stays as it is.
        heir: the block that becomes the first one, in the copy.
        shared: tensors that both models hold, by their identity; others are copied.
    """
    twins = dict(heir.named_modules())
    for path, part in first.named_modules():
        twin: Any = twins.get(path)
        bias = getattr(part, "relative_attention_bias", None)
        if isinstance(bias, nn.Module) and getattr(twin, "has_relative_attention_bias", None) is False:
            twin.relative_attention_bias = copy.deepcopy(bias, dict(shared))
            twin.has_relative_attention_bias = True
