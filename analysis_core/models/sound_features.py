"""From sounds to a model's inputs: by the feature extractor of its own settings, or as the wave itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoFeatureExtractor

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.files import read_json
from analysis_core.models.foreign import or_refuse, quiet

SOUND_SETTINGS = "preprocessor_config.json"
PROCESSOR_SETTINGS = "processor_config.json"
LONGEST_SECONDS = 60
"""Where a model names no limit of its own: attention over more would not fit into memory."""
DEFAULT_RATE_HZ = 16_000
_MOST = {"sampling_rate": 192_000, "feature_size": 1_024, "num_mel_bins": 1_024, "n_fft": 65_536, "chunk_length": 600,
         "hop_length": 65_536, "max_length": 100_000}  # fmt: skip
"""Larger settings are no real model's, and would exhaust the machine."""
_FRAMES_A_SECOND = 100
"""Of the filter banks whose `max_length` counts frames."""
_WAVES = ("waveforms", "waveform", "sounds")
"""What a network calls its first argument if it reads the wave itself."""


class SoundFeatures(Protocol):
    """How sounds become inputs.

    Attributes:
        rate_hz: samples in a second that the model was trained with.
        longest_samples: longer sounds are refused.
        one_length: whether all sounds of the data are padded to one length: where the model is not told of padding,
            and where it begins with convolutions over samples, whose mean output can only then be taken place by place.
    """

    rate_hz: int
    longest_samples: int
    one_length: bool

    def inputs(self, sounds: Sequence[np.ndarray], padded_to: int | None = None) -> dict[str, Tensor]:
        """Keyword arguments of the model from sounds ``[samples]`` float32, padded to the longest or to `padded_to`."""

    def token_mask(self, inputs: Mapping[str, Tensor]) -> Tensor | None:
        """Which of the model's own frames are real, ``[sounds, frames]``; None where all are, or nothing tells."""

    def frames(self, samples: int) -> int:
        """How many frames the model makes of a sound of so many samples."""


class ExtractedFeatures:
    """A feature extractor of transformers.

    Args:
        extractor: as `AutoFeatureExtractor` gives it.
        module: the model that it prepares sounds for.
    """

    def __init__(self, extractor: Any, module: nn.Module) -> None:
        self._extractor, self._module = extractor, module
        self.rate_hz = int(extractor.sampling_rate)
        accepted = inspect.signature(type(extractor).__call__).parameters
        fixed = "padding" not in accepted or accepted["padding"].default == "max_length"
        self._padding: dict[str, Any] = {} if fixed else {"padding": True}
        limit = self._fixed_length() if fixed else None
        self.longest_samples = limit or LONGEST_SECONDS * self.rate_hz
        self.one_length = not fixed

    def inputs(self, sounds: Sequence[np.ndarray], padded_to: int | None = None) -> dict[str, Tensor]:
        padding = self._padding if padded_to is None else {"padding": "max_length", "max_length": padded_to}
        found = self._extractor(list(sounds), sampling_rate=self.rate_hz, return_tensors="pt", **padding)
        return dict(found)

    def token_mask(self, inputs: Mapping[str, Tensor]) -> Tensor | None:
        mask = inputs.get("attention_mask")
        make = _method(self._module, "_get_feature_vector_attention_mask")
        if mask is None or make is None:
            return mask
        found: Tensor = make(self.frames(mask.shape[1]), mask).long()
        return found

    def frames(self, samples: int) -> int:
        lengths = _method(self._module, "_get_feat_extract_output_lengths")
        return int(lengths(torch.tensor(samples))) if lengths is not None else samples

    def _fixed_length(self) -> int | None:
        """Samples that every input holds, however short the sound."""
        samples, frames = (getattr(self._extractor, name, None) for name in ("n_samples", "max_length"))
        if isinstance(samples, int):
            return samples
        return frames * self.rate_hz // _FRAMES_A_SECOND if isinstance(frames, int) else None


