"""Models that read pictures: resized, scaled and normalised as the model was trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.data.pictures import open_picture
from analysis_core.models.plain import ModuleModel
from analysis_core.models.preprocessing import Preprocessing
from analysis_core.vocabulary import ModalityType, TaskType


class VisionModel(ModuleModel):
    """A model that reads pictures, from timm or transformers.

    Args:
        module: the network.
        preprocessing: how pictures are prepared for it.
        input_name: keyword under which it takes pictures; None where it takes them as its first argument.
        name, task, summary, library, config_dict: as in :class:`ModuleModel`.
    """

    modality = ModalityType.VISION

    def __init__(
        self,
        module: nn.Module,
        *,
        preprocessing: Preprocessing,
        input_name: str | None = None,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        summary: Mapping[str, Any] | None = None,
        library: str = "timm",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(module, name=name, task=task, summary=summary, library=library, config_dict=config_dict)
        self.preprocessing = preprocessing
        self._input_name = input_name
        shape = (1, preprocessing.channels, preprocessing.height, preprocessing.width)
        self.observe(self._inputs(torch.zeros(shape)))

    def batches(self, examples: ExampleSet, batch_size: int, max_samples: int | None = None) -> Iterator[Batch]:
        """Prepare pictures, batch by batch.

        Args:
            examples: pictures (PNG or JPEG bytes, or PIL images) with labels.
            batch_size: examples per batch.
            max_samples: stop after so many.

        Yields:
            Batches on the model's device, with pictures ``[examples, channels, height, width]`` and
            targets ``[examples]`` int64.

        Raises:
            DataError: names the first picture that cannot be read.
        """
        pictures = examples.column("image")
        labels = examples.labels
        total = len(pictures) if max_samples is None else min(max_samples, len(pictures))
        for first in range(0, total, batch_size):
            stop = min(first + batch_size, total)
            tensors = self._tensors(pictures[first:stop], first, examples.name)
            targets = torch.as_tensor(labels[first:stop]) if labels is not None else None
            yield Batch(self._inputs(tensors), targets, stop - first, first=first).to(self.device)

    def _tensors(self, pictures: Sequence[Any], first: int, where: str) -> Tensor:
        tensors = []
        for position, picture in enumerate(pictures, start=first):
            tensors.append(self.preprocessing.tensor(open_picture(picture, f"{where}, picture {position}")))
        return torch.stack(tensors)

    def _inputs(self, pictures: Tensor) -> Any:
        return pictures if self._input_name is None else {self._input_name: pictures}
