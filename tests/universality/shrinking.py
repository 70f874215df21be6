"""Small configurations of any Hugging Face model type, made by the names of the configuration's fields.

A configuration is read field by field: what counts layers becomes small, what is a width becomes one of a few widths
that fit each other, what counts words becomes a small vocabulary, and so on, through all sub-configurations. A few
types need more than their names tell; they stand in :mod:`tests.universality.exceptions`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from transformers import PretrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.universality.exceptions import EXCEPTIONS, GIVEN, MADE_BY_HAND
from tests.universality.shrinking_rules import (
    DEPTH,
    DEPTHS,
    EFFORTS,
    HEAD_COUNTS,
    HEAD_WIDTH,
    HEADS,
    INDICES,
    KEPT_LISTS,
    KEY_HEADS,
    LAYERS,
    PICTURE_SIZE,
    STAGE_HEADS,
    STAGE_LAYERS,
    STAGE_WIDTHS,
    TOKEN,
    VOCABULARY,
    WIDTH,
    WIDTH_STEP,
)


class Shrinker:
    """Shrinks one configuration with all that is in it; numbers of special tokens stay apart from each other.

    Args:
        effort: 0 shrinks everything, 1 keeps widths, 2 keeps pictures too.
    """

    def __init__(self, effort: int = 0) -> None:
        self._rules, self._widths = EFFORTS[effort], effort == 0
        self._tokens: dict[int, int] = {}

    def shrink(self, config: PretrainedConfig, changes: Mapping[str, Any] | None = None) -> PretrainedConfig:
        """The same configuration, small.

        Args:
            config: with its defaults.
            changes: fields that are set to these values.
        """
        if config.model_type.startswith("timm"):
            return copy.deepcopy(config)  # its architecture has the widths that it has
        config.allow_global_per_layer_attribute_access = True  # the layers' own values come below
        parts = getattr(config, "sub_configs_defaults", config.sub_configs)  # transformers 5.17 has only the latter
        names = [*(field.name for field in fields(config)), *parts]
        values = {name: getattr(config, name, None) for name in dict.fromkeys(names)}
        kept = _kept_layers(values)
        exceptions = [EXCEPTIONS.get(name, {}) for name in (config.model_type, type(config).__name__)]
        changes = {**exceptions[0], **exceptions[1], **(changes or {})}
        small = {name: self._small(name, value, values, kept) for name, value in values.items()}
        small |= self._parts(config, changes)
        defaults = {field.name: field.default for field in fields(config)}
        small = {name: value for name, value in small.items() if value is not None and value != defaults.get(name)}
        overrides = config.to_dict().get("per_layer_config") or {}
        if overrides and kept:
            own = {kept.index(int(place)): fields for place, fields in overrides.items() if int(place) in kept}
            small["per_layer_config"] = {
                place: {name: self._small(name, value, values | fields, kept) for name, value in fields.items()}
                for place, fields in own.items()
            }
        small |= _stages(config) | _fitting(values, small) | changes
        return type(config)(**small)

    def _parts(self, config: PretrainedConfig, changes: dict[str, Any]) -> dict[str, PretrainedConfig]:
        """Sub-configurations of which some fields only are changed; they are taken out of the changes."""
        named = [name for name, value in changes.items() if isinstance(value, dict) and "model_type" not in value]
        parts = {name: getattr(config, name, None) for name in named}
        return {
            name: self.shrink(part, changes.pop(name))
            for name, part in parts.items()
            if isinstance(part, PretrainedConfig)
        }

    def _small(self, name: str, value: Any, values: Mapping[str, Any], kept: Sequence[int]) -> Any:
        if isinstance(value, PretrainedConfig):
            return self.shrink(value)
        if type(value) is int:
            return self._small_number(name, value, values)
        if isinstance(value, (list, tuple)) and value:
            return self._small_list(name, value, values, kept)
        if isinstance(value, dict):
            return _small_rotation(value)
        return value

    def _small_number(self, name: str, value: int, values: Mapping[str, Any]) -> int:
        if TOKEN.fullmatch(name):
            return self._token(value)
        if self._widths and KEY_HEADS.fullmatch(name):
            grouped = all(value != values.get(heads) for heads in HEAD_COUNTS)
            return min(value, HEADS // 2 if grouped else HEADS)
        for pattern, rule in self._rules:
            if pattern.fullmatch(name):
                return rule(value) if rule is not None else value
        return value

    def _token(self, number: int) -> int:
        """The first numbers stay; others are counted down from the end of the vocabulary."""
        if number < VOCABULARY // 2:
            return number
        return self._tokens.setdefault(number, VOCABULARY - 1 - len(self._tokens))

    def _small_list(self, name: str, value: Sequence[Any], values: Mapping[str, Any], kept: Sequence[int]) -> Any:
        if INDICES.fullmatch(name) and all(type(item) is int for item in value):
            return type(value)(_small_indices(value))
        if PICTURE_SIZE.fullmatch(name) and all(type(item) is int for item in value):
            return type(value)(self._small_number(name, item, values) for item in value)
        if kept and len(value) == kept[-1] + 1:
            return type(value)(self._small(name, value[place], values, kept) for place in kept)
        if all(type(item) is int for item in value) and not KEPT_LISTS.fullmatch(name):
            return type(value)(self._small_stages(name, value))
        return value

    def _small_stages(self, name: str, value: Sequence[int]) -> Sequence[int]:
        """A number for each stage; equal numbers become equal ones, so that what one stage gives the next can take."""
        if DEPTHS.fullmatch(name):
            return [min(item, STAGE_LAYERS) for item in value]
        if self._widths and STAGE_HEADS.fullmatch(name):
            return [max(1, item // max(1, min(value))) for item in value]
        if self._widths and STAGE_WIDTHS.fullmatch(name):
            if len(set(value)) == 1:
                return [min(item, WIDTH) for item in value]
            return [item if item < WIDTH_STEP else max(1, round(item / 8 / WIDTH_STEP)) * WIDTH_STEP for item in value]
        return value


def small_configuration(model_type: str, effort: int = 0) -> PretrainedConfig:
    """A small configuration of a type.

    Args:
        model_type: as in the ``model_type`` field of a configuration.
        effort: as in :class:`Shrinker`.

    Raises:
        Exception: whatever the library has against its own defaults, or against small ones.
    """
    if model_type in MADE_BY_HAND:
        return MADE_BY_HAND[model_type](Shrinker(effort))
    config_class = CONFIG_MAPPING[model_type]
    return Shrinker(effort).shrink(config_class(**GIVEN.get(model_type, {})))


def _stages(config: PretrainedConfig) -> dict[str, Any]:
    """Which stages a backbone puts out: as many as before, among fewer where each layer counts as one."""
    stages, given = getattr(config, "stage_names", None), getattr(config, "out_indices", None)
    if not stages or not given:
        return {}
    fewer = min(len(stages), LAYERS + 1) if len(stages) > LAYERS + 2 else len(stages)
    return {"out_indices": list(given) if fewer == len(stages) else list(range(fewer - len(given), fewer))}


def _fitting(values: Mapping[str, Any], small: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that must fit others: attention in windows of whole merged patches, a head's parts that make it up."""
    fitting = {}
    merge = values.get("spatial_merge_size") or values.get("merge_size")
    if merge and values.get("window_size") and type(side := small.get("patch_size", values.get("patch_size"))) is int:
        fitting["window_size"] = 2 * merge * side
    if values.get("qk_head_dim"):
        fitting["qk_head_dim"] = sum(small.get(name, values[name]) for name in ("qk_nope_head_dim", "qk_rope_head_dim"))
    return fitting


