"""Models of libraries that have no format of their own: a class or function of the library, and plain arguments.

Their ``config.json`` names ``library``, ``architecture`` and ``model_args``, as a timm model's does; ``task``,
``modality`` and ``labels`` say what the model is for.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model as load_weights
from torch import nn

from analysis_core.errors import ConfigurationError, ModelError, UnknownNameError, UnsafeFileError, first_line
from analysis_core.models.base import UniversalModel
from analysis_core.models.configuration import check_configuration
from analysis_core.models.cuts import apply_cuts
from analysis_core.models.files import CONFIG_FILE, read_json, weight_files
from analysis_core.models.sources import FolderSource, reading_model
from analysis_core.models.tensor_headers import read_headers
from analysis_core.models.weights import check_finite, check_fit
from analysis_core.vocabulary import ModalityType, TaskType

NETS = "nets"
LIBRARIES: Mapping[str, str] = {
    "torch_geometric": "torch_geometric.nn.models",
    "torchaudio": "torchaudio.models",
    "rtdl_revisiting_models": "rtdl_revisiting_models",
    NETS: "analysis_core.models.nets",
}
"""Library -> the module whose public names are its architectures. ``nets`` are this project's own small networks."""
_PREPARED: Mapping[str, str] = {"rtdl_revisiting_models": "analysis_core.models.rtdl_blocks:with_runnable_blocks"}
"""Libraries whose blocks cannot be run one by one as they are, and what makes them so."""
BUILT_FROM_ARGUMENTS = frozenset({"timm", *LIBRARIES})
"""Libraries whose models are described by an architecture's name and plain arguments."""


def is_library_config(config: Mapping[str, Any]) -> bool:
    """True for a folder that describes a model of one of :data:`LIBRARIES`."""
    return config.get("library") in LIBRARIES


def load_library_folder(
    folder: Path,
    *,
    name: str,
    device: torch.device,
    task: TaskType | None = None,
    modality: ModalityType | None = None,
    title: str | None = None,
) -> UniversalModel:
    """A model from a folder, checked before anything of it is built; float32, in evaluation mode.

    Args:
        folder: ``model.safetensors``, and ``config.json`` with ``library``, ``architecture`` and ``model_args``.
        name: how the model is called in results and errors.
        device: where it computes.
        task, modality: what is wanted of it; None takes what its configuration says.
        title: name for people; None takes ``name``.

    Raises:
        UnsafeFileError: a file or setting that could run code, fetch something or exhaust the machine.
        ModelError: the parts do not fit each other, or nothing says what the model is for.
        UnknownNameError: the library has no such architecture.
        NumericalError: weights that are not finite numbers.
    """
    files = weight_files(folder)
    tensors = read_headers(files)
    config = read_json(folder / CONFIG_FILE)
    check_configuration(config, tensors)
    with torch.device("meta"):
        skeleton = build(config, name)
    check_fit(skeleton, tensors, name)
    module = build(config, name)
    _fill(module, files, name)
    module = module.float().eval().to(device)
    check_finite(module, name)
    summary = {
        "title": title or name,
        "architecture": str(config["architecture"]),
        "library": str(config["library"]),
        "labels": [str(label) for label in config.get("labels") or ()],
        **(config.get("summary") or {}),
    }
    wanted = _purpose(config, task, modality, name)
    return reading_model(module, FolderSource(folder, name, *wanted, str(config["library"]), config, summary))


def build(config: Mapping[str, Any], name: str = "model") -> nn.Module:
    """The module that a configuration describes, with random weights.

    Raises:
        UnknownNameError: no such library or architecture.
        UnsafeFileError: arguments that are no plain values.
        ModelError: the library refuses the arguments.
    """
    library, arguments = str(config.get("library")), config.get("model_args") or {}
    if library not in LIBRARIES:
        raise UnknownNameError("library", library, LIBRARIES)
    make = _architecture(library, str(config.get("architecture")))
    if not isinstance(arguments, Mapping) or not all(map(_is_plain, arguments.values())):
        raise UnsafeFileError(
            "The model's arguments must be plain numbers, words and lists of them.",
            where=f"{CONFIG_FILE}, model_args",
            remedy="Take the others out.",
        )
    try:
        module: nn.Module = make(**arguments)
    except Exception as error:  # every architecture checks its arguments in its own way
        raise ModelError(
            f"{library} cannot build '{config['architecture']}': {first_line(error)}",
            where=name,
            remedy="Check model_args in its config.json.",
        ) from error
    return apply_cuts(with_runnable_blocks(module), config, name)


def with_runnable_blocks(module: nn.Module) -> nn.Module:
    """The module, or, where its library's blocks cannot be run one by one, a twin of its weights whose blocks can."""
    for library, place in _PREPARED.items():
        if any(type(part).__module__.partition(".")[0] == library for part in module.modules()):
            home, _, function = place.partition(":")
            module = getattr(import_module(home), function)(module)
    return module


def source_of(config: Mapping[str, Any]) -> Path | None:
    """The file that a network of this project's own stands in; None for other libraries."""
    if config.get("library") != NETS:
        return None
    return Path(inspect.getfile(_architecture(NETS, str(config["architecture"]))))


def _architecture(library: str, name: str) -> Any:
    """A public class of modules in a library, or a function of it that makes one.

    Raises:
        UnknownNameError: the library has no such architecture.
        ConfigurationError: the library is not installed.
    """
    try:
        with warnings.catch_warnings():  # torch_geometric uses what torch will take out one day
            warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)
            found = import_module(LIBRARIES[library])
            member = getattr(found, name, None)
    except ImportError as error:
        raise ConfigurationError(
            f"The library '{library}' is not installed.", where="config.json", remedy=f"pip install {library}"
        ) from error
    names = getattr(found, "__all__", None) or [name for name in vars(found) if not name.startswith("_")]
    if name not in names or not _makes_modules(member):
        raise UnknownNameError("architecture", name, [one for one in names if _makes_modules(getattr(found, one))])
    return member


def _makes_modules(member: Any) -> bool:
    if inspect.isclass(member):
        return issubclass(member, nn.Module)
    if not inspect.isfunction(member):
        return False
    made = inspect.signature(member, eval_str=False).return_annotation
    return inspect.isclass(made) and issubclass(made, nn.Module)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _fill(module: nn.Module, files: tuple[Path, ...], name: str) -> None:
    if len(files) != 1:
        raise ModelError("The weights lie in several files.", where=name, remedy="Save them as one model.safetensors.")
    try:
        load_weights(module, files[0])
    except RuntimeError as error:
        raise ModelError(
            f"The weights do not fit the configuration: {' '.join(str(error).split())[:200]}",
            where=name,
            remedy="Give the configuration that the weights were saved with.",
        ) from error


def _purpose(
    config: Mapping[str, Any], task: TaskType | None, modality: ModalityType | None, name: str
) -> tuple[TaskType, ModalityType]:
    try:
        return TaskType(task or config["task"]), ModalityType(modality or config["modality"])
    except (KeyError, ValueError) as error:
        raise ModelError(
            "Nothing says what this model is for.", where=name, remedy="Name its task and its modality."
        ) from error
