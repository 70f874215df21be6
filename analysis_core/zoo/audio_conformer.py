"""`audio-conformer`: torchaudio's Conformer of 8 blocks that tells which digit a voice says.

It reads mel bands (A. Gulati et al., "Conformer: Convolution-augmented Transformer for Speech Recognition", 2020).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from analysis_core.models.nets.conformer import ConformerClassifier
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.spoken import RATE_HZ
from analysis_core.zoo.spoken_digits import LABELS, Course, Listen, train_and_ship

SIZE = {"width": 48, "depth": 8, "heads": 4, "feed_forward": 96, "kernel": 7, "hop": 160}
QUICK_SIZE = {"width": 32, "depth": 2, "heads": 2, "feed_forward": 64, "kernel": 7, "hop": 160}
COURSE = Course(steps=500, learning_rate=3e-3)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of voices, first weights, order of examples and noise.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = dict(QUICK_SIZE if quick else SIZE)
    size["depth"] = variation.depth or size["depth"]
    model_args = {"classes": len(LABELS), "sample_rate": RATE_HZ, **size}
    config = {
        "library": "nets",
        "architecture": "ConformerClassifier",
        "model_args": model_args,
        "task": "classification",
        "modality": "audio",
        "labels": LABELS,
        "sampling_rate": RATE_HZ,
    }
    facts = {
        "id": "zoo/audio-conformer",
        "title": f"Conformer, {size['depth']} blocks, spoken digits",
        "library": "torchaudio",
        "loader": "torchaudio.models.Conformer",
        "architecture": "Conformer",
        "hidden_size": size["width"],
        "recipe": __name__,
    }
    return train_and_ship(
        out_dir, lambda: _quiet(ConformerClassifier(**model_args)), _listening, COURSE, facts, config=config,
        packages=("torch", "torchaudio", "soundfile"), seed=seed, quick=quick, progress=progress, variation=variation,
    )  # fmt: skip


def _listening(model: nn.Module) -> Listen:
    return model


def _quiet(model: ConformerClassifier) -> ConformerClassifier:
    """Let the parts of every block begin close to zero, so that the first steps already reach the lowest block."""
    blocks = model.conformer.conformer_layers
    for block in blocks:
        for writer in (block.ffn1.sequential[4], block.self_attn.out_proj, block.conv_module.sequential[5],
                       block.ffn2.sequential[4]):  # fmt: skip
            writer.weight.data.mul_((4 * len(blocks)) ** -0.5)
    return model
