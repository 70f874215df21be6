"""Which class of transformers stands for a configuration and a task; only classes that it ships itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import transformers
from transformers import AutoConfig, PretrainedConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from analysis_core.errors import ModelError, UnknownNameError, UnsafeFileError
from analysis_core.vocabulary import ModalityType, TaskType

_AUTO_CLASSES: Mapping[tuple[TaskType, ModalityType], tuple[str, ...]] = {
    (TaskType.CLASSIFICATION, ModalityType.TEXT): ("AutoModelForSequenceClassification",),
    (TaskType.CLASSIFICATION, ModalityType.VISION): ("AutoModelForImageClassification",),
    (TaskType.CLASSIFICATION, ModalityType.AUDIO): ("AutoModelForAudioClassification",),
    (TaskType.GENERATION, ModalityType.TEXT): ("AutoModelForCausalLM", "AutoModelForSeq2SeqLM"),
    (TaskType.GENERATION, ModalityType.AUDIO): ("AutoModelForSpeechSeq2Seq", "AutoModelForCTC"),
    (TaskType.TRANSLATION, ModalityType.TEXT): ("AutoModelForSeq2SeqLM",),
    (TaskType.SUMMARIZATION, ModalityType.TEXT): ("AutoModelForSeq2SeqLM",),
    (TaskType.QA, ModalityType.TEXT): ("AutoModelForQuestionAnswering",),
    (TaskType.DETECTION, ModalityType.VISION): ("AutoModelForObjectDetection",),
    (TaskType.SEGMENTATION, ModalityType.VISION): ("AutoModelForSemanticSegmentation",),
    (TaskType.RETRIEVAL, ModalityType.MULTIMODAL): ("AutoModelForZeroShotImageClassification",),
    (TaskType.GENERATION, ModalityType.MULTIMODAL): ("AutoModelForImageTextToText",),
}
_WITHOUT_AUTO_CLASS: Mapping[str, tuple[TaskType, ModalityType]] = {
    "DecisionTransformerModel": (TaskType.REINFORCEMENT_LEARNING, ModalityType.TABULAR),
}
"""What classes do that no automatic class of transformers leads to."""
_MODALITY_OF_INPUT = {
    "input_ids": ModalityType.TEXT,
    "pixel_values": ModalityType.VISION,
    "input_values": ModalityType.AUDIO,
    "input_features": ModalityType.AUDIO,
}
_WRAPPERS = frozenset({"timm_wrapper", "timm_backbone"})


def configuration_of(values: Mapping[str, Any]) -> PretrainedConfig:
    """The configuration object of a checked ``config.json``.

    Raises:
        ModelError: a model type that transformers does not know, or settings that it does not accept.
    """
    model_type = values.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise ModelError(
            "The configuration names no model type.",
            where="config.json",
            remedy="Give a model_type of transformers, or the 'library' and 'architecture' of a timm model.",
        )
    if model_type in _WRAPPERS:
        raise UnsafeFileError(
            f"The model type '{model_type}' wraps another library.", where="config.json",
            remedy="Give the timm model itself: config.json with 'library': 'timm' and 'architecture'.",
        )  # fmt: skip
    if model_type not in CONFIG_MAPPING_NAMES:
        raise UnknownNameError("model type", model_type, CONFIG_MAPPING_NAMES)
    settings = {key: value for key, value in values.items() if key != "model_type"}
    try:
        return AutoConfig.for_model(model_type, **settings)
    except Exception as error:  # each of 800 configurations checks itself in its own way
        raise ModelError(
            f"The configuration is not accepted by transformers: {_first_line(error)}",
            where="config.json",
            remedy="Save the model again with a recent version of transformers.",
        ) from error


def model_class_of(
    config: PretrainedConfig, task: TaskType | None, modality: ModalityType | None
) -> tuple[type[PreTrainedModel], TaskType, ModalityType]:
    """The class to build, with the task and modality that it serves.

    Args:
        config: of the model; ``architectures`` in it names the class that the weights were saved from.
        task, modality: what is wanted; None takes what the saved class does.

    Raises:
        ModelError: the model type has no class for that task, or nothing says which is meant.
    """
    saved = _saved_class(config)
    candidates = [
        (model_class, own_task, own_modality)
        for (own_task, own_modality), names in _AUTO_CLASSES.items()
        for model_class in _classes(names, config)
        if task in (None, own_task) and modality in (None, own_modality)
    ]
    exact = [candidate for candidate in candidates if candidate[0] is saved]
    if exact:
        return exact[0]
    if saved is not None and task is not None and modality is not None:
        return saved, task, modality  # whoever names both knows what the saved class is used for
    if task is not None and candidates:
        return candidates[0]
    own = _WITHOUT_AUTO_CLASS.get(saved.__name__) if saved is not None else None
    if saved is not None and own is not None and task in (None, own[0]):
        return saved, *own
    base = saved or _base_class(config)
    if base is not None and task in (None, TaskType.RETRIEVAL):
        return (
            base,
            TaskType.RETRIEVAL,
            modality or _MODALITY_OF_INPUT.get(base.main_input_name, ModalityType.TEXT),
        )
    wanted = " ".join(str(word) for word in (modality, task) if word is not None)
    raise ModelError(
        f"A model of type '{config.model_type}' has no class for {wanted or 'any known task'}.",
        where="config.json",
        remedy="Choose another task, or another model.",
    )


def _saved_class(config: PretrainedConfig) -> type[PreTrainedModel] | None:
    for name in getattr(config, "architectures", None) or ():
        found = getattr(transformers, str(name), None)
        if isinstance(found, type) and issubclass(found, PreTrainedModel) and _is_built_from(found, config):
            return found
    return None


def _is_built_from(model_class: type[PreTrainedModel], config: PretrainedConfig) -> bool:
    return model_class.config_class is type(config)


def _base_class(config: PretrainedConfig) -> type[PreTrainedModel] | None:
    return next(iter(_classes(("AutoModel",), config)), None)


def _classes(auto_names: tuple[str, ...], config: PretrainedConfig) -> list[type[PreTrainedModel]]:
    found: list[type[PreTrainedModel]] = []
    for name in auto_names:
        mapping = getattr(transformers, name)._model_mapping
        if type(config) in mapping:
            entry = mapping[type(config)]
            found.extend(entry if isinstance(entry, (tuple, list)) else [entry])
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
