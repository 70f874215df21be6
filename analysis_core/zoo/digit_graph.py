"""The k-nearest-neighbour graph of scikit-learn's digits, whose nodes tell only some of their pixels.

Source of the digits: see :mod:`analysis_core.zoo.digits`. Two digits are joined where one is among the other's
nearest, by all their pixels. Of its pixels a node tells a random eighth, so that a digit is read by what its
neighbours and theirs tell together. All parts see the whole graph, but never each other's classes: those are no
features. Parts are cut by writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from sklearn.neighbors import kneighbors_graph
from torch import Tensor

from analysis_core.data.neighbourhoods import Neighbourhood, neighbourhoods
from analysis_core.data.padded_graphs import padded_graphs
from analysis_core.zoo.digits import DIGIT, load_splits

PIXELS = DIGIT * DIGIT
NEIGHBOURS = 4
MOST_NODES = 16
"""Of an example, the digit in question with them."""
TOLD_SHARE = 0.125
LEVELS = 8
"""Grey levels 0 to 16 become -1 to 1 in steps of an eighth; a pixel that is not told is 0."""
HEAL_ROWS = 300


@dataclass(frozen=True)
class DigitGraph:
    """All digits, and a small graph around each.

    Args:
        pixels: ``[digits, 64]``, -1 to 1.
        labels: ``[digits]`` int64.
        around: each digit's neighbourhood, itself first.
        parts: positions of the digits of ``train``, ``search`` and ``test``.
    """

    pixels: Tensor
    labels: Tensor
    around: tuple[Neighbourhood, ...]
    parts: dict[str, np.ndarray]


@lru_cache(maxsize=1)
def load_graph() -> DigitGraph:
    """The graph; all digits of a writer are in one part."""
    splits = load_splits()
    listed = {"train": splits.train, "search": splits.search, "test": splits.test}
    pixels = torch.cat([pictures.flatten(1) for pictures, _ in listed.values()])
    ends = np.cumsum([len(labels) for _, labels in listed.values()])
    near = kneighbors_graph(pixels.numpy(), NEIGHBOURS).tocoo()
    one_way = np.stack([near.row, near.col]).astype(np.int64)
    edges = np.unique(np.concatenate([one_way, one_way[::-1]], axis=1), axis=1)
    return DigitGraph(
        pixels * 2 - 1,
        torch.cat([labels for _, labels in listed.values()]),
        tuple(neighbourhoods(edges, len(pixels), range(len(pixels)), MOST_NODES)),
        dict(zip(listed, np.split(np.arange(len(pixels)), ends[:-1]), strict=True)),
    )


def told(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """The pixels with a random share left, 0 in the place of the others."""
    return pixels * (torch.rand(pixels.shape, generator=generator) < TOLD_SHARE)


def training_batch(graph: DigitGraph, centres: Tensor, generator: torch.Generator) -> tuple[dict[str, Tensor], Tensor]:
    """Padded inputs and classes of some digits, with other pixels told each time."""
    around = [graph.around[int(centre)] for centre in centres]
    shown = told(graph.pixels, generator)
    inputs, _ = padded_graphs(
        [shown[torch.from_numpy(near.nodes)] for near in around], [torch.from_numpy(near.edges) for near in around]
    )
    return inputs, graph.labels[centres]


def sample_of(graph: DigitGraph, seed: int, train: np.ndarray) -> pd.DataFrame:
    """The held-out digits, and some of the training digits evenly spread; what each node tells is fixed by the seed."""
    shown = told(graph.pixels, torch.Generator().manual_seed(seed)).double().numpy()
    parts = {**graph.parts, "heal": train[:: max(1, len(train) // HEAL_ROWS)][:HEAL_ROWS]}
    rows = [
        (shown[graph.around[digit].nodes].tolist(), graph.around[digit].edges.tolist(), int(graph.labels[digit]), part)
        for part in ("search", "test", "heal")
        for digit in parts[part]
    ]
    return pd.DataFrame(rows, columns=["node_features", "edges", "label", "split"])
