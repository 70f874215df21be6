"""From folders of sounds to scores: people's own recordings on models that were saved by others."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny_sounds
import torch
from safetensors.torch import save_model
from torchaudio.models import Conformer
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from analysis_core.data.examples import ExampleSet
from analysis_core.data.loading import load_examples
from analysis_core.errors import DataError, ModelError
from analysis_core.models.audio import AudioModel
from analysis_core.models.loading import load_model
from analysis_core.models.plain import ModuleModel
from analysis_core.models.reading import ReadingModel


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> ReadingModel:
    model = load_model(str(tiny_sounds.wav2vec2_folder(tmp_path_factory.mktemp("model"))), device="cpu")
    assert isinstance(model, ReadingModel)
    return model


def recordings(folder: Path, names: list[str]) -> Path:
    """Ten sounds of different lengths in a folder for each class."""
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for take in range(10):
            encoded = tiny_sounds.sound(200 + 300 * number, 0.1 + take / 50, kind="FLAC")
            (folder / name / f"{take}.flac").write_bytes(encoded)
    return folder


def test_a_folder_a_class_is_read_by_the_models_own_classes(wav2vec2: ReadingModel, tmp_path: Path) -> None:
    examples = load_examples(wav2vec2, recordings(tmp_path / "mine", ["high", "low"]))
    assert set(examples.splits) == {"search", "test", "heal"}
    batch = next(iter(wav2vec2.batches(examples, 20)))
    assert batch.targets is not None and set(batch.targets.tolist()) == {0, 1}
    with torch.no_grad():
        assert wav2vec2.forward(batch).logits.shape == (20, 3)


def test_a_class_that_the_model_does_not_have_is_named(wav2vec2: ReadingModel, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="middle"):
        load_examples(wav2vec2, recordings(tmp_path / "mine", ["low", "middle"]))


def test_transcribed_sounds_are_read_by_a_model_that_writes(tmp_path: Path) -> None:
    whisper = load_model(str(tiny_sounds.whisper_folder(tmp_path / "whisper")), device="cpu")
    assert isinstance(whisper, AudioModel)
    folder = recordings(tmp_path / "mine", ["a"])
    lines = [f"a/{take}.flac\t{'so high' if take % 2 else 'low'}" for take in range(10)]
    (folder / "transcripts.tsv").write_text("\n".join(lines))
    batch = next(iter(whisper.batches(load_examples(whisper, folder), 10)))
    assert batch.targets is not None and batch.targets.shape == (10, len("so high") + 1)
    assert batch.mask_of("model.encoder.layers.0") is None
    decoder_mask = batch.mask_of("model.decoder.layers.0")
    assert decoder_mask is not None and sorted(decoder_mask.sum(1).tolist()) == [4] * 5 + [8] * 5


def test_stereo_is_heard_as_the_mean_of_both_sides(wav2vec2: ReadingModel) -> None:
    left = tiny_sounds.tone(300, 0.2)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([left, np.zeros_like(left)], 1), 8000, format="WAV")
    mono = io.BytesIO()
    soundfile.write(mono, left / 2, 8000, format="WAV")
    frame = tiny_sounds.frame(sound=[buffer.getvalue(), mono.getvalue()] + [tiny_sounds.sound()] * 3)
    batch = next(iter(wav2vec2.batches(ExampleSet(frame, "clips"), 5)))
    assert isinstance(batch.inputs, dict)
    torch.testing.assert_close(*batch.inputs["input_values"][:2], rtol=1e-2, atol=1e-2)


def test_a_model_that_writes_frame_by_frame_says_what_is_read_instead(tmp_path: Path) -> None:
    Wav2Vec2ForCTC(Wav2Vec2Config(**tiny_sounds.WAVES, vocab_size=30)).save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(tmp_path)
    tiny_sounds.letters().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="'Wav2Vec2ForCTC' has no decoder that writes transcripts"):
        load_model(str(tmp_path), device="cpu")


def test_a_network_that_takes_features_is_loaded_for_those_who_have_some(tmp_path: Path) -> None:
    arguments = {
        "input_dim": 8, "num_heads": 2, "ffn_dim": 12, "num_layers": 3, "depthwise_conv_kernel_size": 3,
    }  # fmt: skip
    save_model(Conformer(**arguments), str(tmp_path / "model.safetensors"))
    config = {
        "library": "torchaudio", "architecture": "Conformer", "model_args": arguments,
        "task": "classification", "modality": "audio",
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    model = load_model(str(tmp_path), device="cpu")
    assert type(model) is ModuleModel and [layer.name for layer in model.layers] == [
        f"conformer_layers.{index}" for index in range(3)
    ]
