"""Models that make a picture from its caption, pixel by pixel as tokens (the DALL-E scheme, Ramesh et al. 2021).

One decoder reads ``caption, filled up to a fixed length | a mark | pixels, row by row``. The last tokens of its
vocabulary are grey levels, the darkest first. Only pixels are predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor, nn
from transformers import GenerationConfig

from analysis_core.data.batches import Batch
from analysis_core.data.pictures import open_picture
from analysis_core.errors import DataError, ModelError
from analysis_core.models.foreign import quiet
from analysis_core.models.reading import ReadingModel
from analysis_core.models.text_encoding import check_texts
from analysis_core.tasks.base import NO_TARGET
from analysis_core.vocabulary import ModalityType, TaskType

PIXEL_SETTINGS = "pixels.json"
_MOST_PIXELS, _MOST_LEVELS, _MOST_CAPTION = 64 * 64, 256, 1024


@dataclass(frozen=True)
class PixelGrid:
    """How a picture and its caption become one sequence.

    Args:
        height, width: of the picture, in pixels.
        levels: grey levels that are told apart.
        caption_tokens: to which captions are filled up, or cut.
    """

    height: int
    width: int
    levels: int
    caption_tokens: int

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> PixelGrid:
        """Read ``pixels.json``.

        Raises:
            ModelError: a number is missing or out of range.
        """
        try:
            grid = cls(**{name: int(values[name]) for name in cls.__dataclass_fields__})
            sizes = grid.height > 0 < grid.width and grid.pixels <= _MOST_PIXELS
            if not sizes or not 2 <= grid.levels <= _MOST_LEVELS or not 1 <= grid.caption_tokens <= _MOST_CAPTION:
                raise ValueError("a number is out of range")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The model does not say how pictures become tokens: {error!r}.",
                where=PIXEL_SETTINGS,
                remedy="Give height, width, levels and caption_tokens there.",
            ) from error
        return grid

    @property
    def pixels(self) -> int:
        """How many pixels a picture has."""
        return self.height * self.width

    def levels_of(self, picture: Image.Image) -> Tensor:
        """A picture's grey levels, row by row, ``[pixels]`` int64; another size is squeezed into the grid."""
        grey = picture.convert("L")
        if grey.size != (self.width, self.height):
            grey = grey.resize((self.width, self.height), Image.Resampling.BILINEAR)
        shares = torch.from_numpy(np.array(grey, dtype=np.float32)).flatten() / 255.0
        return (shares * (self.levels - 1)).round().long()

    def picture_of(self, levels: Tensor) -> Image.Image:
        """The grey picture of some levels ``[pixels]``."""
        shades = (levels.reshape(self.height, self.width).float() / (self.levels - 1) * 255.0).round()
        return Image.fromarray(shades.to(torch.uint8).cpu().numpy())


class PixelModel(ReadingModel):
    """A decoder over caption tokens and pixel tokens, such as ``GPT2LMHeadModel``.

    Args:
        module: the network; the last ``grid.levels`` tokens of its vocabulary are grey levels.
        tokenizer: of captions; its end token stands between caption and picture.
        grid: how pictures become tokens.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.

    Raises:
        ModelError: the vocabulary has no room for the grey levels beside the words.
    """

    modality = ModalityType.MULTIMODAL
    columns = ("text", "image")

    def __init__(
        self,
        module: nn.Module,
        *,
        tokenizer: Any,
        grid: PixelGrid,
        name: str = "model",
        task: TaskType = TaskType.GENERATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "transformers",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.tokenizer, self.grid = tokenizer, grid
        self.companions[PIXEL_SETTINGS] = asdict(grid)
        network: Any = module
        self.first_pixel = int(network.get_input_embeddings().num_embeddings) - grid.levels
        if self.first_pixel < len(tokenizer):
            raise ModelError(
                f"The model has {self.first_pixel + grid.levels} tokens, too few for the tokenizer's {len(tokenizer)} "
                f"and {grid.levels} grey levels.",
                where=name,
                remedy="Put the tokenizer and the pixels.json that the model was trained with into its folder.",
            )
        tokens, mask = self._captions(["a"])
        self.observe(self._inputs(tokens, mask, torch.zeros(1, grid.pixels, dtype=torch.long)))

    def picture(self, caption: str, *, temperature: float = 1.0, seed: int = 0) -> Image.Image:
        """Make a picture for a caption, one pixel after the other.

        Args:
            caption: what to draw.
            temperature: of the draw; at 0 the likeliest level is taken each time.
            seed: of the draw.

        Raises:
            DataError: the caption is empty.
        """
        if not caption.strip():
            raise DataError("The caption is empty.", where=self.name, remedy="Say what is to be drawn.")
        tokens, mask = (part.to(self.device) for part in self._captions([caption]))
        draws = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature > 0 else {"do_sample": False}
        how = GenerationConfig(
            max_new_tokens=self.grid.pixels,
            suppress_tokens=list(range(self.first_pixel)),  # nothing but grey levels, the end of a text least of all
            pad_token_id=self.tokenizer.pad_token_id,
            eos_token_id=None,
            **draws,
        )
        network: Any = self.module
        with torch.random.fork_rng(devices=[]), torch.inference_mode(), quiet():
            torch.manual_seed(seed)
            # Without them places would be counted over what is no padding, and the picture would be shifted.
            places = torch.arange(tokens.shape[1], device=tokens.device).unsqueeze(0)
            written = network.generate(
                input_ids=tokens, attention_mask=mask, position_ids=places, generation_config=how
            )
        return self.grid.picture_of(written[0, tokens.shape[1] :] - self.first_pixel)

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Captions and pictures as tokens; ``NO_TARGET`` where the next token is no pixel."""
        check_texts(rows, ("text",), where)
        levels = torch.stack(
            [
                self.grid.levels_of(open_picture(picture, f"{where}, picture {position}"))
                for position, picture in rows["image"].items()
            ]
        )
        tokens, mask = self._captions(list(rows["text"]))
        inputs = self._inputs(tokens, mask, levels)
        targets = torch.full_like(inputs["input_ids"], NO_TARGET)
        targets[:, tokens.shape[1] - 1 :] = self.first_pixel + levels
        return Batch(inputs, targets, len(rows), padding_mask=inputs["attention_mask"])

    def _captions(self, captions: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Captions of one length and the mark behind them, ``[examples, caption_tokens + 1]``, and their mask."""
        encoded = self.tokenizer(
            list(captions), padding="max_length", truncation=True, max_length=self.grid.caption_tokens,
            padding_side="right", add_special_tokens=False, return_tensors="pt",
        )  # fmt: skip
        mark = torch.full((len(captions), 1), int(self.tokenizer.eos_token_id))
        tokens = torch.cat([encoded["input_ids"], mark], dim=1)
        return tokens, torch.cat([encoded["attention_mask"], torch.ones_like(mark)], dim=1)

    def _inputs(self, captions: Tensor, mask: Tensor, levels: Tensor) -> dict[str, Any]:
        """What the decoder reads: every pixel but the last, which nothing follows."""
        pixels = self.first_pixel + levels[:, :-1]
        return {
            "input_ids": torch.cat([captions, pixels], dim=1),
            "attention_mask": torch.cat([mask, torch.ones_like(pixels)], dim=1),
            "use_cache": False,
        }
