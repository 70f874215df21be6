"""A torchaudio bundle is read from weights that its owner converted, and never from a pickle."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_sounds
import torch
from safetensors.torch import save_file
from torchaudio import pipelines
from torchaudio.models import wav2vec2_model

from analysis_core.data.examples import ExampleSet
from analysis_core.errors import ModelError, UnknownNameError, UnsafeFileError
from analysis_core.models.audio import AudioModel
from analysis_core.models.libraries import build
from analysis_core.models.loading import load_model

SMALL = {
    "extractor_mode": "layer_norm",
    "extractor_conv_layer_config": [(8, 10, 10), (8, 8, 8)],
    "extractor_conv_bias": True,
    "encoder_embed_dim": 16,
    "encoder_projection_dropout": 0.0,
    "encoder_pos_conv_kernel": 4,
    "encoder_pos_conv_groups": 2,
    "encoder_num_layers": 3,
    "encoder_num_heads": 2,
    "encoder_attention_dropout": 0.0,
    "encoder_ff_interm_features": 24,
    "encoder_ff_interm_dropout": 0.0,
    "encoder_dropout": 0.0,
    "encoder_layer_norm_first": True,
    "encoder_layer_drop": 0.0,
    "aux_num_out": None,
}
"""A bundle like torchaudio's own, of 3 narrow layers."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """torch's folder of downloads, and a bundle small enough to fill it with."""
    small = pipelines.Wav2Vec2Bundle("small.pth", dict(SMALL), _sample_rate=8000, _normalize_waveform=True,
                                     _model_type="Wav2Vec2")  # fmt: skip
    heard = pipelines.Wav2Vec2ASRBundle("heard.pth", SMALL | {"aux_num_out": 4}, _sample_rate=8000,
                                        _normalize_waveform=True, _model_type="Wav2Vec2",
                                        _labels=("|", "a", "b"))  # fmt: skip
    monkeypatch.setattr(pipelines, "SMALL", small, raising=False)
    monkeypatch.setattr(pipelines, "HEARD", heard, raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_a_bundle_loads_from_converted_weights_and_reads_sounds(cache: Path) -> None:
    torch.manual_seed(0)
    original = wav2vec2_model(**SMALL).eval()
    save_file(original.state_dict(), cache / "small.safetensors")
    model = load_model("torchaudio:SMALL", device="cpu")
    assert isinstance(model, AudioModel) and [layer.name for layer in model.layers][-3:] == [
        f"encoder.transformer.layers.{index}" for index in range(3)
    ]
    batches = list(model.batches(ExampleSet(tiny_sounds.frame(), "clips"), 5))
    assert batches[0].padding_mask is not None
    assert batches[0].padding_mask.sum(1).tolist() == [30, 11, 40, 20, 17]
    first = torch.from_numpy(tiny_sounds.tone(200, 0.3))[None]
    with torch.no_grad():
        wanted, _ = original(torch.nn.functional.layer_norm(first, first.shape))
        found = model.forward(batches[0])[0][:1, :30]
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)  # the file holds 16 bits a sample
    again = build(model.config_dict)
    again.load_state_dict(model.module.state_dict())


def test_outputs_that_a_head_never_uses_are_left_out(cache: Path) -> None:
    weights = wav2vec2_model(**(SMALL | {"aux_num_out": 7})).state_dict()
    save_file(weights, cache / "heard.safetensors")
    model = load_model("torchaudio:HEARD", device="cpu")
    torch.testing.assert_close(model.module.aux.weight, weights["aux.weight"][[0, 4, 5, 6]])  # type: ignore[union-attr]


def test_a_pickle_is_refused_with_the_line_that_converts_it(cache: Path) -> None:
    (cache / "wav2vec2_fairseq_base_ls960.pth").write_bytes(b"\x80\x02 never opened")
    with pytest.raises(UnsafeFileError, match="a pickle, which is not read because it could run code") as caught:
        load_model("torchaudio:WAV2VEC2_BASE", device="cpu")
    assert "'wav2vec2_fairseq_base_ls960.safetensors')" in str(caught.value)


def test_without_weights_it_says_where_they_belong_and_what_is_here(cache: Path) -> None:
    with pytest.raises(ModelError, match="not in torch's cache") as caught:
        load_model("torchaudio:WAV2VEC2_BASE", device="cpu")
    assert str(cache) in str(caught.value) and "zoo/audio-whisper" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_of_another_bundle_are_refused(cache: Path) -> None:
    save_file(wav2vec2_model(**(SMALL | {"encoder_num_layers": 2})).state_dict(), cache / "small.safetensors")
    with pytest.raises(ModelError, match="has other weights than its bundle"):
        load_model("torchaudio:SMALL", device="cpu")


def test_a_name_that_torchaudio_does_not_have_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'WAV2VEC2_BASE'"):
        load_model("torchaudio:WAV2VEC_BASE", device="cpu")
