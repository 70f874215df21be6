"""Load a folder in transformers' format: ``config.json``, safetensors, tokenizer or picture settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_model as load_weights
from transformers import PretrainedConfig, PreTrainedModel

from analysis_core.errors import ModelError
from analysis_core.models.architectures import configuration_of, model_class_of
from analysis_core.models.base import UniversalModel
from analysis_core.models.configuration import check_configuration
from analysis_core.models.cuts import apply_cuts
from analysis_core.models.decoder_depth import note_decoder_depth
from analysis_core.models.files import CONFIG_FILE, CUT_WEIGHTS, read_json, weight_files
from analysis_core.models.foreign import or_refuse, quiet
from analysis_core.models.sources import FolderSource, reading_model
from analysis_core.models.tensor_headers import TensorHeader, read_headers
from analysis_core.models.weights import check_finite, check_fit, raise_unless_complete, some_of
from analysis_core.vocabulary import ModalityType, TaskType


def load_transformers_folder(
    folder: Path,
    *,
    name: str,
    task: TaskType | None,
    modality: ModalityType | None,
    device: torch.device,
    allow_other_heads: bool = False,
    title: str | None = None,
) -> UniversalModel:
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
    note_decoder_depth(config)
    model_class, task, modality = model_class_of(config, task, modality)
    with quiet():
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
    source = FolderSource(folder, name, task, modality, "transformers", config.to_dict(), summary)
    return reading_model(module.to(device), source)


def _skeleton(model_class: type[PreTrainedModel], config: PretrainedConfig, name: str) -> PreTrainedModel:
    """The model without memory: every tensor has a shape and no numbers."""
    with torch.device("meta"):
        return or_refuse(lambda: _built(model_class, config), "cannot be built from its configuration", name)


def _built(model_class: type[PreTrainedModel], config: PretrainedConfig) -> PreTrainedModel:
    """The model as its configuration describes it, without the blocks that this takes out."""
    whole = model_class(config)
    apply_cuts(whole, config.to_dict())
    return whole


def _filled(
    model_class: type[PreTrainedModel],
    config: PretrainedConfig,
    folder: Path,
    name: str,
    allow_other_heads: bool,
) -> tuple[PreTrainedModel, list[str]]:
    """The model with its weights, and the names of weights that were left over."""
    if (folder / CUT_WEIGHTS).is_file():
        module = _built(model_class, config)
        or_refuse(lambda: load_weights(module, folder / CUT_WEIGHTS), "cannot be loaded", name)
        return module.float().eval(), []
    module, report = or_refuse(
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


def _labels_of(config: PretrainedConfig) -> list[str]:
    """Names of the classes by index."""
    names = getattr(config, "id2label", None) or {}
    return [str(names[index]) for index in sorted(names)]
