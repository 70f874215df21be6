"""What a saved model was made for, told from its configuration alone. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis_core.vocabulary import ModalityType, TaskType

_M, _T = ModalityType, TaskType

_BY_CLASS: tuple[tuple[str, TaskType | None, ModalityType | None], ...] = (
    ("ForSequenceClassification", _T.CLASSIFICATION, None),
    ("ForImageClassification", _T.CLASSIFICATION, _M.VISION),
    ("ForAudioClassification", _T.CLASSIFICATION, _M.AUDIO),
    ("ForCausalLM", _T.GENERATION, _M.TEXT),
    ("LMHeadModel", _T.GENERATION, _M.TEXT),
    ("ForQuestionAnswering", _T.QA, _M.TEXT),
    ("ForObjectDetection", _T.DETECTION, _M.VISION),
    ("ForSemanticSegmentation", _T.SEGMENTATION, _M.VISION),
    ("ForCTC", _T.GENERATION, _M.AUDIO),
    ("ForSpeechSeq2Seq", _T.GENERATION, _M.AUDIO),
    ("ForImageTextToText", _T.GENERATION, _M.MULTIMODAL),
    ("MTModel", _T.TRANSLATION, _M.TEXT),
    ("ForConditionalGeneration", None, None),
    ("Model", _T.RETRIEVAL, None),
)
"""End of the saved class's name -> what it does; the first that fits. A base model gives vectors, which retrieve."""
_AUDIO_TYPES = frozenset(
    {"audio-spectrogram-transformer", "clap", "data2vec-audio", "hubert", "moonshine", "mctct", "sew", "sew-d",
     "speech_to_text", "unispeech", "unispeech-sat", "wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "wavlm",
     "whisper"}
)  # fmt: skip
_SPEECH_WRITERS = frozenset({"whisper", "speech_to_text", "moonshine"})
_BY_INPUT: tuple[tuple[str, ModalityType], ...] = (
    ("vision_config", _M.MULTIMODAL),
    ("image_size", _M.VISION),
    ("num_mel_bins", _M.AUDIO),
    ("vocab_size", _M.TEXT),
    ("num_channels", _M.VISION),
)
"""A setting -> what a model with it reads; the first that is there."""

SERVED: tuple[tuple[ModalityType, TaskType], ...] = (
    *((_M.TEXT, task) for task in (_T.CLASSIFICATION, _T.GENERATION, _T.TRANSLATION, _T.SUMMARIZATION, _T.QA,
                                   _T.RETRIEVAL)),
    *((_M.VISION, task) for task in (_T.CLASSIFICATION, _T.DETECTION, _T.SEGMENTATION)),
    *((_M.AUDIO, task) for task in (_T.CLASSIFICATION, _T.GENERATION)),
    *((_M.MULTIMODAL, task) for task in (_T.RETRIEVAL, _T.GENERATION)),
    (_M.GRAPH, _T.CLASSIFICATION),
    *((_M.TABULAR, task) for task in (_T.CLASSIFICATION, _T.REGRESSION, _T.RECOMMENDATION,
                                      _T.REINFORCEMENT_LEARNING)),
)  # fmt: skip
"""What models are used for, by what they read."""


def purpose_in(config: Mapping[str, Any]) -> tuple[TaskType | None, ModalityType | None]:
    """Task and modality that a ``config.json`` tells; None where it leaves that open.

    >>> purpose_in({"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 9})
    (<TaskType.CLASSIFICATION: 'classification'>, <ModalityType.TEXT: 'text'>)
    >>> purpose_in({"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": 9})
    (None, <ModalityType.TEXT: 'text'>)
    """
    if config.get("task") in list(_T) and config.get("modality") in list(_M):
        return TaskType(config["task"]), ModalityType(config["modality"])
    if config.get("library") == "timm" or ("architecture" in config and "model_type" not in config):
        return _T.CLASSIFICATION, _M.VISION
    name, model_type = saved_class(config), str(config.get("model_type", ""))
    task, modality = next(((task, read) for end, task, read in _BY_CLASS if name.endswith(end)), (None, None))
    if modality is None:
        modality = _modality_of(config, model_type)
    if task is None and model_type in _SPEECH_WRITERS and name:
        task = _T.GENERATION
    return task, modality


def saved_class(config: Mapping[str, Any]) -> str:
    """The class that the weights were saved from; for models of other libraries the architecture."""
    named = config.get("architectures")
    first = named[0] if isinstance(named, list) and named else config.get("architecture")
    return str(first or "")


def labels_in(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the classes by index; empty where there are none, or only placeholders."""
    names = config.get("id2label")
    if isinstance(names, Mapping) and all(str(key).isdigit() for key in names):
        ordered = tuple(str(names[key]) for key in sorted(names, key=int))
        return () if all(name == f"LABEL_{index}" for index, name in enumerate(ordered)) else ordered
    listed = config.get("labels") or config.get("label_names")
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _modality_of(config: Mapping[str, Any], model_type: str) -> ModalityType | None:
    if model_type in _AUDIO_TYPES:
        return ModalityType.AUDIO
    return next((modality for setting, modality in _BY_INPUT if setting in config), None)


def tasks_left_open(
    task: TaskType | None, modality: ModalityType | None, architecture: str = ""
) -> list[tuple[ModalityType, TaskType]]:
    """What a model may be used for: one pair where its configuration tells, all that are possible where not."""
    if architecture.endswith("ForConditionalGeneration") and modality is _M.TEXT and task is None:
        return [(_M.TEXT, what) for what in (_T.TRANSLATION, _T.SUMMARIZATION, _T.GENERATION)]
    return [(reads, does) for reads, does in SERVED if modality in (None, reads) and task in (None, does)] or (
        [(modality, task)] if modality and task else list(SERVED)
    )