class WaveFeatures:
    """A network that takes waves ``[sounds, samples]`` and lengths ``[sounds]``, as torchaudio's do.

    Args:
        module: the network; it tells its frames itself (``frame_mask``), or by the convolutions that it begins with.
        rate_hz: samples in a second.
        normalised: whether sounds get zero mean and unit variance.
    """

    def __init__(self, module: nn.Module, rate_hz: int, *, normalised: bool = False) -> None:
        self._module, self._normalised, self.rate_hz = module, normalised, rate_hz
        self.longest_samples = LONGEST_SECONDS * rate_hz
        self._names = list(inspect.signature(module.forward).parameters)[:2]
        self._extractor: Any = getattr(module, "feature_extractor", nn.Identity())
        self.one_length = any(isinstance(part, nn.Conv1d) for part in self._extractor.modules())

    @staticmethod
    def fit(module: nn.Module) -> bool:
        """Whether a network is called that way."""
        names = list(inspect.signature(module.forward).parameters)[:2]
        return len(names) == 2 and names[0] in _WAVES and names[1] == "lengths"

    def inputs(self, sounds: Sequence[np.ndarray], padded_to: int | None = None) -> dict[str, Tensor]:
        lengths = torch.tensor([len(sound) for sound in sounds])
        filled = torch.zeros(len(sounds), padded_to or int(lengths.max()))
        for row, sound in zip(filled, sounds, strict=True):
            wave = torch.from_numpy(sound)
            row[: len(sound)] = functional.layer_norm(wave, wave.shape) if self._normalised else wave
        return dict(zip(self._names, (filled, lengths), strict=True))

    def token_mask(self, inputs: Mapping[str, Tensor]) -> Tensor | None:
        waves, lengths = (inputs[name] for name in self._names)
        own = getattr(self._module, "frame_mask", None)
        if own is not None:
            found: Tensor = own(lengths).long()
            return found
        real = torch.tensor([self.frames(int(length)) for length in lengths])
        return (torch.arange(self.frames(waves.shape[1])) < real[:, None]).long()

    def frames(self, samples: int) -> int:
        own = getattr(self._module, "frame_mask", None)
        if own is not None:
            return int(own(torch.tensor([samples])).sum())
        for block in getattr(self._extractor, "conv_layers", ()):
            samples = (samples - block.kernel_size) // block.stride + 1
        return max(samples, 0)


def extractor_settings(folder: Path) -> dict[str, Any]:
    """What a folder says of how sounds are prepared, checked.

    Raises:
        ModelError: it says nothing, or asks for what no real model needs.
        UnsafeFileError: it asks to run code.
    """
    settings: Any = None
    if (folder / PROCESSOR_SETTINGS).is_file():
        settings = read_json(folder / PROCESSOR_SETTINGS).get("feature_extractor")
    if not isinstance(settings, Mapping):
        settings = read_json(folder / SOUND_SETTINGS)
    for key in ("auto_map", "trust_remote_code"):
        if settings.get(key):
            raise UnsafeFileError(
                f"The setting '{key}' asks to run code that came with the model.",
                where=SOUND_SETTINGS,
                remedy="Take it out, and name a feature extractor of transformers.",
            )
    for key, most in _MOST.items():
        value = settings.get(key, 1)
        if not isinstance(value, (int, float)) or not 0 < value <= most:
            raise ModelError(
                f"The setting '{key}' is {value!r}; it must lie between 1 and {most:,}.",
                where=SOUND_SETTINGS,
                remedy="Give the settings that the model was trained with.",
            )
    return dict(settings)


def extracted_features(folder: Path, module: nn.Module, name: str) -> ExtractedFeatures:
    """The feature extractor of a folder whose settings have been checked.

    Raises:
        ModelError: transformers cannot build it, or it reads no sounds.
    """
    with quiet():
        extractor = or_refuse(
            lambda: AutoFeatureExtractor.from_pretrained(folder, local_files_only=True, trust_remote_code=False),
            "has sound settings that cannot be used",
            name,
        )
    if not isinstance(getattr(extractor, "sampling_rate", None), int):
        raise ModelError(
            f"Its settings are those of a {type(extractor).__name__}, which reads no sounds.",
            where=name,
            remedy="Put the preprocessor_config.json that the model was trained with into its folder.",
        )
    return ExtractedFeatures(extractor, module)


def _method(module: nn.Module, name: str) -> Any:
    """A method of the model, its body or its encoder; None where none has it."""
    body: Any = getattr(module, "base_model", None)
    places = (module, body, getattr(body, "encoder", None))
    return next((found for place in places if (found := getattr(place, name, None)) is not None), None)
