"""Models that read sounds: resampled to the model's own rate, and prepared as it was trained."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.sounds import Sound, check_sound
from analysis_core.errors import DataError, ModelError
from analysis_core.models.plain import ModuleModel
from analysis_core.models.reading import ReadingModel
from analysis_core.models.sound_features import (
    DEFAULT_RATE_HZ,
    SOUND_SETTINGS,
    SoundFeatures,
    WaveFeatures,
    extracted_features,
    extractor_settings,
)
from analysis_core.models.sources import FolderSource
from analysis_core.models.tokenizers import load_tokenizer
from analysis_core.models.transcripts import decoder_tokens
from analysis_core.vocabulary import ModalityType, TaskType

_PADDED = "padded_samples"
"""A column of our own: to how many samples all sounds of the data are padded."""
_EXAMPLE_HZ = 200.0


def from_folder(module: nn.Module, source: FolderSource) -> ModuleModel:
    """The module with the sound settings of its folder, and its tokenizer where it writes.

    A network of torchaudio that takes features, and not waves, comes back as a plain model: batches for it have to be
    made by whoever knows them.

    Raises:
        ModelError: nothing says how sounds are prepared, or the tokenizer is missing.
    """
    if source.library != "transformers":
        if not WaveFeatures.fit(module):
            return ModuleModel(module, modality=ModalityType.AUDIO, **source.settings)
        rate_hz = int(source.config.get("sampling_rate") or DEFAULT_RATE_HZ)
        return AudioModel(module, features=WaveFeatures(module, rate_hz), **source.settings)
    settings = extractor_settings(source.folder)
    config = getattr(module, "config", None)
    writes = source.task is TaskType.GENERATION
    model = AudioModel(
        module,
        features=extracted_features(source.folder, module, source.name),
        tokenizer=load_tokenizer(source.folder, config, source.name) if writes else None,
        **source.settings,
    )
    model.companions[SOUND_SETTINGS] = settings
    return model


class AudioModel(ReadingModel):
    """A model that reads sounds: it tells their class, or writes down what is spoken.

    Args:
        module: the network.
        features: how sounds become its inputs.
        tokenizer: of a model that writes; None for others.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Raises:
        ModelError: it does what no sounds with classes or transcripts can be used for.
    """

    modality = ModalityType.AUDIO

    def __init__(
        self,
        module: nn.Module,
        *,
        features: SoundFeatures,
        tokenizer: Any = None,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "transformers",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.features, self.tokenizer = features, tokenizer
        self._accepted = frozenset(inspect.signature(module.forward).parameters)
        self._writes = task is TaskType.GENERATION
        self.columns = ("sound", "target_text") if self._writes else ("sound",)
        self.observe(self._made_up())

    def _prepared(self, examples: Any) -> pd.DataFrame:
        """With one length for all, where the model needs that."""
        rows = super()._prepared(examples)
        if not self.features.one_length:
            return rows
        lengths = [
            math.ceil(sound.seconds * self.features.rate_hz) for sound in self._checked_sounds(rows, examples.name)
        ]
        return rows.assign(**{_PADDED: max(lengths)})

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Sounds with their classes or transcripts; masks tell which of the model's own frames are real."""
        rate_hz = self.features.rate_hz
        sounds = [sound.samples(rate_hz) for sound in self._checked_sounds(rows, where)]
        padded_to = int(rows[_PADDED].iloc[0]) if _PADDED in rows else None
        inputs: dict[str, Any] = dict(self.features.inputs(sounds, padded_to))
        mask = self.features.token_mask(inputs)
        if self._writes:
            return self._with_transcripts(inputs, mask, rows, where)
        targets = torch.as_tensor(rows["label"].to_numpy("int64", copy=True)) if "label" in rows else None
        return Batch(inputs, targets, len(rows), padding_mask=mask)

    def _with_transcripts(self, inputs: dict[str, Any], mask: Tensor | None, rows: pd.DataFrame, where: str) -> Batch:
        wheres = [f"{where}, sound {position}" for position in rows.index]
        read, written, real = decoder_tokens(list(rows["target_text"]), wheres, self.tokenizer, self._config)
        inputs |= self._decoder_inputs(read, real)
        return Batch(inputs, written, len(rows), stack_masks={"encoder": mask, "decoder": real})

    def _decoder_inputs(self, read: Tensor, real: Tensor) -> dict[str, Any]:
        inputs: dict[str, Any] = {"decoder_input_ids": read}
        if "decoder_attention_mask" in self._accepted:
            inputs["decoder_attention_mask"] = real
        return inputs | ({"use_cache": False} if "use_cache" in self._accepted else {})

    def _checked_sounds(self, rows: pd.DataFrame, where: str) -> Sequence[Sound]:
        """The sounds of some rows, each whole and of a length that the model can read.

        Raises:
            DataError: names the first one that is damaged, too long or too short.
        """
        return [self._checked_sound(encoded, f"{where}, sound {at}") for at, encoded in rows["sound"].items()]

    def _checked_sound(self, encoded: bytes, where: str) -> Sound:
        sound, _ = check_sound(encoded, where)
        samples = math.ceil(sound.seconds * self.features.rate_hz)
        longest_seconds = self.features.longest_samples / self.features.rate_hz
        if samples > self.features.longest_samples:
            raise DataError(
                f"The sound lasts {sound.seconds:.2f} seconds; the model reads at most {longest_seconds:g}.",
                where=where,
                remedy="Cut it into pieces.",
            )
        if self.features.frames(samples) < 1:
            raise DataError(
                f"The sound lasts {1000 * sound.seconds:.1f} ms, too short for the model to make a frame of it.",
                where=where,
                remedy="Leave it out.",
            )
        return sound

    def _made_up(self) -> dict[str, Any]:
        """One short tone of no meaning."""
        samples = min(self.features.rate_hz, self.features.longest_samples)
        tone = np.sin(2 * np.pi * _EXAMPLE_HZ * np.arange(samples) / self.features.rate_hz).astype(np.float32)
        inputs: dict[str, Any] = dict(self.features.inputs([tone]))
        if self._writes:
            start = torch.full((1, 2), int(self._config.decoder_start_token_id))
            inputs |= self._decoder_inputs(start, torch.ones_like(start))
        return inputs

    @property
    def _config(self) -> Any:
        """Of a model that writes.

        Raises:
            ModelError: it has no decoder.
        """
        config = getattr(self.module, "config", None)
        if getattr(config, "decoder_start_token_id", None) is None or "decoder_input_ids" not in self._accepted:
            raise ModelError(
                f"'{type(self.module).__name__}' has no decoder that writes transcripts.",
                where=self.name,
                remedy="Use an encoder-decoder such as Whisper, or a model that tells classes.",
            )
        return config
