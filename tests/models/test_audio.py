"""Sounds become the numbers that a model was trained on, whatever stands beside them in a batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import tiny_sounds
import torch
from transformers import GenerationConfig

from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError, LayerwiseError, ModelError, UnsafeFileError
from analysis_core.models.audio import AudioModel
from analysis_core.models.loading import load_model
from analysis_core.models.transcripts import decoder_tokens
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.vocabulary import ModalityType, TaskType

FOLDERS: dict[str, Callable[[Path], Path]] = {
    "wav2vec2": tiny_sounds.wav2vec2_folder,
    "hubert": tiny_sounds.hubert_folder,
    "ast": tiny_sounds.ast_folder,
    "whisper": tiny_sounds.whisper_folder,
    "conformer": tiny_sounds.conformer_folder,
}
WORDS = ["low", "high", "low low", "so high", "no"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AudioModel]:
    root = tmp_path_factory.mktemp("sounds")
    found = {name: load_model(str(make(root / name)), device="cpu") for name, make in FOLDERS.items()}
    assert all(isinstance(model, AudioModel) for model in found.values())
    return found  # type: ignore[return-value]  # checked in the line above


def examples(**columns: object) -> ExampleSet:
    return ExampleSet(tiny_sounds.frame(target_text=WORDS, **columns), "clips")


def given(batch: Batch) -> dict[str, Any]:
    assert isinstance(batch.inputs, dict)
    return batch.inputs


def outputs(model: AudioModel, batch_size: int) -> list[torch.Tensor]:
    """Each example's logits, at real places only."""
    rows = []
    for batch in model.batches(examples(), batch_size):
        with torch.no_grad():
            found = model.forward(batch)
        logits = found if isinstance(found, torch.Tensor) else found.logits
        mask = batch.stack_masks.get("decoder")
        lengths = mask.sum(1).tolist() if mask is not None else [logits.shape[1]] * batch.size
        rows += [row[:length] for row, length in zip(logits, lengths, strict=True)]
    return rows


@pytest.mark.parametrize("name", FOLDERS)
def test_a_sound_means_the_same_beside_longer_ones_and_alone(models: dict[str, AudioModel], name: str) -> None:
    for alone, beside in zip(outputs(models[name], 1), outputs(models[name], 5), strict=True):
        torch.testing.assert_close(alone, beside, rtol=1e-4, atol=1e-5)


def test_layers_masks_and_targets_are_those_of_the_model(models: dict[str, AudioModel]) -> None:
    batch = next(iter(models["wav2vec2"].batches(examples(), 5)))
    assert batch.targets is not None and batch.targets.tolist() == [0, 1, 0, 1, 2]
    assert batch.padding_mask is not None
    # 10 samples a step of 10, then 8 such frames a step of 8: 0.3 s are 2400 samples, 240 frames, 30 frames.
    assert batch.padding_mask.sum(1).tolist() == [30, 11, 40, 20, 17]
    conformer = next(iter(models["conformer"].batches(examples(), 5)))
    # (samples - 256) // 128 + 1
    assert conformer.padding_mask is not None and conformer.padding_mask.sum(1).tolist() == [17, 5, 24, 11, 9]
    hidden = models["conformer"].get_layer_output(conformer, 0)
    assert hidden.shape[:2] == conformer.padding_mask.T.shape
    assert [layer.stack for layer in models["whisper"].layers] == ["model.encoder.layers"] * 2 + [
        "model.decoder.layers"
    ] * 3


def test_sounds_come_at_the_models_rate(models: dict[str, AudioModel]) -> None:
    batch = next(iter(models["conformer"].batches(examples(), 5)))
    assert given(batch)["lengths"].tolist() == [2400, 880, 3200, 1600, 1360]
    # The third was recorded at 16 kHz: it is the tone that 8 kHz would have held, away from its ends.
    slow = given(batch)["sounds"][2, 100:3100].numpy()
    np.testing.assert_allclose(slow, tiny_sounds.tone(300, 0.4)[100:3100], atol=2e-3)


def test_transcripts_are_shifted_for_the_decoder_and_end() -> None:
    config = type("Config", (), {"decoder_start_token_id": 1, "pad_token_id": 0, "max_target_positions": 5})()
    read, written, real = decoder_tokens(["ab", "cab"], ["x", "y"], tiny_sounds.letters(), config)
    assert written.tolist() == [[4, 5, 2, NO_TARGET], [6, 4, 5, 2]]
    assert read.tolist() == [[1, 4, 5, 2], [1, 6, 4, 5]]
    assert real.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    with pytest.raises(DataError, match=r"y: .*takes 6 tokens; the model writes at most 5"):
        decoder_tokens(["ab", "abcab"], ["x", "y"], tiny_sounds.letters(), config)


