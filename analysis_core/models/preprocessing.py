"""How a picture becomes the numbers that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from analysis_core.errors import ModelError

PICTURE_CONFIG = "preprocessor_config.json"

_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_RESAMPLING_BY_NUMBER = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which transformers writes to its files."""
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes numbers.

    Args:
        channels, height, width: of what the model reads.
        mean, std: per channel, of values scaled to 0 … 1.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"`` or ``"lanczos"``.
        crop_share: the middle share of the shorter side that is kept, above 0, at most 1.
        keeps_proportions: whether a picture is resized in proportion and cut, or squeezed into the size.
    """

    channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"
    crop_share: float = 1.0
    keeps_proportions: bool = True

    @classmethod
    def from_timm(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Read timm's ``pretrained_cfg``.

        Raises:
            ModelError: a value is missing or out of range.
        """
        try:
            channels, height, width = (int(size) for size in values["input_size"])
            return cls(
                channels,
                height,
                width,
                _per_channel(values["mean"], channels),
                _per_channel(values["std"], channels),
                str(values.get("interpolation") or "bilinear"),
                float(values.get("crop_pct") or 1.0),
            )._checked()
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The model does not say how pictures are prepared: {error!r}.",
                where="pretrained_cfg",
                remedy="Give input_size, mean and std in its config.json.",
            ) from error

    @classmethod
    def from_transformers(cls, values: Mapping[str, Any], config: Mapping[str, Any]) -> Preprocessing:
        """Read transformers' ``preprocessor_config.json``.

        Args:
            values: its content.
            config: the model's own configuration, for the number of channels.

        Raises:
            ModelError: a value is missing or out of range.
        """
        try:
            size = values.get("size")
            edge = size.get("shortest_edge") if isinstance(size, Mapping) else None
            crop = values.get("crop_size") if values.get("do_center_crop") else None
            height, width = _height_and_width(crop or edge or size)
            channels = int(config.get("num_channels") or 3)
            crop_share = values.get("crop_pct") or (min(height, width) / edge if edge and crop else 1.0)
            return cls(
                channels,
                height,
                width,
                _per_channel(values["image_mean"], channels),
                _per_channel(values["image_std"], channels),
                _RESAMPLING_BY_NUMBER[int(values.get("resample", 2))],
                float(crop_share),
                keeps_proportions=edge is not None,
            )._checked()
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The model does not say how pictures are prepared: {error!r}.",
                where=PICTURE_CONFIG,
                remedy="Give size, image_mean and image_std there.",
            ) from error

    def tensor(self, picture: Image.Image) -> Tensor:
        """One picture as ``[channels, height, width]``, float32, normalised."""
        fitted = self._fit(picture.convert(_MODES[self.channels]))
        values = torch.from_numpy(np.array(fitted, dtype=np.float32) / 255.0)
        values = values.reshape(self.height, self.width, self.channels).permute(2, 0, 1)
        mean, std = torch.tensor(self.mean).view(-1, 1, 1), torch.tensor(self.std).view(-1, 1, 1)
        return ((values - mean) / std).contiguous()

    def _fit(self, picture: Image.Image) -> Image.Image:
        """Bring a picture to the model's size; one that has it already stays untouched."""
        if picture.size == (self.width, self.height):
            return picture
        how = _RESAMPLING[self.interpolation]
        if not self.keeps_proportions:
            return picture.resize((self.width, self.height), how)
        zoom = max(self.width / picture.width, self.height / picture.height) / self.crop_share
        wide, high = (
            max(self.width, round(picture.width * zoom)),
            max(self.height, round(picture.height * zoom)),
        )
        resized = picture.resize((wide, high), how)
        left, top = (wide - self.width) // 2, (high - self.height) // 2
        return resized.crop((left, top, left + self.width, top + self.height))

    def _checked(self) -> Preprocessing:
        if self.channels not in _MODES:
            raise ValueError(f"{self.channels} channels")
        if self.interpolation not in _RESAMPLING:
            raise ValueError(f"interpolation {self.interpolation!r}")
        if not 0.0 < self.crop_share <= 1.0 or min(self.std) <= 0.0 or not 0 < self.height * self.width <= 2**24:
            raise ValueError("a size, share or deviation out of range")
        return self


def _per_channel(values: Any, channels: int) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in (values if isinstance(values, (list, tuple)) else [values]))
    if len(numbers) == 1:
        numbers *= channels
    if len(numbers) != channels:
        raise ValueError(f"{len(numbers)} values for {channels} channels")
    return numbers


def _height_and_width(size: Any) -> tuple[int, int]:
    if isinstance(size, Mapping):
        return int(size["height"]), int(size["width"])
    return int(size), int(size)
