"""A short name for a model's exact weights."""

from __future__ import annotations

from hashlib import sha256

import torch

from analysis_core.models.base import UniversalModel

MOST_ELEMENTS = 4096
"""So many numbers of each tensor, evenly spaced, tell it from a trained-on one; reading all would cost seconds."""


def fingerprint(model: UniversalModel) -> str:
    """64 hexadecimal digits that differ where weights, their names, or what counts as a layer differ."""
    digest = sha256()
    for name, tensor in sorted(model.module.state_dict().items()):
        if not isinstance(tensor, torch.Tensor):
            continue
        step = max(1, tensor.numel() // MOST_ELEMENTS)
        sample = tensor.detach().reshape(-1)[::step].contiguous().cpu()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype};".encode())
        digest.update(sample.view(torch.uint8).numpy().tobytes())
    digest.update(" ".join(layer.name for layer in model.layers).encode())
    return digest.hexdigest()