def test_a_smaller_whisper_writes_the_same_with_and_without_its_cache(models: dict[str, AudioModel]) -> None:
    whisper = models["whisper"]
    smaller = compressed_model(whisper, remove_layers(whisper, [1, 3]), [1, 3])
    assert [layer.name for layer in smaller.layers] == [
        "model.encoder.layers.0", "model.decoder.layers.0", "model.decoder.layers.1"
    ]  # fmt: skip
    batch = next(iter(whisper.batches(examples(), 5)))
    task = task_for(TaskType.GENERATION, ModalityType.AUDIO)
    assert set(task.final_metrics(smaller, [batch])) == {"word_error_rate", "character_error_rate"}
    features = given(batch)["input_features"]
    module: Any = smaller.module
    tokens = torch.full((5, 1), 1)
    with torch.no_grad():
        for _ in range(6):  # the slow way: everything is computed anew for each token
            logits = module(input_features=features, decoder_input_ids=tokens, use_cache=False).logits
            tokens = torch.cat([tokens, logits[:, -1:].argmax(-1)], 1)
        settings = GenerationConfig(max_new_tokens=6, do_sample=False, eos_token_id=None, decoder_start_token_id=1)
        fast = module.generate(input_features=features, generation_config=settings)
    assert fast[:, -6:].tolist() == tokens[:, -6:].tolist()


BAD_SOUNDS = {
    "a picture": (tiny_models.png(3), "it is a PNG picture"),
    "cut off": (tiny_sounds.sound()[:1000], "damaged or cut off"),
    "of 0 bytes": (b"", "is empty"),
    "too slow": (tiny_sounds.sound(20, 0.5, 500), "500 samples in a second; at most 8 and 1,000 to 192,000"),
    "too short": (tiny_sounds.sound(seconds=0.001), "too short for the model"),
    "too long": (tiny_sounds.sound(seconds=1.5), r"lasts 1.50 seconds; the model reads at most 1\b"),
}


@pytest.mark.parametrize("what", BAD_SOUNDS)
def test_a_bad_sound_is_named(models: dict[str, AudioModel], what: str) -> None:
    encoded, reason = BAD_SOUNDS[what]
    frame = tiny_sounds.frame(target_text=WORDS)
    frame.at[3, "sound"] = encoded
    model = models["whisper" if what == "too long" else "wav2vec2"]
    with pytest.raises(DataError, match=reason) as caught:
        list(model.batches(ExampleSet(frame, "clips"), 2))
    assert "clips, sound 3" in str(caught.value) and "\n" not in str(caught.value)


def test_other_models_name_their_limits(models: dict[str, AudioModel]) -> None:
    long = ExampleSet(tiny_sounds.frame(sound=[tiny_sounds.sound(seconds=0.6)] * 5), "clips")
    with pytest.raises(DataError, match=r"lasts 0.60 seconds; the model reads at most 0.48"):
        list(models["ast"].batches(long, 2))


@pytest.mark.parametrize("text", ["", "  ", None])
def test_an_empty_transcript_is_named(models: dict[str, AudioModel], text: str | None) -> None:
    bad = ExampleSet(tiny_sounds.frame(target_text=["low", "high", text, "low", "low"]), "clips")
    with pytest.raises(DataError, match=r"clips, sound 2: The transcript is empty"):
        list(models["whisper"].batches(bad, 2))


def test_a_label_that_the_model_does_not_have_is_named(models: dict[str, AudioModel]) -> None:
    model = models["ast"]
    batch = next(iter(model.batches(examples(label=[0, 1, 2, 3, 0]), 5)))
    with pytest.raises(DataError, match="Example 3 has label 3, but the model knows the 3 classes 0 to 2"):
        task_for(TaskType.CLASSIFICATION).losses(model.forward(batch), batch)


def test_data_without_sounds_is_refused(models: dict[str, AudioModel]) -> None:
    with pytest.raises(DataError, match="reads a column 'target_text'"):
        list(models["whisper"].batches(ExampleSet(tiny_sounds.frame(), "clips"), 2))


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"auto_map": {"AutoFeatureExtractor": "theirs.Theirs"}}, UnsafeFileError, "asks to run code"),
        ({"sampling_rate": 10**9}, ModelError, "'sampling_rate' is 1000000000; it must lie between 1 and 192,000"),
        ({"sampling_rate": "fast"}, ModelError, "'sampling_rate' is 'fast'"),
        ({"feature_extractor_type": "ViTFeatureExtractor"}, ModelError, "sound settings that cannot be used"),
    ],
)
def test_sound_settings_that_make_no_sense_are_refused(
    tmp_path: Path, changes: dict[str, object], error: type[LayerwiseError], reason: str
) -> None:
    folder = tiny_sounds.wav2vec2_folder(tmp_path / "bad")
    tiny_models.change_json(folder / "preprocessor_config.json", **changes)
    with pytest.raises(error, match=reason):
        load_model(str(folder), device="cpu")


def test_a_folder_without_sound_settings_or_tokenizer_says_so(tmp_path: Path) -> None:
    folder = tiny_sounds.wav2vec2_folder(tmp_path / "plain")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"no preprocessor_config.json"):
        load_model(str(folder), device="cpu")
    silent = tiny_sounds.whisper_folder(tmp_path / "silent")
    (silent / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="holds no tokenizer"):
        load_model(str(silent), device="cpu")