def _kept_layers(values: Mapping[str, Any]) -> list[int]:
    """Which layers of a deeper model the small one is like: one of each type if there is room, and the last.

    Empty where nothing has an entry for each of more than ``LAYERS`` layers.
    """
    depths = {number for name, number in values.items() if type(number) is int and DEPTH.fullmatch(name)}
    lists = {name: value for name, value in values.items() if isinstance(value, (list, tuple)) and len(value) in depths}
    if not depths or max(depths) <= LAYERS:
        return []
    types = lists.get("layer_types") or next(iter(lists.values()), [None] * max(depths))
    firsts = [place for place, value in enumerate(types) if value not in types[:place]]
    kept = {*firsts[: LAYERS - 1], len(types) - 1}
    kept |= set([place for place in range(len(types)) if place not in kept][: LAYERS - len(kept)])
    return sorted(kept)


def _small_indices(values: Sequence[int]) -> list[int]:
    """Numbers of layers, in their order, among fewer layers; numbers from the end stay where they can."""
    ranks = sorted({value for value in values if value >= 0})
    first = max(0, LAYERS - len(ranks))
    small = {value: min(value, first + rank, LAYERS - 1) for rank, value in enumerate(ranks)}
    return [small[value] if value >= 0 else max(value, 1 - LAYERS) for value in values]


def _small_rotation(values: dict[str, Any]) -> dict[str, Any]:
    """Rotary position parameters: the sections of a head's width, and the number of positions."""
    small = dict(values)
    for name, value in values.items():
        if isinstance(value, dict):
            small[name] = _small_rotation(value)
        elif name == "mrope_section":
            small[name] = [HEAD_WIDTH // 2 - 2 * (HEAD_WIDTH // 6), *[HEAD_WIDTH // 6] * (len(value) - 1)]
    return small
