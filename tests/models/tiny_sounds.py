"""Small sounds, and small real models that read them, built in milliseconds."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
import torch
from safetensors.torch import save_model
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    HubertConfig,
    HubertForSequenceClassification,
    PreTrainedTokenizerFast,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from analysis_core.models.nets.conformer import ConformerClassifier

RATE_HZ = 8_000
LABELS = ["low", "high", "neither"]
PADDING, START, END = "[PAD]", "[START]", "[END]"
LETTERS = " abcdefghijklmnopqrstuvwxyz"
NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}
SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24}
WAVES = SMALL | NAMED | {
    "conv_dim": (8, 8), "conv_kernel": (10, 8), "conv_stride": (10, 8), "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 8, "apply_spec_augment": False,
}  # fmt: skip


def tone(hertz: float, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def sound(hertz: float = 200.0, seconds: float = 0.3, rate_hz: int = RATE_HZ, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(hertz, seconds, rate_hz), rate_hz, format=kind, subtype="PCM_16")
    return buffer.getvalue()


def frame(**columns: Any) -> pd.DataFrame:
    """Five sounds of different lengths, kinds and rates."""
    sounds = [
        sound(200, 0.30),
        sound(800, 0.11),
        sound(300, 0.40, 16_000),
        sound(900, 0.2, kind="FLAC"),
        sound(250, 0.17),
    ]
    return pd.DataFrame({"sound": sounds, "label": [0, 1, 0, 1, 2]} | columns)


def wav2vec2_folder(folder: Path, **changes: Any) -> Path:
    torch.manual_seed(0)
    config = Wav2Vec2Config(**WAVES, feat_extract_norm="layer", do_stable_layer_norm=True, **changes)
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE_HZ, return_attention_mask=True).save_pretrained(folder)
    return folder


def hubert_folder(folder: Path) -> Path:
    """Its first convolution is normalised over time, and it is never told of padding."""
    torch.manual_seed(0)
    HubertForSequenceClassification(HubertConfig(**WAVES, feat_extract_norm="group")).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE_HZ, return_attention_mask=False).save_pretrained(folder)
    return folder


def ast_folder(folder: Path) -> Path:
    torch.manual_seed(0)
    config = ASTConfig(
        **SMALL, **NAMED, num_mel_bins=32, max_length=48, patch_size=8, frequency_stride=8, time_stride=8
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(num_mel_bins=32, max_length=48).save_pretrained(folder)
    return folder


def letters() -> PreTrainedTokenizerFast:
    """One token a letter; it marks the start too, as Whisper's own tokenizer does."""
    vocabulary = {token: index for index, token in enumerate((PADDING, START, END, *LETTERS))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=PADDING))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.decoder = decoders.Fuse()
    marks = [(START, vocabulary[START]), (END, vocabulary[END])]
    inner.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=marks)
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token=PADDING, bos_token=START, eos_token=END)


def whisper_folder(folder: Path) -> Path:
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=30, num_mel_bins=16, d_model=16, encoder_layers=2, decoder_layers=3, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_source_positions=50,
        max_target_positions=16, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
        suppress_tokens=None, begin_suppress_tokens=None, init_std=0.3,
    )  # fmt: skip
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=16, chunk_length=1).save_pretrained(folder)
    letters().save_pretrained(folder)
    return folder


def conformer_folder(folder: Path) -> Path:
    torch.manual_seed(0)
    arguments = {"classes": 3, "width": 8, "depth": 3, "heads": 2, "feed_forward": 12, "kernel": 5, "bands": 16}
    folder.mkdir(parents=True, exist_ok=True)
    save_model(ConformerClassifier(**arguments), str(folder / "model.safetensors"))
    config = {
        "library": "nets", "architecture": "ConformerClassifier", "model_args": arguments, "labels": LABELS,
        "task": "classification", "modality": "audio", "sampling_rate": RATE_HZ,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return folder
