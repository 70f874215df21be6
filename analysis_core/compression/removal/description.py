"""Find the description of a smaller model: what counts its blocks is corrected until the library builds exactly it.

Names tell most depths (:mod:`~analysis_core.compression.removal.configuration`). Where they do not, every
configuration in the model is tried alone, then every number in it that equals the old depth, then numbers that count
some of the layers. A wrong guess cannot pass: the model is built from the corrected configuration and compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import Any

from torch import nn

from analysis_core.compression.removal.configuration import (
    CONFIGURATION_NAMES,
    Cut,
    correct_descriptions,
    correct_fields,
)
from analysis_core.compression.removal.elsewhere import adopt_counts, cut_shares
from analysis_core.compression.removal.rebuild import Blueprint
from analysis_core.errors import SurgeryError
from analysis_core.models.decoder_depth import note_decoder_depth

COUNTING_NAME = re.compile(r"(?!.*(head|token|dim|size|_id$)).*(layer|depth|block|stage|level).*")
SHARE_NAME = re.compile(
    r"(?!.*(head|token|dim|size|_id$)).*(layer|depth|block|dense|shared|replace|offset|start|end).*"
)
LAYER_TYPES = ("layer_types", "layers_block_type", "block_types")
MOST_TRIES = 24

Way = Callable[[], object]


def describe(original: nn.Module, smaller: nn.Module, cuts: Sequence[Cut]) -> None:
    """Correct everything in the smaller model that counts or lists its blocks.

    Args:
        original: the model before.
        smaller: a copy without some blocks; its modules and configurations are corrected.
        cuts: what was taken out.

    Raises:
        SurgeryError: no description was found from which the library builds the smaller model.
    """
    blueprint = Blueprint(original)
    configurations = list(configurations_of(smaller))
    before = [dict(vars(configuration)) for configuration in configurations]
    attended = [_attends(configuration) for configuration in configurations]

    def by_name() -> None:
        for number, cut in enumerate(cuts, start=1):
            correct_descriptions(smaller, cut, later=cuts[number:])

    try:
        _try(by_name, blueprint, smaller, cuts)
    except SurgeryError:
        if not blueprint.exists or not cuts:
            raise

        def fits(way: Way) -> bool:
            restore(configurations, before)
            with suppress(Exception):  # configurations refuse impossible values in their own ways
                _try(way, blueprint, smaller, cuts)
                return True
            return False

        if not any(map(fits, islice(_other_ways(configurations, cuts), MOST_TRIES))):
            shares = [way for way in islice(_share_ways(by_name, configurations, cuts), MOST_TRIES) if fits(way)]
            # Where two numbers would do, the modules do not tell which is right, and the other computes something else.
            if len(shares) != 1 or not fits(shares[0]):
                raise
    _refuse_last_attention(smaller, configurations, attended)


def _try(way: Way, blueprint: Blueprint, smaller: nn.Module, cuts: Sequence[Cut]) -> None:
    way()
    note_decoder_depth(getattr(smaller, "config", None))
    if blueprint.exists and len(cuts) == 1:
        rebuilt = blueprint.rebuild(smaller)
        if cut_shares(smaller, rebuilt, cuts[0]):
            adopt_counts(smaller, rebuilt, cuts[0])
    blueprint.check(smaller)


def _refuse_last_attention(smaller: nn.Module, configurations: Sequence[Any], attended: Sequence[bool]) -> None:
    """The key-value cache of transformers' hybrids needs an attention layer to know how far it is."""
    can_generate = getattr(smaller, "can_generate", None)
    attends = [_attends(configuration) for configuration in configurations]
    if callable(can_generate) and can_generate() and attends != list(attended):
        raise SurgeryError(
            "It is the last attention layer, without which the library cannot generate.",
            where=type(smaller).__name__,
            remedy="Keep at least one attention layer.",
        )


def _attends(configuration: Any) -> bool:
    """Whether a configuration lists types of layers, and one of them attends to earlier tokens."""
    listed = [getattr(configuration, name, None) or () for name in LAYER_TYPES]
    return any("attention" in kind.replace("linear_attention", "") or kind == "hybrid" for kind in chain(*listed))


def restore(configurations: Sequence[Any], before: Sequence[dict[str, Any]]) -> None:
    """Give configurations the values back that they had."""
    for configuration, values in zip(configurations, before, strict=True):
        vars(configuration).clear()
        vars(configuration).update(values)


def configurations_of(module: nn.Module) -> Iterator[Any]:
    """Every configuration in a model once, those of parts first."""
    found: list[Any] = []

    def collect(configuration: Any) -> None:
        if hasattr(configuration, "to_dict") and not any(configuration is known for known in found):
            for value in list(vars(configuration).values()):
                collect(value)
            found.append(configuration)

    for part in module.modules():
        for name in CONFIGURATION_NAMES:
            collect(vars(part).get(name))
    yield from found


def _other_ways(configurations: Sequence[Any], cuts: Sequence[Cut]) -> Iterator[Way]:
    """Each configuration alone; each number alone."""
    for configuration in configurations:
        yield partial(_correct_alone, configuration, cuts)
        yield partial(_correct_alone, configuration, cuts, all_lists=True)
    for configuration in configurations:
        for name, value in _numbers(configuration, COUNTING_NAME):
            if value == cuts[0].before:
                yield partial(_correct_alone, configuration, cuts, names=(name,))


def _share_ways(by_name: Way, configurations: Sequence[Any], cuts: Sequence[Cut]) -> Iterator[Way]:
    """By name, with one number more that counts some of the layers, such as the first that are dense."""
    removed = sum(len(cut.removed) for cut in cuts)
    for configuration in configurations:
        for name, value in _numbers(configuration, SHARE_NAME):
            if removed <= value < cuts[0].before:
                yield partial(_correct_share, by_name, configuration, name, value - removed)


def _correct_alone(configuration: Any, cuts: Sequence[Cut], **how: Any) -> None:
    for cut in cuts:
        correct_fields(configuration, cut, whole_model=False, **how)


def _correct_share(by_name: Way, configuration: Any, name: str, value: int) -> None:
    setattr(configuration, name, value)
    by_name()


def _numbers(configuration: Any, pattern: re.Pattern[str]) -> list[tuple[str, int]]:
    found = vars(configuration).items()
    return [(name, value) for name, value in found if type(value) is int and pattern.fullmatch(name)]
