"""`multimodal-pixels`: a GPT-2 of 8 layers that draws a digit from its caption, pixel by pixel as tokens.

A. Ramesh et al., "Zero-shot text-to-image generation", 2021, with grey levels of single pixels in the place of the
paper's learned codes.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from analysis_core.data.examples import ExampleSet
from analysis_core.data.pictures import open_picture, png_of
from analysis_core.models.pixels import PIXEL_SETTINGS, PixelGrid, PixelModel
from analysis_core.tasks import task_for
from analysis_core.vocabulary import ModalityType, TaskType
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.digit_classifiers import thinned
from analysis_core.zoo.digits import DIGIT, DigitSplits, load_splits
from analysis_core.zoo.little_pictures import draw_little
from analysis_core.zoo.scenes import WORDS
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.subwords import save_tokenizer, train_tokenizer
from analysis_core.zoo.training import Stage, fit, reproducible

GRID = PixelGrid(DIGIT, DIGIT, levels=8, caption_tokens=9)
VOCABULARY = 128
"""Enough for each word of a caption whole, so that no caption is cut: seven words and the two marks are its tokens."""
ROWS = {"search": 300, "test": 400, "heal": 400}


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long."""

    width: int = 64
    layers: int = 8
    batch: int = 32
    steps: int = 1000
    learning_rate: float = 2e-3


QUICK = Size(width=32, layers=2, batch=16, steps=60, learning_rate=4e-3)


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
        seed: of the first weights and of the pictures.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    splits = thinned(load_splits(), variation.data_share, seed)
    tokenizer = train_tokenizer(_all_words(), VOCABULARY, GRID.caption_tokens)
    save_tokenizer(tokenizer, out_dir)
    (out_dir / PIXEL_SETTINGS).write_text(json.dumps(asdict(GRID), indent=2) + "\n", encoding="utf-8")
    with reproducible(seed):
        started = time.process_time()
        model = GPT2LMHeadModel(_config(size, tokenizer))
        _fit(model, tokenizer, splits, size, seed, progress)
        seconds = time.process_time() - started
        sample = _sample(splits, seed, quick=quick)
        facts = {**_facts(size, seed), "trivial": _answer_without_model(sample)}
        packages = ("transformers", "tokenizers", "scikit-learn")
        return ship(out_dir, model, sample, facts, seconds=seconds, packages=packages)


def _all_words() -> list[str]:
    """Every word of a caption: the tokenizer then keeps each whole."""
    return [f"a small {word} at the top left bottom right large" for word in WORDS] * 20


def _config(size: Size, tokenizer: PreTrainedTokenizerFast) -> GPT2Config:
    return GPT2Config(
        vocab_size=len(tokenizer) + GRID.levels,
        n_positions=GRID.caption_tokens + GRID.pixels,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=4,
        n_inner=2 * size.width,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        initializer_range=0.05,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        architectures=["GPT2LMHeadModel"],
    )


def _fit(
    model: GPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    splits: DigitSplits,
    size: Size,
    seed: int,
    progress: Progress | None,
) -> None:
    """Trained on batches as its reader makes them, by the task's own loss."""
    generator = np.random.default_rng(seed)
    reader = PixelModel(model, tokenizer=tokenizer, grid=GRID)
    task = task_for(TaskType.GENERATION, ModalityType.MULTIMODAL)

    def loss_of_step(step: int) -> Tensor:
        pictures = draw_little(*splits.train, size.batch, generator)
        frame = pd.DataFrame(
            {"text": [p.caption for p in pictures], "image": [Image.fromarray(p.pixels) for p in pictures]}
        )
        batch = next(iter(reader.batches(ExampleSet(frame), size.batch)))
        return task.losses(reader.forward(batch), batch).mean()

    model.train()
    stage = Stage("Pixels", size.steps, size.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def _sample(splits: DigitSplits, seed: int, *, quick: bool) -> pd.DataFrame:
    """Pictures of held-out writers, and of the training data to heal with; none stands in two parts."""
    sides = {"search": splits.search, "test": splits.test, "heal": splits.train}
    rows: dict[tuple[str, bytes], str] = {}
    for number, (split, count) in enumerate(ROWS.items()):
        generator = np.random.default_rng((seed, 1000 + number))
        for picture in draw_little(*sides[split], count // 10 if quick else count, generator):
            rows.setdefault((picture.caption, png_of(picture.pixels)), split)
    return pd.DataFrame([(*key, split) for key, split in rows.items()], columns=["text", "image", "split"])


def _answer_without_model(sample: pd.DataFrame) -> dict[str, Any]:
    """Bits per pixel of naming each level as often as it occurs in the training pictures."""

    def levels(split: str) -> Tensor:
        pictures = sample.loc[sample["split"] == split, "image"]
        return torch.cat([GRID.levels_of(open_picture(picture, split)) for picture in pictures])

    counts = levels("heal").bincount(minlength=GRID.levels).double() + 1.0
    bits = -(counts / counts.sum()).log2()
    return {"value": float(bits[levels("test")].mean()), "how": "naming each grey level as often as it occurs"}


def _facts(size: Size, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/multimodal-pixels",
        "title": f"GPT-2 over pixels, {size.layers} layers, digits from captions",
        "modality": "multimodal",
        "task": "generation",
        "library": "transformers",
        "loader": "GPT2LMHeadModel",
        "architecture": "GPT-2",
        "hidden_size": size.width,
        "description": "Draws a handwritten digit of 8 x 8 pixels from a caption, one grey level after the other.",
        "data": {
            "name": "scikit-learn digits and captions",
            "description": "One handwritten digit, large or small in a corner, on a picture of 8 x 8 pixels with 8 "
            "grey levels, and a caption that says so; held out by writer.",
            "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
        },
        "recipe": __name__,
        "seed": seed,
    }
