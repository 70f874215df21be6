"""The one safe way in: every model comes through here, whatever it is called by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from analysis_core.data.batches import Batch
from analysis_core.errors import ConfigurationError, ModelError
from analysis_core.models.base import UniversalModel
from analysis_core.models.catalog import ZOO_PREFIX, find_card
from analysis_core.models.files import CONFIG_FILE, read_json, refusal
from analysis_core.models.hub import commit_of, fetch, without_telemetry
from analysis_core.models.plain import ModuleModel
from analysis_core.models.pooling import encoder_folder, is_sentence_transformer
from analysis_core.vocabulary import ModalityType, TaskType

_TIMM_PREFIXES = ("timm:", "timm/")
_TORCHAUDIO_PREFIX = "torchaudio:"
_HUB_PREFIXES = ("hf-hub:", "hf_hub:")
"""As timm writes the id of a model on the hub, ``hf-hub:owner/name@revision``."""
_SENTENCES = {"task": TaskType.RETRIEVAL, "modality": ModalityType.TEXT}
"""What models of sentence-transformers are made for."""


def load_model(
    name: str,
    *,
    task: TaskType | None = None,
    modality: ModalityType | None = None,
    device: str | torch.device | None = None,
    layers: str | None = None,
) -> UniversalModel:
    """A model by name, taken apart, in float32 and evaluation mode.

    Args:
        name: ``"zoo/…"`` for an embedded model, a local folder, ``"timm:NAME"`` for a pretrained timm model,
            ``"torchaudio:NAME"`` for a pretrained bundle of torchaudio, or the id of a model on the Hugging Face hub,
            also as ``"hf-hub:owner/name@revision"``.
        task, modality: what is wanted of it; None takes what it was made for.
        device: where it computes; None picks the best there is.
        layers: pattern of the paths of the modules that count as layers: a glob such as ``"encoder.block.*"``, or a
            regular expression after ``re:``; None takes the repeated blocks.

    Returns:
        A :class:`~analysis_core.models.reading.ReadingModel` of its modality and task, or a :class:`ModuleModel`.
        ``summary["source"]`` says where it came from, ``summary["revision"]`` which commit of the hub.

    Raises:
        UnknownNameError: no embedded model of that name.
        UnsafeFileError: a file or setting that could run code, fetch something or exhaust the machine.
        ModelError: it cannot be found, fetched, built or filled, or no path matches the pattern.
        NoLayersError: it has no weights.
        NumericalError: it holds weights that are not finite numbers.
    """
    task = TaskType(task) if task is not None else None
    modality = ModalityType(modality) if modality is not None else None
    wanted: dict[str, Any] = {"task": task, "modality": modality, "device": _device(device)}
    return _with_layers(_load_named(name, wanted), layers)


def _load_named(name: str, wanted: dict[str, Any]) -> UniversalModel:
    if name.startswith(ZOO_PREFIX):
        card = find_card(name)
        wanted |= {"task": wanted["task"] or card.task, "modality": wanted["modality"] or card.modality}
        model = _load_folder(card.folder, name=card.id, title=card.title, **wanted)
        model.summary |= {"source": "zoo", "labels": list(card.labels), "architecture": card.architecture, **card.use}
        return model
    if name.startswith(_TORCHAUDIO_PREFIX):
        from analysis_core.models.torchaudio_bundles import load_bundle  # torchaudio costs a second

        return load_bundle(name, task=wanted["task"], device=wanted["device"])
    folder = Path(name).expanduser()
    if folder.is_dir():
        model = _load_folder(folder, name=folder.resolve().name, **wanted)
        model.summary["source"] = "folder"
        return model
    if folder.is_file() or folder.is_absolute():
        raise _no_folder(folder)
    return _load_from_hub(name, wanted)


def universal_model(
    module: nn.Module,
    *,
    name: str = "model",
    task: TaskType = TaskType.CLASSIFICATION,
    modality: ModalityType = ModalityType.TEXT,
    example: Batch | Any | None = None,
    layers: str | None = None,
) -> UniversalModel:
    """Any module, taken apart; it is put into evaluation mode and otherwise left as it is.

    Args:
        module: any ``torch.nn.Module``.
        name: how it is called in results.
        task, modality: what it does and what it reads.
        example: inputs for one small forward pass, by which the order of the layers and whether each could be
            taken out are observed; without it both are judged by the structure until ``observe`` is called.
        layers: which modules count as layers, as in :func:`load_model`.

    Raises:
        ModelError: this is no module, or none of its paths matches the pattern.
        NoLayersError: it has no weights.
    """
    if not isinstance(module, nn.Module):
        raise ModelError(
            f"A model of type '{type(module).__name__}' is no torch.nn.Module.",
            where=name,
            remedy="Hand in the module itself, or load_model(name) for a model by name.",
        )
    from analysis_core.models.libraries import with_runnable_blocks

    module = with_runnable_blocks(module)
    if modality is ModalityType.GRAPH:
        from analysis_core.models.graph import GraphModel

        return _with_layers(GraphModel(module, name=name, task=TaskType(task), example=example), layers)
    model = ModuleModel(module, name=name, task=TaskType(task), modality=ModalityType(modality), example=example)
    return _with_layers(model, layers)


def _with_layers(model: UniversalModel, pattern: str | None) -> UniversalModel:
    if pattern is not None and isinstance(model, ModuleModel):
        model.name_layers(pattern)
    return model


def _load_folder(folder: Path, *, title: str | None = None, from_hub: bool = False, **wanted: Any) -> UniversalModel:
    from analysis_core.models.libraries import is_library_config, load_library_folder
    from analysis_core.models.timm_models import is_timm_config, load_timm_folder  # timm costs a second

    if is_sentence_transformer(folder):
        folder = encoder_folder(folder)
        wanted |= {key: wanted[key] or own for key, own in _SENTENCES.items()}
    config = read_json(folder / CONFIG_FILE)
    if is_library_config(config):
        return load_library_folder(folder, title=title, **wanted)
    if is_timm_config(config):
        return load_timm_folder(folder, title=title, old_names=from_hub, **wanted)
    from analysis_core.models.huggingface import load_transformers_folder

    return load_transformers_folder(folder, title=title, allow_other_heads=from_hub, **wanted)


def _load_from_hub(name: str, wanted: dict[str, Any]) -> UniversalModel:
    repository, revision = name.removeprefix(_TIMM_PREFIXES[0]), ""
    if repository.startswith(_HUB_PREFIXES):
        repository, _, revision = repository.partition(":")[2].partition("@")
    elif name.startswith(_TIMM_PREFIXES[0]):
        repository = _timm_repository(repository)
    with without_telemetry():
        folder = fetch(repository, revision or None)
    model = _load_folder(folder, name=name, from_hub=True, **wanted)
    model.summary |= {"source": "hub", "revision": commit_of(folder)}
    return model


def _timm_repository(name: str) -> str:
    """Where timm keeps the pretrained weights of an architecture.

    Raises:
        UnknownNameError: timm has no such architecture.
        ModelError: it has no pretrained weights on the hub.
    """
    import timm

    from analysis_core.errors import UnknownNameError

    if not timm.is_model(name.partition(".")[0]):
        raise UnknownNameError("timm model", name, timm.list_models(pretrained=True))
    known = timm.get_pretrained_cfg(name, allow_unregistered=True)
    if known is None or not known.hf_hub_id:
        raise ModelError("timm has no pretrained weights for this model.", where=name, remedy="Choose another one.")
    repository = str(known.hf_hub_id)
    return f"{repository}{known.architecture}.{known.tag}" if repository.endswith("/") else repository


def _no_folder(path: Path) -> ModelError:
    if path.is_file() and path.suffix.lower() not in (".safetensors", ".json"):
        return refusal(path)
    what = "This is a file, not the folder of a model." if path.is_file() else "There is no such folder."
    return ModelError(what, where=str(path), remedy="Name the folder that holds config.json and model.safetensors.")


def _device(device: str | torch.device | None) -> torch.device:
    """The device that was asked for, or the best there is.

    Raises:
        ConfigurationError: this machine has no such device.
    """
    try:
        chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=chosen)
        return chosen
    except (RuntimeError, AssertionError) as error:
        raise ConfigurationError(
            f"The device '{device}' cannot be used here.",
            where="device",
            remedy="Use 'cpu', or leave it out.",
        ) from error
