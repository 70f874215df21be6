"""`graph-gat`: 8 residual blocks of graph attention that read a digit of which an eighth of the pixels is told.

The layer is PyTorch Geometric's `GATConv` (P. Veličković et al., "Graph attention networks", 2018).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.graph_networks import Course, train_and_ship

COURSE = Course(steps=1000)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card; see :func:`train_and_ship`."""
    facts = {"id": "zoo/graph-gat", "architecture": "GAT", "recipe": __name__}
    return train_and_ship(out_dir, "gat", COURSE, facts, seed=seed, quick=quick, progress=progress, variation=variation)
