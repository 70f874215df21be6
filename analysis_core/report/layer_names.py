"""Layers as they are named where several are told of: by numbers, by their stacks, or as parts of numbered blocks.

The names are those that stand under the figures: ``4`` in a model with one stack, ``decoder 0`` where stacks are
panels of their own, ``0 of stage 1`` where these are numbered, ``2F`` for the feed-forward part of block 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis_core.report import numbers
from analysis_core.report.columns import Columns, columns_of
from analysis_core.report.phrases import ENGLISH, Phrases, layer_list, listed
from analysis_core.report.stack_names import is_numbered
from analysis_core.results import Layer


def named(index: int, layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> str:
    """The short name of one layer."""
    return named_list([index], layers, phrases)


def named_list(indices: Iterable[int], layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> str:
    """Several layers as people say them: ``0, 4-6 and 11``, ``encoder 0 and decoder 1-3``, ``1F and 3A-4F``.

    Args:
        indices: of the layers, in any order.
        layers: the model's; without them, or in a model of one stack of blocks, numbers alone are said.
        phrases: the words.
    """
    chosen = sorted(set(indices))
    columns = columns_of(layers, phrases)
    if not chosen:
        return ""
    if not columns.panels and not columns.blocks:
        return phrases["numbers_alone"].format(numbers=layer_list(chosen, phrases))
    labels = _labels(columns)
    words: list[str] = []
    for stack, members in _stacks(columns):
        runs = numbers.consecutive([index for index in chosen if index in members])
        parts = [word for run in runs for word in _run([labels[index] for index in run])]
        if stack and parts:
            form = (
                "parts_in_stack"
                if columns.blocks
                else "numbers_in_numbered_stack"
                if is_numbered(stack)
                else "numbers_in_stack"
            )
            words.append(phrases[form].format(stack=stack, numbers=phrases["comma"].join(parts)))
        else:
            words += parts
    return listed(words, phrases)


def marks(layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> list[str]:
    """What stands beside the points of layers, where room is short: ``4``, ``decoder 0``, ``stage 1.0``, ``2F``."""
    columns = columns_of(layers, phrases)
    labels = _labels(columns)
    known = {
        index: _mark(stack, labels[index], phrases) if stack else labels[index]
        for stack, members in _stacks(columns)
        for index in members
    }
    return [known[layer.index] for layer in layers]


def _mark(stack: str, label: str, phrases: Phrases) -> str:
    form = "mark_in_numbered_stack" if is_numbered(stack) else "place_in_stack"
    return phrases[form].format(stack=stack, number=label)


def _labels(columns: Columns) -> dict[int, str]:
    """The number of each layer in its stack, or the number of its block and the letter of its part."""
    found = {}
    for column in columns.columns:
        block = next((block.name for block in columns.blocks if block.first <= column.x <= block.last), "")
        found[column.layers[0]] = f"{block}{column.tick}"
    return found


def _stacks(columns: Columns) -> list[tuple[str, set[int]]]:
    """The layers of every panel; all of them, without a name, where there is none."""
    if not columns.panels:
        return [("", {column.layers[0] for column in columns.columns})]
    return [
        (panel.name, {column.layers[0] for column in columns.columns if panel.first <= column.x <= panel.last})
        for panel in columns.panels
    ]


def _run(names: Sequence[str]) -> list[str]:
    return [f"{names[0]}{numbers.EN_DASH}{names[-1]}"] if len(names) > 2 else list(names)
