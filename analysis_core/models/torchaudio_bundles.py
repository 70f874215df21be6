"""torchaudio's pretrained bundles by name, ``torchaudio:WAV2VEC2_BASE``.

Their weights are published as pickles, without checksums, so none is fetched and none is read: what is read is a
safetensors file that the owner of this machine made of one, in the folder where torchaudio keeps its downloads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from analysis_core.errors import ModelError, UnknownNameError, UnsafeFileError
from analysis_core.models.audio import AudioModel
from analysis_core.models.base import UniversalModel
from analysis_core.models.catalog import catalog
from analysis_core.models.files import CONVERT_LINE, WEIGHT_SUFFIX
from analysis_core.models.foreign import or_refuse
from analysis_core.models.libraries import build
from analysis_core.models.sound_features import WaveFeatures
from analysis_core.models.tensor_headers import read_headers
from analysis_core.models.weights import check_finite
from analysis_core.vocabulary import ModalityType, TaskType

PREFIX = "torchaudio:"
_ARCHITECTURES = {"Wav2Vec2": "wav2vec2_model", "WavLM": "wavlm_model"}


def load_bundle(name: str, *, device: torch.device, task: TaskType | None = None) -> UniversalModel:
    """A bundle's network with its weights, float32, in evaluation mode.

    Args:
        name: ``"torchaudio:"`` and the name of a speech bundle in ``torchaudio.pipelines``.
        device: where it computes.
        task: what is wanted of it; None takes vectors, which is what every bundle gives.

    Raises:
        UnknownNameError: torchaudio has no such bundle of a speech model.
        UnsafeFileError: its weights are here, but as a pickle.
        ModelError: they are not here, or do not fit the bundle.
    """
    bundle = _bundle(name.removeprefix(PREFIX))
    file = weights_file(bundle)
    _check_weights(file, bundle, name)
    config = description(bundle, task or TaskType.RETRIEVAL)
    module = build(config, name)
    weights = _without_unused(load_file(file), bundle)
    or_refuse(lambda: module.load_state_dict(weights), "has other weights than its bundle", name)
    check_finite(module, name)
    return AudioModel(
        module.float().eval().to(device),
        features=WaveFeatures(module, int(bundle.sample_rate), normalised=config["normalize_waveform"]),
        name=name,
        task=TaskType(config["task"]),
        library="torchaudio",
        config_dict=config,
        summary={"title": name, "architecture": config["architecture"], "library": "torchaudio", "labels": [],
                 "source": "torchaudio"},
    )  # fmt: skip


def description(bundle: Any, task: TaskType) -> dict[str, Any]:
    """What builds the bundle's network again, as ``config.json`` holds it."""
    # What a bundle is made of is public in none of torchaudio's functions but those that unpickle its weights.
    return {
        "library": "torchaudio",
        "architecture": _ARCHITECTURES[bundle._model_type],
        "model_args": dict(bundle._params),
        "task": task.value,
        "modality": ModalityType.AUDIO.value,
        "sampling_rate": int(bundle.sample_rate),
        "normalize_waveform": bool(bundle._normalize_waveform),
    }


def weights_file(bundle: Any) -> Path:
    """Where the bundle's weights are looked for: beside torchaudio's own download of them."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(bundle._path).with_suffix(WEIGHT_SUFFIX).name


def _bundle(name: str) -> Any:
    from torchaudio import pipelines  # type: ignore[import-untyped]  # ships no types

    found = {one: member for one, member in vars(pipelines).items() if isinstance(member, pipelines.Wav2Vec2Bundle)}
    if name not in found:
        raise UnknownNameError("torchaudio bundle", name, found)
    return found[name]


def _check_weights(file: Path, bundle: Any, name: str) -> None:
    """Refuse what is not there, and what could run code."""
    pickled = file.with_name(Path(bundle._path).name)
    if file.is_file():
        read_headers((file,))
        return
    if pickled.is_file():
        raise UnsafeFileError(
            f"Its weights lie in torch's cache as '{pickled.name}', a pickle, which is not read because it could run "
            "code.",
            where=name,
            remedy="Convert it there, if you trust it: "
            + CONVERT_LINE.replace("{name}", pickled.name).replace("model.safetensors", file.name),
        )
    raise ModelError(
        f"Its weights are not in torch's cache ({file.parent}), and torchaudio publishes them only as a pickle, which "
        "is never fetched.",
        where=name,
        remedy=f"Let torchaudio fetch them where you trust it and convert them to '{file.name}' there, or choose what "
        f"is here: {', '.join(card.id for card in catalog() if card.modality is ModalityType.AUDIO)}.",
    )


def _without_unused(weights: dict[str, torch.Tensor], bundle: Any) -> dict[str, torch.Tensor]:
    """Without the outputs that a published head has and its bundle does not use."""
    unused = getattr(bundle, "_remove_aux_axis", ())
    used = {
        key: torch.tensor([row for row in range(len(weight)) if row not in unused])
        for key, weight in weights.items()
        if key in ("aux.weight", "aux.bias") and len(weight) > bundle._params["aux_num_out"]
    }
    return {key: weight[used[key]] if key in used else weight for key, weight in weights.items()}
