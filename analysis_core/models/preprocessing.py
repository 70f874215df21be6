"""How a picture becomes the numbers that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from analysis_core.errors import ModelError
from analysis_core.models.files import read_json

PICTURE_CONFIG = "preprocessor_config.json"
PROCESSOR_CONFIG = "processor_config.json"
"""Where newer versions of transformers write the settings of all inputs of a model together."""

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
    def from_transformers(
        cls, values: Mapping[str, Any], config: Mapping[str, Any], *, whole: bool = False
    ) -> Preprocessing:
        """Read transformers' ``preprocessor_config.json``.

        Args:
            values: its content.
            config: the model's own configuration, for the number of channels and the size that it was built for.
            whole: whether nothing may be cut off, as where objects are looked for: without a crop that the settings
                ask for, pictures are then squeezed into the model's size, which costs proportions but no object.

        Raises:
            ModelError: a value is missing or out of range.
        """
        try:
            size = values.get("size")
            crop = values.get("crop_size") if values.get("do_center_crop") else None
            edge = size.get("shortest_edge") if isinstance(size, Mapping) else size if crop else None
            squeezed = edge is None or (whole and crop is None)
            built_for = config.get("image_size") if edge is not None and squeezed else None
            height, width = _height_and_width(crop or built_for or edge or size)
            channels = int(config.get("num_channels") or 3)
            crop_share = values.get("crop_pct") or (min(height, width) / edge if edge and crop else 1.0)
            scaled = values.get("do_normalize", True)
            return cls(
                channels,
                height,
                width,
                _per_channel(values["image_mean"] if scaled else 0.0, channels),
                _per_channel(values["image_std"] if scaled else 1.0, channels),
                _RESAMPLING_BY_NUMBER[int(values.get("resample", 2))],
                float(crop_share),
                keeps_proportions=not squeezed,
            )._checked()
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The model does not say how pictures are prepared: {error!r}.",
                where=PICTURE_CONFIG,
                remedy="Give size, image_mean and image_std there.",
            ) from error

    def to_transformers(self) -> dict[str, Any]:
        """What transformers' image processors need to prepare pictures of the model's size in the same way."""
        return {
            "do_resize": True,
            "size": {"height": self.height, "width": self.width},
            "resample": next(number for number, name in _RESAMPLING_BY_NUMBER.items() if name == self.interpolation),
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": list(self.mean),
            "image_std": list(self.std),
        }

    def tensor(self, picture: Image.Image) -> Tensor:
        """One picture as ``[channels, height, width]``, float32, normalised."""
        fitted = self._fit(picture.convert(_MODES[self.channels]), _RESAMPLING[self.interpolation])
        values = torch.from_numpy(np.array(fitted, dtype=np.float32) / 255.0)
        values = values.reshape(self.height, self.width, self.channels).permute(2, 0, 1)
        mean, std = torch.tensor(self.mean).view(-1, 1, 1), torch.tensor(self.std).view(-1, 1, 1)
        return ((values - mean) / std).contiguous()

    def mask(self, mask: Image.Image) -> Tensor:
        """The classes of a picture's pixels, brought to its size as the picture is, ``[height, width]`` int64."""
        return torch.from_numpy(np.array(self._fit(mask, Image.Resampling.NEAREST), dtype=np.int64))

    def boxes(self, boxes: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Where boxes lie once their picture has been prepared.

        Args:
            boxes: center x, center y, width and height as shares of the picture, ``[boxes, 4]``.
            size: width and height of the picture, in pixels.

        Returns:
            The boxes as shares of what the model reads, cut off at its edge; and which of them are still on it.
        """
        wide, high, left, top = self._window(*size)
        scale, shift = torch.tensor([wide, high]), torch.tensor([left, top])
        seen = torch.tensor([self.width, self.height])
        ends = (boxes[:, :2] + sign * boxes[:, 2:] / 2 for sign in (-1, 1))
        first, last = (((end * scale - shift) / seen).clamp(0, 1) for end in ends)
        return torch.cat([(first + last) / 2, last - first], dim=1), (last > first).all(1)

    def _window(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The size that a picture is brought to, and where in it the part that the model reads begins."""
        if (width, height) == (self.width, self.height) or not self.keeps_proportions:
            return self.width, self.height, 0, 0
        zoom = max(self.width / width, self.height / height) / self.crop_share
        wide, high = max(self.width, round(width * zoom)), max(self.height, round(height * zoom))
        return wide, high, (wide - self.width) // 2, (high - self.height) // 2

    def _fit(self, picture: Image.Image, how: Image.Resampling) -> Image.Image:
        """Bring a picture to the model's size; one that has it already stays untouched."""
        wide, high, left, top = self._window(*picture.size)
        resized = picture if picture.size == (wide, high) else picture.resize((wide, high), how)
        if (wide, high) == (self.width, self.height):
            return resized
        return resized.crop((left, top, left + self.width, top + self.height))

    def _checked(self) -> Preprocessing:
        if self.channels not in _MODES:
            raise ValueError(f"{self.channels} channels")
        if self.interpolation not in _RESAMPLING:
            raise ValueError(f"interpolation {self.interpolation!r}")
        if not 0.0 < self.crop_share <= 1.0 or min(self.std) <= 0.0 or not 0 < self.height * self.width <= 2**24:
            raise ValueError("a size, share or deviation out of range")
        return self


def picture_settings(folder: Path) -> dict[str, Any]:
    """What a folder says of how pictures are prepared.

    Raises:
        ModelError: it says nothing.
    """
    if not (folder / PICTURE_CONFIG).is_file() and (folder / PROCESSOR_CONFIG).is_file():
        found = read_json(folder / PROCESSOR_CONFIG).get("image_processor")
        if isinstance(found, Mapping):
            return dict(found)
    return read_json(folder / PICTURE_CONFIG)


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
    if isinstance(size, (list, tuple)):
        return int(size[0]), int(size[1])
    return int(size), int(size)
