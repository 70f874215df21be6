"""Load a folder in transformers' format: ``config.json``, safetensors, tokenizer or picture settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from transformers import AutoTokenizer, PretrainedConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from analysis_core.errors import LayerwiseError, ModelError, UnsafeFileError
from analysis_core.models.architectures import configuration_of, model_class_of
from analysis_core.models.configuration import check_configuration
from analysis_core.models.files import CONFIG_FILE, read_json, refuse_by_content, weight_files
from analysis_core.models.plain import ModuleModel
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.models.tensor_headers import TensorHeader, read_headers
from analysis_core.models.text import TextModel
from analysis_core.models.vision import VisionModel
from analysis_core.models.weights import check_finite, check_fit, raise_unless_complete, some_of
from analysis_core.vocabulary import ModalityType, TaskType

TOKENIZER_CONFIG = "tokenizer_config.json"
PICTURE_CONFIG = "preprocessor_config.json"
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model",
                    "sentencepiece.bpe.model")  # fmt: skip
Result = TypeVar("Result")


def load_transformers_folder(
    folder: Path,
    *,
    name: str,
    task: TaskType | None,
    modality: ModalityType | None,
    device: torch.device,
    allow_other_heads: bool = False,
    title: str | None = None,
) -> ModuleModel:
    """A model from a folder, checked before anything of it is built; float32, in evaluation mode.

    Args:
        folder: holds ``config.json`` and safetensors weights.
        name: how the model is called in results and errors.
        task, modality: what is wanted of it; None takes what it was saved for.
        device: where it computes.
        allow_other_heads: whether weights outside the repeated blocks may be left over, as they are where
            a pretrained checkpoint carries heads for other tasks; ``summary["unused_weights"]`` lists them.
        title: name for people; None takes ``name``.

    Raises:
        UnsafeFileError: a file or setting that could run code, fetch something or exhaust the machine.
        ModelError: the parts do not fit each other.
        NumericalError: weights that are not finite numbers.
    """
    tensors = read_headers(weight_files(folder))
    values = read_json(folder / CONFIG_FILE)
    check_configuration(values, tensors)
    config = configuration_of(values)
    model_class, task, modality = model_class_of(config, task, modality)
    with _quiet():
        skeleton = _skeleton(model_class, config, name)
        _refuse_missing_head(skeleton, tensors, name)
        check_fit(skeleton, tensors, name)
        module, unused = _filled(model_class, config, folder, name, allow_other_heads)
    check_finite(module, name)
    summary = {
        "title": title or name,
        "architecture": type(module).__name__,
        "library": "transformers",
        "labels": _labels_of(config),
        "hidden_size": getattr(config, "hidden_size", None),
        **({"unused_weights": unused} if unused else {}),
    }
    module = module.to(device)
    common: dict[str, Any] = {"name": name, "task": task, "summary": summary, "config_dict": config.to_dict()}
    if modality is ModalityType.TEXT:
        return TextModel(module, tokenizer=_tokenizer(folder, config, name), library="transformers", **common)
    if modality is ModalityType.VISION:
        preprocessing = Preprocessing.from_transformers(read_json(folder / PICTURE_CONFIG), config.to_dict())
        return VisionModel(
            module,
            preprocessing=preprocessing,
            input_name=model_class.main_input_name,
            library="transformers",
            **common,
        )
    return ModuleModel(module, modality=modality, library="transformers", **common)


def _skeleton(model_class: type[PreTrainedModel], config: PretrainedConfig, name: str) -> PreTrainedModel:
    """The model without memory: every tensor has a shape and no numbers."""
    with torch.device("meta"):
        return _or_refuse(lambda: model_class(config), "cannot be built from its configuration", name)


def _filled(
    model_class: type[PreTrainedModel],
    config: PretrainedConfig,
    folder: Path,
    name: str,
    allow_other_heads: bool,
) -> tuple[PreTrainedModel, list[str]]:
    """The model with its weights, and the names of weights that were left over."""
    module, report = _or_refuse(
        lambda: model_class.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        ),
        "cannot be loaded",
        name,
    )
    absent, extra = sorted(report["missing_keys"]), sorted(report["unexpected_keys"])
    outside_blocks = allow_other_heads and not any(_in_a_block(key) for key in extra)
    mismatched = [str(entry[0]) for entry in report["mismatched_keys"]]
    raise_unless_complete([*absent, *mismatched, *report["error_msgs"]], [] if outside_blocks else extra, name)
    return module.float().eval(), extra


def _refuse_missing_head(skeleton: PreTrainedModel, tensors: Mapping[str, TensorHeader], name: str) -> None:
    """A base encoder asked to do a task: the weights fill its body, and hold nothing for its head."""
    body = {id(parameter) for parameter in skeleton.base_model.parameters()}
    head = {key: p.numel() for key, p in skeleton.named_parameters() if id(p) not in body}
    held = sum(header.elements for header in tensors.values())
    body_size = sum(parameter.numel() for parameter in skeleton.base_model.parameters())
    if head and not any(key in tensors for key in head) and held >= body_size:
        raise ModelError(
            f"The weights hold no head for this task: {some_of(list(head))} would be random.",
            where=name,
            remedy="Choose a model that was fine-tuned for the task, or fine-tune this one first.",
        )


def _in_a_block(key: str) -> bool:
    return any(part.isdigit() for part in key.split("."))


def _tokenizer(folder: Path, config: PretrainedConfig, name: str) -> Any:
    """The folder's tokenizer, able to pad; its settings are checked first: they can name files and code."""
    if not any((folder / file).is_file() for file in _TOKENIZER_FILES):
        raise ModelError(
            "The folder holds no tokenizer.",
            where=name,
            remedy="Put tokenizer.json and tokenizer_config.json there.",
        )
    for file in _TOKENIZER_FILES:
        if (folder / file).is_file():
            refuse_by_content(folder / file)
    if (folder / TOKENIZER_CONFIG).is_file():
        _check_tokenizer_settings(read_json(folder / TOKENIZER_CONFIG))
    with _quiet():
        tokenizer = _or_refuse(
            lambda: AutoTokenizer.from_pretrained(
                folder, config=config, local_files_only=True, trust_remote_code=False
            ),
            "has a tokenizer that cannot be loaded",
            name,
        )
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    return tokenizer


def _check_tokenizer_settings(settings: Mapping[str, Any]) -> None:
    for key, value in settings.items():
        if key in ("auto_map", "trust_remote_code") and value:
            raise UnsafeFileError(
                f"The setting '{key}' asks to run code that came with the tokenizer.",
                where=TOKENIZER_CONFIG,
                remedy="Save the tokenizer as tokenizer.json.",
            )
        if key.endswith("_file") and isinstance(value, str) and Path(value).name != value:
            raise UnsafeFileError(
                f"The setting '{key}' points outside the folder.",
                where=TOKENIZER_CONFIG,
                remedy="Take it out.",
            )


def _labels_of(config: PretrainedConfig) -> list[str]:
    """Names of the classes by index."""
    names = getattr(config, "id2label", None) or {}
    return [str(names[index]) for index in sorted(names)]


def _or_refuse(build: Callable[[], Result], what: str, name: str) -> Result:
    """Run a library's own loader; whatever it raises becomes one sentence."""
    try:
        return build()
    except LayerwiseError:
        raise
    except Exception as error:  # each of 800 architectures fails in its own way
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"The model {what}: {first_line}",
            where=name,
            remedy="Save it again with a recent version of transformers.",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' reports and progress bars off the screen: what they say is raised as errors."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
