"""Load timm models from a folder, in the zoo's format or in that of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from analysis_core.errors import ModelError, UnknownNameError, UnsafeFileError
from analysis_core.models.configuration import check_configuration
from analysis_core.models.cuts import apply_cuts
from analysis_core.models.files import CONFIG_FILE, read_json, weight_files
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.models.tensor_headers import read_headers
from analysis_core.models.vision import VisionModel
from analysis_core.models.weights import check_exact, check_finite, check_fit
from analysis_core.vocabulary import ModalityType, TaskType

_REFUSED_ARGUMENTS = (
    "pretrained",
    "checkpoint",
    "cache_dir",
    "scriptable",
    "exportable",
    "no_jit",
    "features_only",
)


def is_timm_config(config: Mapping[str, Any]) -> bool:
    """True for a folder that describes a timm model: ours names the library, the hub's has no model type."""
    return config.get("library") == "timm" or ("architecture" in config and "model_type" not in config)


def load_timm_folder(
    folder: Path,
    *,
    name: str,
    device: torch.device,
    task: TaskType | None = None,
    modality: ModalityType | None = None,
    title: str | None = None,
    old_names: bool = False,
) -> VisionModel:
    """A timm model from a folder, checked before anything of it is built; float32, in evaluation mode.

    Args:
        folder: ``model.safetensors``, and ``config.json`` with ``architecture``, ``model_args``,
            ``pretrained_cfg`` and, if they have names, ``labels``.
        name: how the model is called in results and errors.
        device: where it computes.
        task, modality: what is wanted; anything but classifying pictures is refused.
        title: name for people; None takes ``name``.
        old_names: whether timm may translate weights that an older version of it named differently.

    Raises:
        UnsafeFileError: a file or setting that could run code, fetch something or exhaust the machine.
        ModelError: the parts do not fit each other.
        UnknownNameError: timm has no such architecture.
        NumericalError: weights that are not finite numbers.
    """
    if task not in (None, TaskType.CLASSIFICATION) or modality not in (None, ModalityType.VISION):
        raise ModelError("A timm model classifies pictures.", where=name, remedy="Choose that task, or another model.")
    files = weight_files(folder)
    tensors = read_headers(files)
    config = read_json(folder / CONFIG_FILE)
    check_configuration(config, tensors)
    architecture = str(config.get("architecture"))
    if not timm.is_model(architecture):
        raise UnknownNameError("timm architecture", architecture, timm.list_models())
    arguments = _arguments(config)
    preprocessing = Preprocessing.from_timm(_picture_settings(config, architecture))
    with torch.device("meta"):
        skeleton = apply_cuts(_build(lambda: timm.create_model(architecture, **arguments), name), config, name)
    if old_names and set(tensors) != set(skeleton.state_dict()):
        check_fit(skeleton, tensors, name)
        overlay = {"num_classes": skeleton.num_classes, "input_size": (preprocessing.channels, 1, 1)}
        module = _build(lambda: _translated(architecture, arguments, overlay, files[0]), name)
    else:
        check_exact(skeleton, tensors, name)
        module = apply_cuts(_build(lambda: timm.create_model(architecture, **arguments), name), config, name)
        module.load_state_dict({key: value for file in files for key, value in load_file(file).items()})
    module = module.float().to(device)
    check_finite(module, name)
    summary = {
        "title": title or name,
        "architecture": architecture,
        "library": "timm",
        "labels": [str(label) for label in config.get("labels") or config.get("label_names") or ()],
        "hidden_size": getattr(module, "num_features", None),
    }
    return VisionModel(
        module,
        preprocessing=preprocessing,
        name=name,
        summary=summary,
        library="timm",
        config_dict={**config, "library": "timm", "model_args": arguments},
    )


def _arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """What is passed to timm: plain values only, and nothing that loads or saves.

    Raises:
        UnsafeFileError: an argument that may not come from a file.
    """
    arguments = dict(config.get("model_args") or {})
    for key, value in arguments.items():
        if key.startswith(_REFUSED_ARGUMENTS) or isinstance(value, Mapping):
            raise UnsafeFileError(
                f"The model argument '{key}' may not come from a file.",
                where=CONFIG_FILE,
                remedy="Take it out.",
            )
    if "num_classes" in config:
        arguments.setdefault("num_classes", int(config["num_classes"]))
    return arguments


def _picture_settings(config: Mapping[str, Any], architecture: str) -> Mapping[str, Any]:
    """The file's own settings, completed by timm's for that architecture."""
    known = timm.get_pretrained_cfg(architecture, allow_unregistered=True)
    return {**(known.to_dict() if known is not None else {}), **(config.get("pretrained_cfg") or {})}


def _translated(architecture: str, arguments: Mapping[str, Any], overlay: Mapping[str, Any], file: Path) -> nn.Module:
    """Let timm rename the weights of an older version; it checks that every one finds its place.

    Without the true numbers of classes and channels timm would take the weights for those of its own
    pretrained model, and leave a classifier of another size random.
    """
    settings = {**overlay, "file": str(file)}
    module: nn.Module = timm.create_model(architecture, pretrained=True, pretrained_cfg_overlay=settings, **arguments)
    return module


def _build(build: Callable[[], nn.Module], name: str) -> nn.Module:
    try:
        return build()
    except Exception as error:  # each of 1,000 architectures fails in its own way
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"timm cannot build the model: {first_line}",
            where=name,
            remedy="Check model_args in its config.json.",
        ) from error
