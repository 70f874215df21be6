"""`graph-gin`: 8 residual blocks of sums over neighbours that read a digit of which an eighth of the pixels is told.

The layer is PyTorch Geometric's `GINConv` (K. Xu et al., "How powerful are graph neural networks?", 2019).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.graph_networks import Course, train_and_ship

COURSE = Course(width=48, learning_rate=1e-3)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card; see :func:`train_and_ship`."""
    facts = {"id": "zoo/graph-gin", "architecture": "GIN", "recipe": __name__}
    return train_and_ship(out_dir, "gin", COURSE, facts, seed=seed, quick=quick, progress=progress, variation=variation)
