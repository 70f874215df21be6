"""Short names for a model's stacks of blocks: the one part of their paths that tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind

_FILLERS = ("_model", "_tower", "_blocks", "_layers")


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """A word or two for every stack; empty for a stack that stands alone.

    >>> short_names(["model.encoder.layers", "model.decoder.layers"])
    {'model.encoder.layers': 'encoder', 'model.decoder.layers': 'decoder'}
    >>> short_names(["stages.0.blocks", "stages.1.blocks"])
    {'stages.0.blocks': 'stage 0', 'stages.1.blocks': 'stage 1'}
    """
    unique = list(dict.fromkeys(paths))
    if len(unique) < 2:
        return dict.fromkeys(unique, "")
    split = [path.split(".") for path in unique]
    shortest = min(map(len, split))
    place = next((at for at in range(shortest) if len({parts[at] for parts in split}) == len(split)), None)
    if place is None:
        return {path: path for path in unique}
    return {path: _word(parts, place) for path, parts in zip(unique, split, strict=True)}


def stack_title(name: str, phrases: Phrases = ENGLISH) -> str:
    """What a stack is called; one that has no name in the phrases keeps the word of its path.

    >>> stack_title("encoder"), stack_title("stage 1"), stack_title("my blocks")
    ('encoder', 'stage 1', 'my blocks')
    """
    word, _, number = name.rpartition(" ")
    if word and number.isdigit():
        return phrases["numbered_stack"].format(stack=phrases.get(f"stack_{word}", word), number=number)
    return phrases.get(f"stack_{name}", name)


def is_numbered(stack: str) -> bool:
    """Whether a stack's name ends in a number, which must not run into those of its layers."""
    return stack[-1:].isdigit()


def spans(layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> list[tuple[str, int, int]]:
    """Which layers stand in which stack: (what it is called, first, last), in the order of the layers.

    A model with one stack, with stacks that take turns, or with one layer a stack has one span without a name.
    """
    stacks = [_container(layer) for layer in layers]
    names = short_names(stacks)
    found: list[tuple[str, int, int]] = []
    before = None
    for layer, stack in zip(layers, stacks, strict=True):
        if stack == before:
            name, first, _ = found[-1]
            found[-1] = (name, first, layer.index)
        else:
            found.append((stack_title(names[stack], phrases), layer.index, layer.index))
        before = stack
    if len(found) > len(names) or len(found) == len(layers):  # these are no places of their own
        return [("", found[0][1], found[-1][2])] if found else []
    return found


def places(layers: Sequence[Layer], phrases: Phrases = ENGLISH) -> list[str]:
    """Where each layer stands, such as ``decoder 2``, ``stage 1, block 0`` or ``block 3, attention``.

    Empty words for blocks of one stack.
    """
    return [
        _place(layer, name, layer.index - first, phrases) for name, first, last in spans(layers, phrases)
        for layer in layers[first : last + 1]
    ]  # fmt: skip


def is_part(layer: Layer) -> bool:
    """Whether a layer is a part of a block: it stands in that block, and blocks bear numbers."""
    return layer.kind in (LayerKind.ATTENTION, LayerKind.MLP) and layer.stack.rpartition(".")[2].isdigit()


def part_word(layer: Layer) -> str:
    """The key of the phrase that says what a part of a block is."""
    if layer.kind is not LayerKind.ATTENTION:
        return "part_mlp"
    _, _, own = layer.name.partition(layer.stack)
    said = f"{own} {layer.class_name}".lower()
    return "part_cross" if "cross" in said or "enc" in own.lower() else "part_attention"


def _place(layer: Layer, stack: str, number: int, phrases: Phrases) -> str:
    if not is_part(layer):
        return place_in_stack(stack, number, phrases) if stack else ""
    block = layer.stack.rpartition(".")[2]
    place = place_in_stack(stack, block, phrases) if stack else phrases["place_of_block"].format(block=block)
    return phrases["place_of_part"].format(place=place, part=phrases[part_word(layer)])


def place_in_stack(stack: str, number: int | str, phrases: Phrases = ENGLISH) -> str:
    """``decoder 2``, or ``stage 1, block 0``."""
    form = "place_in_numbered_stack" if is_numbered(stack) else "place_in_stack"
    return phrases[form].format(stack=stack, number=number)


def _container(layer: Layer) -> str:
    """Where blocks stand side by side; the parts of a block stand where their block does."""
    above, _, last = layer.stack.rpartition(".")
    return above if last.isdigit() else layer.stack


def _word(parts: Sequence[str], place: int) -> str:
    word = parts[place]
    if word.isdigit():
        return f"{parts[place - 1].rstrip('s')} {word}" if place else word
    for filler in _FILLERS:
        word = word.removesuffix(filler)
    return word.replace("_", " ")
