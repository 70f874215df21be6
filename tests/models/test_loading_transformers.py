"""Folders in transformers' format: what loads, and every way in which one can be wrong."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
import transformers as tf
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForSequenceClassification,
    BertForSequenceClassification,
    BertModel,
    ViTConfig,
    ViTForImageClassification,
)

from analysis_core.data.batches import Batch
from analysis_core.errors import (
    ConfigurationError,
    ModelError,
    NumericalError,
    UnknownNameError,
    UnsafeFileError,
)
from analysis_core.models.loading import load_model
from analysis_core.models.text import TextModel
from analysis_core.models.vision import VisionModel
from analysis_core.vocabulary import ModalityType, TaskType

IDS = torch.tensor([[2, 7, 4, 6, 3]])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(folder / "model.safetensors"))


def save(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_bert_folder_loads_as_it_was_saved(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path / "my-bert")
    model = load_model(str(folder), device="cpu")
    reference = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    assert isinstance(model, TextModel) and not model.module.training
    assert model.name == "my-bert" and model.task is TaskType.CLASSIFICATION
    assert [layer.name for layer in model.layers] == [f"bert.encoder.layer.{index}" for index in range(3)]
    assert all(layer.removable for layer in model.layers)
    torch.testing.assert_close(model.forward(Batch(IDS, None, 1)).logits, reference(IDS).logits)
    assert model.library == "transformers" and model.config_dict["num_hidden_layers"] == 3
    facts = model.describe()
    assert facts["labels"] == tiny_models.LABELS and facts["source"] == "folder"
    assert facts["architecture"] == "BertForSequenceClassification" and json.dumps(facts)


def test_half_precision_weights_come_in_float32(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    save(folder, {name: tensor.half() for name, tensor in weights(folder).items()})
    tiny_models.change_json(folder / "config.json", dtype="float16")
    model = load_model(str(folder), device="cpu")
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}


def test_weights_in_several_files_load(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    whole = weights(folder)
    BertForSequenceClassification.from_pretrained(folder).save_pretrained(folder, max_shard_size="4KB")
    (folder / "model.safetensors").unlink(missing_ok=True)
    model = load_model(str(folder), device="cpu")
    torch.testing.assert_close(dict(model.module.state_dict()), whole)


def test_a_decoder_loads_for_generation(tmp_path: Path) -> None:
    model = load_model(str(tiny_models.gpt2_folder(tmp_path)), device="cpu")
    assert model.task is TaskType.GENERATION
    assert [layer.name for layer in model.layers] == ["transformer.h.0", "transformer.h.1"]


TIED_DECODER = tf.Qwen2Config(
    vocab_size=16,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=2,
    intermediate_size=16,
    tie_word_embeddings=True,
)
T5 = tf.T5Config(vocab_size=10, d_model=8, d_kv=4, d_ff=16, num_layers=2, num_heads=2, decoder_start_token_id=0)
BART = tf.BartConfig(
    vocab_size=10,
    d_model=8,
    encoder_layers=2,
    decoder_layers=1,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=16,
    decoder_ffn_dim=16,
    max_position_embeddings=32,
    pad_token_id=0,
    bos_token_id=2,
    eos_token_id=3,
    decoder_start_token_id=3,
)


@pytest.mark.parametrize(
    ("model_class", "config", "task", "layers"),
    [
        (tf.Qwen2ForCausalLM, TIED_DECODER, TaskType.GENERATION, 2),
        (tf.T5ForConditionalGeneration, T5, TaskType.TRANSLATION, 4),
        (tf.BartForSequenceClassification, BART, TaskType.CLASSIFICATION, 3),
    ],
)
def test_decoders_and_encoder_decoders_load(
    tmp_path: Path, model_class: Any, config: Any, task: TaskType, layers: int
) -> None:
    saved = model_class(config).eval()
    saved.save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    model = load_model(str(tmp_path), task=task, device="cpu")
    assert len(model.layers) == layers and all(layer.removable for layer in model.layers)
    torch.testing.assert_close(dict(model.module.state_dict()), dict(saved.state_dict()))


def test_a_vit_folder_loads_with_its_picture_settings(tmp_path: Path) -> None:
    config = ViTConfig(
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=16,
        patch_size=8,
    )
    ViTForImageClassification(config).save_pretrained(tmp_path)
    settings = {
        "size": {"height": 16, "width": 16},
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "resample": 2,
    }
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    model = load_model(str(tmp_path), device="cpu")
    assert isinstance(model, VisionModel) and len(model.layers) == 2
    assert model.preprocessing.mean == (0.5, 0.5, 0.5) and not model.preprocessing.keeps_proportions


def test_the_folder_may_be_used_for_what_it_was_not_saved_for_only_if_the_head_is_there(
    tmp_path: Path,
) -> None:
    BertModel(tiny_models.bert_config()).save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"no head for this task: .*classifier.*fine-tuned"):
        load_model(str(tmp_path), task=TaskType.CLASSIFICATION, device="cpu")
    assert load_model(str(tmp_path), device="cpu").task is TaskType.RETRIEVAL


@pytest.mark.parametrize("task", [TaskType.TRANSLATION, TaskType.DETECTION])
def test_a_task_that_the_model_type_does_not_serve_is_refused(tmp_path: Path, task: TaskType) -> None:
    with pytest.raises(ModelError, match=f"'bert' has no class for {task}"):
        load_model(str(tiny_models.bert_folder(tmp_path)), task=task, device="cpu")


def test_3000_layers_over_three_are_refused_before_anything_is_built(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", num_hidden_layers=3000)
    with pytest.raises(ModelError, match="3000 layers"):
        load_model(str(folder), device="cpu")


def test_one_layer_too_many_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", num_hidden_layers=4)
    with pytest.raises(ModelError, match=r"missing: bert\.encoder\.layer\.3"):
        load_model(str(folder), device="cpu")


def test_one_layer_too_few_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", num_hidden_layers=2)
    with pytest.raises(ModelError, match=r"no place in the model: bert\.encoder\.layer\.2"):
        load_model(str(folder), device="cpu")


def test_a_width_that_the_weights_do_not_have_is_refused_without_allocating(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", intermediate_size=2**23)
    with pytest.raises(ModelError, match="has shape"):
        load_model(str(folder), device="cpu")


def test_a_tensor_swapped_for_another_name_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tensors = weights(folder)
    tensors["stranger.bias"] = tensors.pop("classifier.bias")
    save(folder, tensors)
    with pytest.raises(ModelError, match=r"classifier\.bias"):
        load_model(str(folder), device="cpu")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(tmp_path: Path, value: float) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tensors = weights(folder)
    tensors["bert.encoder.layer.1.output.dense.bias"][2] = value
    save(folder, tensors)
    with pytest.raises(NumericalError, match=r"layer\.1\.output\.dense\.bias' holds 1 weights"):
        load_model(str(folder), device="cpu")


def test_a_pickle_named_safetensors_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    (folder / "model.safetensors").write_bytes(pickle.dumps({"weights": [1.0] * 100}))
    with pytest.raises(UnsafeFileError, match="a pickle"):
        load_model(str(folder), device="cpu")


def test_a_folder_with_pickled_weights_only_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(UnsafeFileError, match=r"pytorch_model\.bin.*Convert it"):
        load_model(str(folder), device="cpu")


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-7])
    with pytest.raises(UnsafeFileError, match="cut off"):
        load_model(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"auto_map": {"AutoModelForSequenceClassification": "evil.Model"}}, "run code"),
        ({"attn_implementation": "someone/repo"}, "implementation"),
        ({"_attn_implementation": "someone/repo"}, "implementation"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "refused"),
    ],
)
def test_dangerous_settings_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    tiny_models.change_json(folder / "config.json", **settings)
    with pytest.raises(UnsafeFileError, match=message):
        load_model(str(folder), device="cpu")


def test_a_tokenizer_with_code_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Tokenizer", None]})
    with pytest.raises(UnsafeFileError, match="came with the tokenizer"):
        load_model(str(folder), device="cpu")


def test_a_tokenizer_that_points_to_another_file_is_refused(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "tokenizer_config.json", vocab_file="../../etc/passwd")
    with pytest.raises(UnsafeFileError, match="outside the folder"):
        load_model(str(folder), device="cpu")


def test_a_missing_tokenizer_is_said(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="no tokenizer"):
        load_model(str(folder), device="cpu")


def test_a_damaged_tokenizer_is_said(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    (folder / "tokenizer.json").write_text('{"model": 1}')
    with pytest.raises(ModelError, match="tokenizer that cannot be loaded"):
        load_model(str(folder), device="cpu")


def test_a_tokenizer_of_another_model_is_said(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.tokenizer([*tiny_models.WORDS, "more", "words"]).save_pretrained(folder)
    with pytest.raises(ModelError, match="knows 12 tokens, but the model has embeddings for 10"):
        load_model(str(folder), device="cpu")


def test_an_unknown_model_type_gets_the_nearest_one(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", model_type="roberto")
    with pytest.raises(UnknownNameError, match="Did you mean 'roberta'"):
        load_model(str(folder), device="cpu")


@pytest.mark.parametrize("model_type", [None, 7, ""])
def test_a_configuration_without_a_type_says_so(tmp_path: Path, model_type: Any) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", model_type=model_type)
    with pytest.raises(ModelError, match="names no model type"):
        load_model(str(folder), device="cpu")


def test_settings_that_transformers_refuses_become_one_sentence(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path)
    tiny_models.change_json(folder / "config.json", hidden_size="wide")
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), device="cpu")
    assert "\n" not in str(caught.value)


def test_an_unknown_device_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'warp'"):
        load_model(str(tmp_path), device="warp")


def test_loading_leaves_transformers_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    folder = tiny_models.bert_folder(tmp_path)
    capfd.readouterr()
    load_model(str(folder), device="cpu", modality=ModalityType.TEXT)
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    assert capfd.readouterr() == ("", "")
