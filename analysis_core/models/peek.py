"""A first look at a model's folder: what it is, how many blocks, what for. Nothing is built, and no torch comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis_core.models.configuration import check_configuration
from analysis_core.models.files import CONFIG_FILE, read_json, weight_files
from analysis_core.models.heads import labels_in, purpose_in, saved_class
from analysis_core.models.tensor_headers import read_headers
from analysis_core.models.tensor_names import parameters_in, stacks_in
from analysis_core.vocabulary import ModalityType, TaskType

_DEPTH = ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "depth")
_ENCODER_DEPTH, _DECODER_DEPTH = ("encoder_layers", "num_encoder_layers"), ("decoder_layers", "num_decoder_layers")


@dataclass(frozen=True)
class Peek:
    """What the files of a model tell at once.

    Args:
        library: ``"transformers"``, ``"timm"`` or another that the configuration names.
        architecture: the saved class, or the name of the architecture.
        model_type: as transformers calls it; empty for other libraries.
        task, modality: what it was saved for; None where the configuration leaves that open.
        stacks: how many repeated blocks stand in each container, by its path.
        parameters: how many numbers it learns; None where there are no weights to look at.
        labels: names of its classes.
    """

    library: str
    architecture: str
    model_type: str
    task: TaskType | None
    modality: ModalityType | None
    stacks: Mapping[str, int] = field(default_factory=dict)
    parameters: int | None = None
    labels: tuple[str, ...] = ()

    @property
    def layers(self) -> int | None:
        """How many blocks there are, all stacks together; None where none are seen."""
        return sum(self.stacks.values()) or None


def peek(folder: Path) -> Peek:
    """What is in a model's folder; the same refusals as when it is loaded, long before that.

    Raises:
        UnsafeFileError: a file or setting that could run code, fetch something or exhaust the machine.
        ModelError: there is no configuration, there are no weights, or they do not fit each other.
    """
    config = read_json(folder / CONFIG_FILE)
    tensors = read_headers(weight_files(folder))
    check_configuration(config, tensors)
    return _peek(config, stacks_in(tensors), parameters_in(tensors))


def peek_configuration(config: Mapping[str, Any]) -> Peek:
    """What a configuration tells without its weights."""
    encoder, decoder = _first(config, _ENCODER_DEPTH), _first(config, _DECODER_DEPTH)
    one = _first(config, _DEPTH)
    depths = {"encoder": encoder or one, "decoder": decoder} if decoder else {"layers": one or encoder}
    return _peek(config, {stack: depth for stack, depth in depths.items() if depth}, None)


def _first(config: Mapping[str, Any], keys: tuple[str, ...]) -> int:
    """The first of some settings that is a whole number; 0 where none is."""
    return next((config[key] for key in keys if type(config.get(key)) is int and config[key] > 0), 0)


def _peek(config: Mapping[str, Any], stacks: Mapping[str, int], parameters: int | None) -> Peek:
    task, modality = purpose_in(config)
    model_type = str(config.get("model_type") or "")
    return Peek(
        library=str(config.get("library") or ("transformers" if model_type else "timm")),
        architecture=saved_class(config) or model_type,
        model_type=model_type,
        task=task,
        modality=modality,
        stacks=dict(stacks),
        parameters=parameters or None,
        labels=labels_in(config),
    )
