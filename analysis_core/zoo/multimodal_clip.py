"""`multimodal-clip`: a CLIP of two small towers that tells which caption belongs to a scene of digits.

A. Radford et al., "Learning transferable visual models from natural language supervision", 2021: pictures and captions
of a batch are told apart from each other. Scenes with the same caption are not: they share the probability.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast

from analysis_core.models.picture_pairs import CANDIDATES
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import thinned
from analysis_core.zoo.digits import load_splits
from analysis_core.zoo.scene_samples import DATA, picture_of, scene_sample, scenes_as_tensor, write_picture_settings
from analysis_core.zoo.scenes import SCENE, WORDS, SceneKind, draw_scenes
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.training import Stage, fit, reproducible

KIND = SceneKind(most_digits=2, noise=0.03)
VOCABULARY, MAX_LENGTH = 64, 16


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long; `layers` are those of each tower."""

    width: int = 64
    layers: int = 5
    space: int = 64
    batch: int = 64
    steps: int = 2000
    learning_rate: float = 2e-3


QUICK = Size(width=32, layers=1, space=32, batch=32, steps=60, learning_rate=4e-3)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of the first weights and of the scenes.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one; its depth counts layers of each tower.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    splits = thinned(load_splits(), variation.data_share, seed)
    tokenizer = train_tokenizer(_all_words(), VOCABULARY, MAX_LENGTH)
    save_tokenizer(tokenizer, out_dir)
    write_picture_settings(out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = CLIPModel(_config(size, tokenizer))
        _quieten_branches(model, size)
        _fit(model, tokenizer, splits.train, size, seed, progress)
        seconds = time.process_time() - started
        sample = scene_sample(
            splits, seed, KIND, lambda scene: {"image": picture_of(scene), "text": scene.caption}, quick=quick
        )
        return ship(
            out_dir, model, sample, _facts(size, seed),
            seconds=seconds, packages=("transformers", "tokenizers", "scikit-learn"),
        )  # fmt: skip


def _all_words() -> list[str]:
    """Every word of a caption: the tokenizer then keeps each whole."""
    return [f"a small {word} left of a large {word} above" for word in WORDS] * 20


def _config(size: Size, tokenizer: PreTrainedTokenizerFast) -> CLIPConfig:
    tower = {
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * size.width,
        "projection_dim": size.space,
    }
    words = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": MAX_LENGTH,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    picture = {"image_size": SCENE, "patch_size": 8, "num_channels": 1}
    return CLIPConfig(
        text_config=tower | words,
        vision_config=tower | picture,
        projection_dim=size.space,
        architectures=["CLIPModel"],
    )


def _quieten_branches(model: CLIPModel, size: Size) -> None:
    """Let every block begin close to the identity, as GPT-2 does, and tokens with numbers that attention can use."""
    with torch.no_grad():
        for tower in (model.text_model, model.vision_model):
            for layer in tower.encoder.layers:
                for branch in (layer.self_attn.out_proj, layer.mlp.fc2):
                    torch.nn.init.normal_(branch.weight, std=0.02 * (2 * size.layers) ** -0.5 * 5)


def _fit(
    model: CLIPModel,
    tokenizer: PreTrainedTokenizerFast,
    train_split: tuple[Tensor, Tensor],
    size: Size,
    seed: int,
    progress: Progress | None,
) -> None:
    generator = np.random.default_rng(seed)

    def loss_of_step(step: int) -> Tensor:
        scenes = draw_scenes(*train_split, size.batch, generator, KIND)
        captions = [scene.caption for scene in scenes]
        texts = tokenizer(captions, padding=True, return_tensors="pt")
        outputs = model(
            pixel_values=scenes_as_tensor(scenes),
            input_ids=texts["input_ids"],
            attention_mask=texts["attention_mask"],
        )
        wanted = shared_targets(captions)
        ways = outputs.logits_per_image, outputs.logits_per_text
        return sum((functional.cross_entropy(logits, wanted) for logits in ways), torch.zeros(())) / 2

    model.train()
    stage = Stage("Pairs", size.steps, size.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def shared_targets(captions: list[str]) -> Tensor:
    """For each example a distribution over the batch: even over all with the same caption, ``[examples, examples]``."""
    numbers = {caption: number for number, caption in enumerate(dict.fromkeys(captions))}
    which = torch.tensor([numbers[caption] for caption in captions])
    same = (which[:, None] == which).float()
    return same / same.sum(1, keepdim=True)


def _facts(size: Size, seed: int) -> dict[str, Any]:
    chance = float(np.mean(1.0 / np.arange(1, CANDIDATES + 1)))
    return {
        "id": "zoo/multimodal-clip",
        "title": f"CLIP, two towers of {size.layers} layers, scenes and captions",
        "modality": "multimodal",
        "task": "retrieval",
        "library": "transformers",
        "loader": "CLIPModel",
        "architecture": "CLIP",
        "hidden_size": size.width,
        "description": "Tells which caption belongs to a small picture of one or two handwritten digits, "
        "and which picture to a caption.",
        "data": {
            **DATA,
            "description": "One or two handwritten digits, small or large, on a picture of 32 x 32 pixels, with a "
            "caption that says which they are, how large, and how they lie; held out by writer.",
        },
        "trivial": {"value": chance, "how": f"choosing among the {CANDIDATES} candidates at random"},
        "recipe": __name__,
        "seed": seed,
    }
