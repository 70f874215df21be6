"""Sizes and random numbers that fit one Hugging Face model."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig

EXAMPLES, TOKENS = 4, 12


class Feeder:
    """Makes inputs that fit one model.

    Args:
        module: the model.
        examples: how many examples.
    """

    def __init__(self, module: nn.Module, examples: int = EXAMPLES) -> None:
        self.module, self.examples = module, examples
        self.config: PretrainedConfig = module.config
        self.placeholders = 0
        self._random = torch.Generator().manual_seed(0)

    def number(self, *names: str, default: int) -> int:
        """The first of these fields in the configuration or in one that is part of it."""
        for config, name in itertools.product(list(_parts(self.config)), names):
            value = getattr(config, name, None)
            value = next(iter(value), None) if isinstance(value, (list, tuple)) else value
            if type(value) is int:
                return value
        return default

    def floats(self, *shape: int) -> Tensor:
        """Random numbers of about 1."""
        return torch.randn(self.examples, *shape, generator=self._random)

    def whole(self, below: int, *shape: int) -> Tensor:
        """Random whole numbers from 0."""
        return torch.randint(0, below, (self.examples, *shape), generator=self._random)

    def tokens(self, length: int = TOKENS) -> Tensor:
        """Ordinary words, without special tokens, around as many placeholders as there are features to put in."""
        special = {*_special(self.config)}
        words = torch.tensor(
            [token for token in range(3, self.number("vocab_size", default=64)) if token not in special]
        )
        chosen = words[self.whole(len(words), length)]
        if self.placeholders:
            mark = self.number("image_token_id", "image_token_index", "audio_token_id", "audio_token_index", default=0)
            marks = torch.full((self.examples, self.placeholders), mark)
            chosen = torch.cat([chosen[:, :2], marks, chosen[:, 2:]], 1)
        return chosen

    def placed(self) -> Tensor:
        """Where among the tokens the placeholders stand."""
        places = torch.arange(TOKENS + self.placeholders)
        return ((places >= 2) & (places < 2 + self.placeholders)).expand(self.examples, -1)

    @property
    def width(self) -> int:
        """Width of the hidden states."""
        return self.number("hidden_size", "d_model", "embed_dim", default=64)

    @property
    def picture(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        channels = self.number("num_channels", "in_channels", "in_chans", default=3)
        for config in _parts(self.config):
            size = getattr(config, "image_size", None) or getattr(config, "img_size", None)
            size = [size["height"], size["width"]] if isinstance(size, dict) else size
            if isinstance(size, (list, tuple)) and len(size) == 2:
                return channels, size[0], size[1]
            if type(size) is int:
                return channels, size, size
        return channels, 64, 64

    @property
    def past(self) -> int:
        """Steps of a time series that a forecast looks back to, its lags included."""
        return self.number("context_length", default=32) + max(1, *self.config.lags_sequence)

    @property
    def bands(self) -> int:
        """Frequency bands of a spectrogram."""
        names = ("num_mel_bins", "n_mels", "input_feat_size", "feature_size", "input_dim", "mel_dim", "model_in_dim")
        return self.number(*names, default=64)


def _parts(config: PretrainedConfig) -> Iterator[PretrainedConfig]:
    yield config
    for value in list(vars(config).values()):
        if isinstance(value, PretrainedConfig):
            yield from _parts(value)


def _special(config: PretrainedConfig) -> Iterator[int]:
    for part in _parts(config):
        for name, value in vars(part).items():
            if re.search(r"(token|_id|_ids|_index)", name):
                yield from (
                    item for item in (value if isinstance(value, (list, tuple)) else [value]) if type(item) is int
                )
