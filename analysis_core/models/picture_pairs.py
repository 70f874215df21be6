"""Models that tell which text belongs to a picture: two towers that meet in one space (CLIP, SigLIP and their kin).

Each example brings its candidates along: its own pair and others, drawn once from the whole data. Their pictures run
side by side through one tower, ``[examples x candidates, …]``, and their texts through the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.data.pictures import open_picture
from analysis_core.data.splitting import connected, content_key
from analysis_core.errors import DataError
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.models.reading import ReadingModel
from analysis_core.models.text_encoding import TextEncoding, check_texts
from analysis_core.tasks.candidates import candidate_places
from analysis_core.tasks.reading import required_field
from analysis_core.vocabulary import ModalityType, TaskType

CANDIDATES = 10
"""Pairs that each example is told apart from, its own among them."""
TEXT_TOWER, PICTURE_TOWER = "text_model", "vision_model"
"""Words in the paths of the towers' layers."""
_PADDED_TO_LENGTH = frozenset({"siglip", "siglip2"})
"""Model types that were trained on texts of full length, and know no padding."""
_CANDIDATES = "candidates"


class PairModel(ReadingModel):
    """A model with a tower for pictures and a tower for texts.

    Args:
        module: returns ``image_embeds`` and ``text_embeds``.
        tokenizer: a transformers tokenizer that fits its text tower.
        preprocessing: how pictures are prepared for its picture tower.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.
    """

    modality = ModalityType.MULTIMODAL
    columns = ("image", "text")

    def __init__(
        self,
        module: nn.Module,
        *,
        tokenizer: Any,
        preprocessing: Preprocessing,
        name: str = "model",
        task: TaskType = TaskType.RETRIEVAL,
        summary: Mapping[str, Any] | None = None,
        library: str = "transformers",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.tokenizer, self.preprocessing = tokenizer, preprocessing
        self._full_length = getattr(getattr(module, "config", None), "model_type", "") in _PADDED_TO_LENGTH
        blank = torch.zeros(2, preprocessing.channels, preprocessing.height, preprocessing.width)
        self.observe(Batch(self._inputs(["a", "b"], blank, examples=1, where=name)[0], None, size=1))

    @property
    def texts(self) -> TextEncoding:
        """How texts become the arguments of the text tower."""
        return TextEncoding(getattr(self.module, TEXT_TOWER, self.module), self.tokenizer, self.name)

    def arguments(self, batch: Batch) -> Any:
        """All pictures and all texts as rows."""
        inputs: Any = batch.inputs
        return {name: value.flatten(0, 1) for name, value in inputs.items()}

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Vectors of each example's pictures and texts, ``[examples, candidates, width]``, and the scale of cosines."""
        outputs = self.module(**self.arguments(batch))
        found = {}
        for name in ("image_embeds", "text_embeds"):
            rows = required_field(outputs, (name,))
            found[name] = rows.reshape(batch.size, -1, rows.shape[-1])
        scale = getattr(self.module, "logit_scale", None)
        return found | ({"logit_scale": scale.exp()} if isinstance(scale, Tensor) else {})

    def _prepared(self, examples: ExampleSet) -> pd.DataFrame:
        """The rows, each with its candidates: position in the data, picture and text, its own pair first."""
        rows = super()._prepared(examples)
        check_texts(rows, ("text",), examples.name)
        same = alike(rows)
        candidates = min(CANDIDATES, len(set(same)))
        if candidates < 2:
            raise DataError(
                "All examples show or say the same, so there is nothing to choose from.",
                where=examples.name,
                remedy="Give at least two pictures with different texts.",
            )
        pairs = list(zip(rows.index, rows["image"], rows["text"], strict=True))
        places = candidate_places(same, candidates).tolist()
        return rows.assign(**{_CANDIDATES: [[pairs[place] for place in row] for row in places]})

    def _batch(self, rows: pd.DataFrame, where: str) -> Batch:
        """Each example's own pair is its first candidate."""
        wanted = [pair for candidates in rows[_CANDIDATES] for pair in candidates]
        tensors = {
            place: self.preprocessing.tensor(open_picture(picture, f"{where}, picture {place}"))
            for place, picture in {place: picture for place, picture, _ in wanted}.items()
        }
        pictures = torch.stack([tensors[place] for place, _, _ in wanted])
        captions = [caption for _, _, caption in wanted]
        inputs, mask = self._inputs(captions, pictures, examples=len(rows), where=where)
        return Batch(
            inputs,
            torch.zeros(len(rows), dtype=torch.long),
            len(rows),
            stack_masks={TEXT_TOWER: mask, PICTURE_TOWER: None},
            pieces=len(wanted) // len(rows),
        )

    def _inputs(
        self, captions: Sequence[str], pictures: Tensor, *, examples: int, where: str
    ) -> tuple[dict[str, Tensor], Tensor | None]:
        """Inputs ``[examples, candidates, …]``, and the mask of the texts ``[examples, candidates x tokens]``."""
        settings = {"padding": "max_length"} if self._full_length else {}
        encoded = self.texts.encoded(captions, where=where, **settings)
        rows = {"pixel_values": pictures, "input_ids": encoded["input_ids"]}
        if not self._full_length:
            rows["attention_mask"] = self.texts.inputs(encoded)["attention_mask"]
        grouped = {name: value.reshape(examples, -1, *value.shape[1:]) for name, value in rows.items()}
        mask = grouped.get("attention_mask")
        return grouped, None if mask is None else mask.flatten(1)


def alike(rows: pd.DataFrame) -> list[int]:
    """A number for each example: those that show the same picture or say the same text are never rivals."""
    ties = [(content_key(image), text) for image, text in zip(rows["image"], rows["text"], strict=True)]
    found: np.ndarray = connected(ties)
    return [int(number) for number in found]
