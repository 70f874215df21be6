"""Where each layer stands in a figure with layers along its width: panels of stacks, blocks with their parts.

A model with several stacks is drawn as panels side by side, each with its own numbers. Where layers are parts of
blocks, the parts of one block stand together; folded, they share one column, which shows the highest of their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.report.scaling import Scores, highest
from analysis_core.report.stack_names import is_part, part_word, places, spans
from analysis_core.report.typography import width
from analysis_core.results import Layer

BLOCK_GAP, PANEL_GAP, PANEL_GAP_SHARE = 0.3, 0.5, 0.035
"""Empty room between two blocks of parts and between two panels, in widths of a column; the latter also as a share."""
PLOT_PIXELS, LETTER_PIXELS = 420, 6.5
"""The narrowest plot, and a letter of the names under it."""


@dataclass(frozen=True)
class Column:
    """One place: a layer, or the folded parts of a block.

    Args:
        layers: indices of the layers that it stands for.
        x: its centre; a column is one wide.
        tick: the number or letter under it.
        title: what it is called in full.
    """

    layers: tuple[int, ...]
    x: float
    tick: str
    title: str


@dataclass(frozen=True)
class Span:
    """Columns that belong together under one name: a stack, or a block with its parts."""

    name: str
    first: float
    last: float

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return (self.first + self.last) / 2


@dataclass(frozen=True)
class Columns:
    """All places of a figure, from left to right.

    Args:
        columns: the places.
        panels: the model's stacks; empty for one alone, and for stacks too short for their names.
        blocks: blocks whose parts stand side by side; empty where layers are blocks, or parts are folded.
    """

    columns: tuple[Column, ...]
    panels: tuple[Span, ...] = ()
    blocks: tuple[Span, ...] = ()

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def range(self) -> tuple[float, float]:
        """The two ends of the axis."""
        return (self.columns[0].x - 0.5, self.columns[-1].x + 0.5) if self.columns else (-0.5, 0.5)

    @property
    def are_folded(self) -> bool:
        """Whether some column stands for several layers."""
        return any(len(column.layers) > 1 for column in self.columns)

    def values(self, scores: Scores) -> list[float | None]:
        """One value a column: of folded parts the highest."""
        return [None if (layer := self.leading(column, scores)) is None else scores[layer] for column in self.columns]

    def leading(self, column: Column, scores: Scores) -> int | None:
        """The layer whose value a column shows; None where it has none."""
        return highest(column.layers, scores)

    def holding(self, layer: int) -> Column | None:
        """The column in which a layer stands."""
        return next((column for column in self.columns if layer in column.layers), None)

    def closed_up(self) -> Columns:
        """Without empty room, so that each unfolded layer stands at its number: for figures that others lie beside."""
        where = {column.x: place for place, column in enumerate(self.columns)}

        def moved(spans: Sequence[Span]) -> tuple[Span, ...]:
            return tuple(Span(span.name, where[span.first], where[span.last]) for span in spans)

        columns = tuple(replace(column, x=place) for place, column in enumerate(self.columns))
        return Columns(columns, moved(self.panels), moved(self.blocks))

    def runs(self, layers: Sequence[int]) -> list[tuple[float, float]]:
        """Outer edges of neighbouring columns that stand for some layers, those that touch taken together."""
        wanted = set(layers)
        found: list[tuple[float, float]] = []
        for column in self.columns:
            if not wanted.intersection(column.layers):
                continue
            left, right = column.x - 0.5, column.x + 0.5
            if found and left - found[-1][1] < BLOCK_GAP / 2:
                found[-1] = (found[-1][0], right)
            else:
                found.append((left, right))
        return found


def plain(count: int, phrases: Phrases = ENGLISH) -> Columns:
    """Places of layers of which nothing is known but how many they are."""
    return Columns(tuple(Column((at,), at, str(at), phrases["layer_named"].format(layer=at)) for at in range(count)))


def columns_of(layers: Sequence[Layer], phrases: Phrases = ENGLISH, *, folded: bool = False) -> Columns:
    """The places of a model's layers.

    Args:
        layers: of the model, all of them in their order.
        phrases: the words.
        folded: whether the parts of a block share one column.
    """
    panels = spans(layers, phrases)
    named = len(panels) > 1 and _fit(panels)
    titles = [_layer_title(layer, place, phrases) for layer, place in zip(layers, places(layers, phrases), strict=True)]
    columns: list[Column] = []
    stacks: list[Span] = []
    blocks: list[Span] = []
    gap = max(PANEL_GAP, PANEL_GAP_SHARE * len(layers))
    free = -0.5  # where the next column may begin
    for name, first, last in panels:
        free += gap if stacks else 0.0
        began = free + 0.5
        for number, group in enumerate(_blocks(layers[first : last + 1])):
            apart = is_part(group[0])
            free += BLOCK_GAP if number and (apart or is_part(layers[group[0].index - 1])) and not folded else 0.0
            shown = number if named or len(panels) < 2 else len(blocks) if apart else group[0].index
            if folded and apart:
                indices = tuple(layer.index for layer in group)
                columns.append(Column(indices, free + 0.5, str(shown), _block_title(number, name, phrases)))
                free += 1
                continue
            for layer in group:
                tick = phrases[f"{part_word(layer)}_letter"] if apart else str(shown)
                columns.append(Column((layer.index,), free + 0.5, tick, titles[layer.index]))
                free += 1
            if apart:
                blocks.append(Span(str(shown), columns[-len(group)].x, columns[-1].x))
        stacks.append(Span(name, began, columns[-1].x))
    return Columns(tuple(columns), tuple(stacks) if named else (), tuple(blocks))


def has_parts(layers: Sequence[Layer]) -> bool:
    """Whether some layers are parts of blocks."""
    return any(is_part(layer) for layer in layers)


def parts_key(layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> str:
    """What the letters under parts stand for; empty where layers are no parts."""
    kinds = dict.fromkeys(part_word(layer) for layer in layers if is_part(layer))
    items = [phrases["parts_key_item"].format(letter=phrases[f"{kind}_letter"], part=phrases[kind]) for kind in kinds]
    return phrases["parts_key"].format(letters=phrases["comma"].join(items)) if items else ""


def _blocks(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Layers of one stack, the parts of each block together."""
    found: list[list[Layer]] = []
    for layer in layers:
        if found and is_part(layer) and layer.stack == found[-1][0].stack and is_part(found[-1][0]):
            found[-1].append(layer)
        else:
            found.append([layer])
    return found


def _layer_title(layer: Layer, place: str, phrases: Phrases) -> str:
    form = phrases["layer_placed"] if place else phrases["layer_named"]
    return form.format(layer=layer.index, place=place)


def _block_title(number: int, stack: str, phrases: Phrases) -> str:
    form = phrases["block_in_stack"] if stack else phrases["block_title"]
    return form.format(block=phrases["block"], number=number, stack=stack)


def _fit(panels: Sequence[tuple[str, int, int]]) -> bool:
    """Whether each stack is wide enough for its name."""
    pixels = PLOT_PIXELS / max((last + 1 for _, _, last in panels), default=1)
    return all(width(name) * LETTER_PIXELS <= (last - first + 1) * pixels for name, first, last in panels)
