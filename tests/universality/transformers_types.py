"""Every Hugging Face model type, built small: which class to take, and what to feed it."""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain, islice

import torch
import transformers
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from analysis_core.vocabulary import ModalityType
from tests.universality.cases import Built, Cases, DoesNotBuildError
from tests.universality.shrinking import small_configuration
from tests.universality.shrinking_rules import EFFORTS
from tests.universality.transformers_inputs import example_inputs

MODEL_TYPES: tuple[str, ...] = tuple(CONFIG_MAPPING_NAMES)

MOST_WEIGHTS = 30_000_000
MOST_CLASSES = 5

HEADS = (
    "ZERO_SHOT_IMAGE_CLASSIFICATION",
    "ZERO_SHOT_OBJECT_DETECTION",
    "SEQ_TO_SEQ_CAUSAL_LM",
    "SPEECH_SEQ_2_SEQ",
    "IMAGE_TEXT_TO_TEXT",
    "MULTIMODAL_LM",
    "MASKED_LM",
    "CAUSAL_LM",
    "IMAGE_CLASSIFICATION",
    "VIDEO_CLASSIFICATION",
    "AUDIO_CLASSIFICATION",
    "CTC",
    "OBJECT_DETECTION",
    "SEMANTIC_SEGMENTATION",
    "UNIVERSAL_SEGMENTATION",
    "DEPTH_ESTIMATION",
    "SEQUENCE_CLASSIFICATION",
)
"""Which head is taken, the first that a type has; where it has none of them, its body without a head."""


def classes_of(config: PretrainedConfig) -> Iterator[type[PreTrainedModel]]:
    """Classes that take a configuration, the best one first."""
    seen = set()
    for found in chain(_mapped(config.model_type), _written(config)):
        if found not in seen:
            seen.add(found)
            yield found


def _mapped(model_type: str) -> Iterator[type[PreTrainedModel]]:
    best = [f"MODEL_FOR_{head}_MAPPING_NAMES" for head in HEADS]
    others = [name for name in dir(modeling_auto) if re.fullmatch("MODEL_FOR_.*_MAPPING_NAMES", name)]
    for mapping in (*best, "MODEL_MAPPING_NAMES", *others):
        names = getattr(modeling_auto, mapping).get(model_type, ())
        for name in (names,) if isinstance(names, str) else names:
            if inspect.isclass(found := getattr(transformers, name, None)):
                yield found


def _written(config: PretrainedConfig) -> Iterator[type[PreTrainedModel]]:
    """Classes beside the configuration's own that name it, as parts of larger models do; the whole ones first."""
    package = importlib.import_module(type(config).__module__.rpartition(".")[0])
    modules = [name for _, name, _ in pkgutil.iter_modules(package.__path__) if name.startswith("modeling_")]
    found = [
        thing
        for name in modules
        for thing in vars(importlib.import_module(f"{package.__name__}.{name}")).values()
        if inspect.isclass(thing)
        and issubclass(thing, PreTrainedModel)
        and thing.config_class is type(config)
        and not thing.__name__.endswith("PreTrainedModel")
    ]
    yield from sorted(found, key=lambda thing: "For" not in thing.__name__)


def cases() -> Cases:
    """All types, each with its builder."""
    return {model_type: partial(build, model_type) for model_type in MODEL_TYPES}


def build(model_type: str) -> Built:
    """A small model of a type, with inputs that it accepts.

    Raises:
        DoesNotBuildError: no class takes a small configuration of it; says why.
        ValueError: it is built, but no inputs are known that it accepts.
    """
    refused: Exception | None = None
    unfed: Exception | None = None
    for effort in range(len(EFFORTS)):
        try:
            return _build(model_type, effort)
        except DoesNotBuildError as error:
            refused = refused or error
        except ValueError as error:
            unfed = unfed or error
    raise unfed or refused or AssertionError("There is no effort to shrink.")


def _build(model_type: str, effort: int) -> Built:
    try:
        config = small_configuration(model_type, effort)
    except Exception as error:
        raise DoesNotBuildError(f"No small configuration: {_short(error)}") from error
    refused: DoesNotBuildError | None = None
    unfed: ValueError | None = None
    for model_class in islice(classes_of(config), MOST_CLASSES):
        try:
            module = _instance(model_class, config)
        except TimeoutError:
            raise
        except Exception as error:  # noqa: BLE001 - library code of any kind
            refused = refused or DoesNotBuildError(f"{model_class.__name__}: {_short(error)}")
            continue
        if type(module).forward is nn.Module.forward:
            refused = refused or DoesNotBuildError(f"{model_class.__name__} has no forward pass of its own.")
            continue
        try:
            inputs, examples = example_inputs(module)
        except DoesNotBuildError as error:
            refused = refused or error
            continue
        except ValueError as error:
            unfed = unfed or ValueError(f"{model_class.__name__}: {error}")
            continue
        return Built(module, inputs, examples, library="transformers", modality=_modality(inputs))
    raise (
        unfed or refused or DoesNotBuildError("No model class takes this configuration: it describes a part of others.")
    )


def _instance(model_class: type[PreTrainedModel], config: PretrainedConfig) -> PreTrainedModel:
    """The model, unless it is too large; random weights, single precision, evaluation mode."""
    with torch.device("meta"):
        size = sum(weight.numel() for weight in model_class(copy.deepcopy(config)).parameters())
    if size > MOST_WEIGHTS:
        raise ValueError(f"Shrunk as far as it goes, it still has {size:,} weights.")
    torch.manual_seed(0)
    return model_class(copy.deepcopy(config)).float().eval()


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _modality(inputs: Mapping[str, object]) -> ModalityType:
    kinds = {
        modality
        for word, modality in (
            ("pixel", ModalityType.VISION),
            ("input_ids", ModalityType.TEXT),
            ("input_f", ModalityType.AUDIO),
            ("input_v", ModalityType.AUDIO),
        )
        if any(name.startswith(word) for name in inputs)
    }
    return kinds.pop() if len(kinds) == 1 else ModalityType.MULTIMODAL if kinds else ModalityType.TEXT
