"""`audio-wav2vec2`: a Wav2Vec 2.0 of 10 layers that tells which digit a voice says, from the wave itself.

Its convolutions see a frame every 20 ms at 8 kHz; they and the layers are those of A. Baevski et al. ("wav2vec 2.0",
2020) with the normalisation of its larger model, under which the padding of a batch changes nothing. It learns the
classes from nothing, without the paper's pretraining.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.spoken import RATE_HZ
from analysis_core.zoo.spoken_digits import LABELS, Course, Listen, train_and_ship

LAYERS, QUICK_LAYERS = 10, 2
COURSE = Course(steps=800, learning_rate=1.5e-3)
_ROUNDING = 1e-7
"""What the feature extractor adds to a variance."""


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its sound settings and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of voices, first weights, order of examples and noise.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE_HZ, do_normalize=True, return_attention_mask=True).save_pretrained(
        out_dir
    )
    config = _config(variation.depth or (QUICK_LAYERS if quick else LAYERS))
    facts = {
        "id": "zoo/audio-wav2vec2",
        "title": f"Wav2Vec2, {config.num_hidden_layers} layers, spoken digits",
        "library": "transformers",
        "loader": "Wav2Vec2ForSequenceClassification",
        "architecture": "Wav2Vec2",
        "recipe": __name__,
    }
    return train_and_ship(
        out_dir, lambda: _quiet(Wav2Vec2ForSequenceClassification(config)), _listening, COURSE, facts,
        packages=("torch", "transformers", "soundfile"),
        seed=seed, quick=quick, progress=progress, variation=variation,
    )  # fmt: skip


def _config(layers: int) -> Wav2Vec2Config:
    return Wav2Vec2Config(
        hidden_size=64,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=128,
        conv_dim=(32, 48, 64, 64),
        conv_kernel=(10, 8, 4, 4),
        conv_stride=(5, 4, 4, 2),
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        conv_bias=True,
        classifier_proj_size=64,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        layerdrop=0.0,
        apply_spec_augment=False,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        architectures=["Wav2Vec2ForSequenceClassification"],
        dtype="float32",
    )


def _listening(model: nn.Module) -> Listen:
    def listen(sounds: Tensor, lengths: Tensor) -> Tensor:
        within = (torch.arange(sounds.shape[1]) < lengths[:, None]).long()
        logits: Tensor = model(input_values=_normalised(sounds, within), attention_mask=within).logits
        return logits

    return listen


def _normalised(sounds: Tensor, within: Tensor) -> Tensor:
    """Zero mean and unit variance over each sound's own samples, as the feature extractor makes them."""
    samples = within.sum(1, keepdim=True)
    centred = (sounds - sounds.sum(1, keepdim=True) / samples) * within
    return centred / (centred.square().sum(1, keepdim=True) / samples + _ROUNDING).sqrt()


def _quiet(model: Wav2Vec2ForSequenceClassification) -> Wav2Vec2ForSequenceClassification:
    """Let both branches of every layer begin close to zero (A. Radford et al. 2019, section 2.3)."""
    layers = model.wav2vec2.encoder.layers
    for layer in layers:
        for writer in (layer.attention.out_proj, layer.feed_forward.output_dense):
            writer.weight.data.mul_((2 * len(layers)) ** -0.5)
    return model
