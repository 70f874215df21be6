"""`graph-gcn`: 8 residual blocks of graph convolutions that read a digit of which an eighth of the pixels is told.

The layer is PyTorch Geometric's `GCNConv` (T. Kipf and M. Welling, "Semi-supervised classification with graph
convolutional networks", 2017).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.graph_networks import Course, train_and_ship

COURSE = Course()


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card; see :func:`train_and_ship`."""
    facts = {"id": "zoo/graph-gcn", "architecture": "GCN", "recipe": __name__}
    return train_and_ship(out_dir, "gcn", COURSE, facts, seed=seed, quick=quick, progress=progress, variation=variation)
