"""Small nets, built in place, whose answers can be computed another way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel, first_tensor
from analysis_core.results import Layer
from analysis_core.vocabulary import LayerKind


class NamedLayersModel(UniversalModel):
    """A model whose layers are given by name, as a user's own subclass would do."""

    def __init__(self, module: nn.Module, names: Sequence[str], kind: LayerKind, fixed: Sequence[int] = ()) -> None:
        self._names, self._kind, self._fixed = list(names), kind, set(fixed)
        super().__init__(module, name="toy")

    def _initialize_layers(self) -> list[Layer]:
        return [
            Layer(
                index=index,
                name=name,
                kind=self._kind,
                class_name=type(self.module.get_submodule(name)).__name__,
                parameters=sum(w.numel() for w in self.module.get_submodule(name).parameters()),
                removable=index not in self._fixed,
            )
            for index, name in enumerate(self._names)
        ]

    def get_layer_output(self, x: Any, layer_idx: int) -> Tensor:
        found: list[Tensor] = []
        layer = self.layer_modules[layer_idx]
        handle = layer.register_forward_hook(lambda _m, _a, output: found.append(first_tensor(output)))
        try:
            self.forward(x)
        finally:
            handle.remove()
        return found[-1]


def tiny_bert(layers: int = 4, width: int = 16, seed: int = 0, classes: int = 3) -> UniversalModel:
    """A random BERT with weights large enough that its layers do something."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=50, hidden_size=width, num_hidden_layers=layers, num_attention_heads=2,
        intermediate_size=2 * width, max_position_embeddings=16, num_labels=classes, initializer_range=0.3,
    )  # fmt: skip
    module = BertForSequenceClassification(config)
    return NamedLayersModel(module, [f"bert.encoder.layer.{i}" for i in range(layers)], LayerKind.TRANSFORMER)


def token_batches(examples: int = 20, batch_size: int = 8, seed: int = 1, classes: int = 3) -> list[Batch]:
    """Random token sequences of different lengths, padded to the longest of their batch."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(3, 11, (examples,), generator=generator)
    tokens = torch.randint(1, 50, (examples, 10), generator=generator)
    labels = torch.randint(classes, (examples,), generator=generator)
    batches = []
    for first in range(0, examples, batch_size):
        part = slice(first, min(first + batch_size, examples))
        longest = int(lengths[part].max())
        mask = (torch.arange(longest) < lengths[part, None]).long()
        inputs = {"input_ids": tokens[part, :longest] * mask, "attention_mask": mask}
        batches.append(Batch(inputs, labels[part], mask.shape[0], padding_mask=mask, first=first))
    return batches


class ResidualBlock(nn.Module):
    """A convolutional block with batch norm, in-place activation and a weight of its own (a layer scale)."""

    def __init__(self, channels: int, groups: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
        self.norm = nn.BatchNorm2d(channels)
        self.act = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.scale = nn.Parameter(torch.rand(channels) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale[:, None, None] * self.conv2(self.act(self.norm(self.conv1(x))))


class ConvolutionalNet(nn.Module):
    """Stem, residual blocks with a shape-changing one in the middle, pooled linear head."""

    def __init__(self, channels: int = 4, classes: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, channels, 3, padding=1)
        self.blocks = nn.Sequential(
            ResidualBlock(channels),
            ResidualBlock(channels, groups=2),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            ResidualBlock(2 * channels, groups=2 * channels),
        )
        self.head = nn.Linear(2 * channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def tiny_convolutional(seed: int = 0) -> UniversalModel:
    """A convolutional net of four layers, of which the third changes the shape."""
    torch.manual_seed(seed)
    net = ConvolutionalNet()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean)
    return NamedLayersModel(net, [f"blocks.{i}" for i in range(4)], LayerKind.CONVOLUTION, fixed=[2])


def image_batches(examples: int = 12, batch_size: int = 5, seed: int = 2) -> list[Batch]:
    """Random grey pictures of 6 x 6 pixels with random labels."""
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(examples, 1, 6, 6, generator=generator)
    labels = torch.randint(3, (examples,), generator=generator)
    return [
        Batch(pictures[i : i + batch_size], labels[i : i + batch_size], len(pictures[i : i + batch_size]), first=i)
        for i in range(0, examples, batch_size)
    ]
