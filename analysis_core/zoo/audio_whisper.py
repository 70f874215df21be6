"""`audio-whisper`: a Whisper of 4 + 4 layers that writes down spoken numbers, letter by letter.

The network and its features are those of A. Radford et al. ("Robust Speech Recognition via Large-Scale Weak
Supervision", 2022), with a second of sound as its whole input instead of thirty.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor
from torch.nn import functional
from transformers import (
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from analysis_core.data.sounds import resampled
from analysis_core.tasks.base import NO_TARGET
from analysis_core.zoo import AS_SHIPPED, Progress, Variation
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.spoken import RATE_HZ, Clip, flac_of, recorded, spoken, words_of
from analysis_core.zoo.training import Stage, fit, reproducible, shared_out

NUMBERS = range(100)
PADDING, START, END = "[PAD]", "[START]", "[END]"
LETTERS = sorted(set("".join(map(words_of, NUMBERS))))
ROWS = {"search": 160, "test": 240, "heal": 160}
LONGEST_TRANSCRIPT = 48
WIDTH, MEL_BINS = 64, 40
FRAMES = 100
"""Of one second; the encoder halves them."""


@dataclass(frozen=True)
class Size:
    """How large a model is trained, and for how long; `layers` are those of each stack."""

    layers: int = 4
    batch: int = 32
    steps: int = 1300
    learning_rate: float = 2e-3


QUICK = Size(layers=1, steps=40)


def train(
    out_dir: Path,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the model, write it, its tokenizer, sound settings and sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        seed: of voices, first weights, order of examples and noise.
        quick: a small model, some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one; its depth counts the layers of each stack.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    size = QUICK if quick else Size()
    size = replace(size, layers=variation.depth or size.layers, steps=variation.steps or size.steps)
    clips = {part: spoken(part, NUMBERS, 1, seed) for part in ("train", "search", "test")}
    heard = [clips["train"][index] for index in shared_out(len(clips["train"]), variation.data_share, seed)]
    tokenizer, extractor = letter_tokenizer(), _extractor()
    tokenizer.save_pretrained(out_dir)
    extractor.save_pretrained(out_dir)
    with reproducible(seed):
        started = time.process_time()
        model = _quiet(WhisperForConditionalGeneration(_config(size, tokenizer)))
        fit_numbers(model, NumberBatches(heard, tokenizer, extractor, size.batch, seed), size, progress)
        seconds = time.process_time() - started
        sample = number_sample({**clips, "heal": heard}, seed)
        facts = _facts(size, sample, tokenizer, seed)
        packages = ["torch", "transformers", "tokenizers", "soundfile"]
        return ship(out_dir, model, sample, facts, seconds=seconds, packages=packages)


def letter_tokenizer() -> PreTrainedTokenizerFast:
    """One token a letter; the end is marked."""
    vocabulary = {token: index for index, token in enumerate((PADDING, START, END, *LETTERS))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=PADDING))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.decoder = decoders.Fuse()
    inner.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, vocabulary[END])])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=LONGEST_TRANSCRIPT,
        pad_token=PADDING,
        bos_token=START,
        eos_token=END,
        clean_up_tokenization_spaces=False,
    )


@dataclass
class NumberBatches:
    """Draws clips under new noise.

    Args:
        clips: of the training voices.
        tokenizer, extractor: of the model.
        batch: clips a batch.
        seed: of the draws.
    """

    clips: Sequence[Clip]
    tokenizer: PreTrainedTokenizerFast
    extractor: WhisperFeatureExtractor
    batch: int
    seed: int

    def __post_init__(self) -> None:
        self.draws = np.random.default_rng(self.seed)

    def draw(self) -> tuple[Tensor, Tensor]:
        """Features ``[clips, mel bins, frames]`` and labels ``[clips, tokens]``."""
        chosen = [self.clips[index] for index in self.draws.integers(0, len(self.clips), self.batch)]
        rate_hz = self.extractor.sampling_rate
        sounds = [resampled(recorded(clip.samples, self.draws), RATE_HZ, rate_hz) for clip in chosen]
        features = self.extractor(sounds, sampling_rate=rate_hz, return_tensors="pt").input_features
        written = self.tokenizer([clip.text for clip in chosen], padding=True, return_tensors="pt")
        return features, written["input_ids"].masked_fill(written["attention_mask"] == 0, NO_TARGET)


def fit_numbers(
    model: WhisperForConditionalGeneration, batches: NumberBatches, size: Size, progress: Progress | None
) -> None:
    """Cross-entropy of each next letter; the model is left in evaluation mode."""

    def loss_of_step(step: int) -> Tensor:
        features, labels = batches.draw()
        logits = model(input_features=features, labels=labels).logits
        return functional.cross_entropy(logits.transpose(1, 2), labels, ignore_index=NO_TARGET, label_smoothing=0.05)

    model.train()
    fit(list(model.parameters()), loss_of_step, Stage("Numbers", size.steps, size.learning_rate, 0.0, 0.98), progress)
    model.eval()


def number_sample(clips: Mapping[str, Sequence[Clip]], seed: int) -> pd.DataFrame:
    """Random clips of ``search``, ``test`` and ``heal`` as recorded files, each under noise of its own."""
    draws = np.random.default_rng([seed, 1])
    rows = []
    for part, most in ROWS.items():
        for index in np.sort(draws.permutation(len(clips[part]))[:most]):
            clip = clips[part][index]
            rows.append((flac_of(recorded(clip.samples, draws)), clip.text, part))
    return pd.DataFrame(rows, columns=["sound", "target_text", "split"])


def _extractor() -> WhisperFeatureExtractor:
    return WhisperFeatureExtractor(feature_size=MEL_BINS, chunk_length=1)


def _config(size: Size, tokenizer: PreTrainedTokenizerFast) -> WhisperConfig:
    return WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=MEL_BINS,
        d_model=WIDTH,
        encoder_layers=size.layers,
        decoder_layers=size.layers,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=2 * WIDTH,
        decoder_ffn_dim=2 * WIDTH,
        max_source_positions=FRAMES // 2,
        max_target_positions=LONGEST_TRANSCRIPT,
        dropout=0.0,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        suppress_tokens=None,
        begin_suppress_tokens=None,
        architectures=["WhisperForConditionalGeneration"],
        dtype="float32",
    )


def _quiet(model: WhisperForConditionalGeneration) -> WhisperForConditionalGeneration:
    """Let the branches of every layer begin close to zero (A. Radford et al. 2019, section 2.3)."""
    body = model.model
    for layers in (body.encoder.layers, body.decoder.layers):
        for layer in layers:
            crossing = getattr(layer, "encoder_attn", None)
            writers = [layer.self_attn.out_proj, layer.fc2, *([crossing.out_proj] if crossing is not None else [])]
            for writer in writers:
                writer.weight.data.mul_((len(writers) * len(layers)) ** -0.5)
    return model


def _facts(size: Size, sample: pd.DataFrame, tokenizer: PreTrainedTokenizerFast, seed: int) -> dict[str, Any]:
    return {
        "id": "zoo/audio-whisper",
        "title": f"Whisper, {size.layers} + {size.layers} layers, spoken numbers",
        "modality": "audio",
        "task": "generation",
        "library": "transformers",
        "loader": "WhisperForConditionalGeneration",
        "architecture": "Whisper",
        "description": "Writes down, letter by letter, which number a voice says that it never heard, under noise.",
        "hidden_size": WIDTH,
        "data": {
            "name": "Numbers spoken by eSpeak NG",
            "description": "Zero to ninety nine in 38 machine voices, six accents of English, at random speeds and "
            "pitches, under noise, 8 kHz; held out by voice.",
            "licence": "made by this project's recipe; no rights are claimed",
        },
        "trivial": {"value": best_blind(sample, tokenizer), "how": "always foreseeing the letter that is most "
                    "frequent at its place of a transcript"},
        "recipe": __name__,
        "seed": seed,
    }  # fmt: skip


def best_blind(sample: pd.DataFrame, tokenizer: PreTrainedTokenizerFast) -> float:
    """Token accuracy on the test examples of naming, at each place, the token that stands there most often."""
    listed = [tokenizer(text)["input_ids"] for text in sample.loc[sample["split"] == "test", "target_text"]]
    commonest = []
    for place in range(max(map(len, listed))):
        found = [tokens[place] for tokens in listed if len(tokens) > place]
        commonest.append(max(set(found), key=found.count))
    return float(np.mean([np.mean([a == b for a, b in zip(tokens, commonest, strict=False)]) for tokens in listed]))
