"""A first look at a model's files, held against the module itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import transformers
from torch import nn

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.heads import SERVED, labels_in, purpose_in, tasks_left_open
from analysis_core.models.peek import peek, peek_configuration
from analysis_core.models.stacks import find_blocks
from analysis_core.models.tensor_headers import TensorHeader
from analysis_core.models.tensor_names import parameters_in, stacks_in
from analysis_core.vocabulary import ModalityType, TaskType
from tests.models import tiny_models

NARROW = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_heads": 2}
HUGGING_FACE: dict[str, Any] = {
    "bert": (transformers.BertForSequenceClassification, lambda: tiny_models.bert_config(5)),
    "gpt2": (transformers.GPT2LMHeadModel, lambda: transformers.GPT2Config(n_embd=8, n_head=2, n_layer=3)),
    "t5": (
        transformers.T5ForConditionalGeneration,
        lambda: transformers.T5Config(num_layers=4, num_decoder_layers=3, **NARROW),
    ),
    "clip": (transformers.CLIPModel, transformers.CLIPConfig),
    "wav2vec2": (transformers.Wav2Vec2ForSequenceClassification, transformers.Wav2Vec2Config),
    "segformer": (transformers.SegformerForSemanticSegmentation, transformers.SegformerConfig),
    "yolos": (transformers.YolosForObjectDetection, transformers.YolosConfig),
}
PURPOSES = {
    "bert": (TaskType.CLASSIFICATION, ModalityType.TEXT),
    "gpt2": (TaskType.GENERATION, ModalityType.TEXT),
    "t5": (None, ModalityType.TEXT),
    "clip": (TaskType.RETRIEVAL, ModalityType.MULTIMODAL),
    "wav2vec2": (TaskType.CLASSIFICATION, ModalityType.AUDIO),
    "segformer": (TaskType.SEGMENTATION, ModalityType.VISION),
    "yolos": (TaskType.DETECTION, ModalityType.VISION),
}


def headers(module: nn.Module) -> dict[str, TensorHeader]:
    return {name: TensorHeader("F32", tuple(tensor.shape)) for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("name", list(HUGGING_FACE))
def test_blocks_and_purpose_are_those_of_the_module(name: str) -> None:
    model_class, configure = HUGGING_FACE[name]
    with torch.device("meta"):
        module = model_class(configure())
    assert sum(stacks_in(headers(module)).values()) == len(find_blocks(module))
    config = {**module.config.to_dict(), "architectures": [model_class.__name__]}
    assert purpose_in(config) == PURPOSES[name]


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "resnet18", "convnext_atto", "swin_tiny_patch4_window7_224"])
def test_blocks_of_timm_models_are_found_inside_their_stages(name: str) -> None:
    with torch.device("meta"):
        module = timm.create_model(name)
    assert sum(stacks_in(headers(module)).values()) == len(find_blocks(module))
    assert parameters_in(headers(module)) == sum(weight.numel() for weight in module.parameters())


def test_an_encoder_stands_before_its_decoder() -> None:
    names = {
        f"{part}.block.{index}.w": TensorHeader("F32", (2, 2)) for part in ("decoder", "encoder") for index in "012"
    }
    assert list(stacks_in(names)) == ["encoder.block", "decoder.block"]


def test_small_side_stacks_and_what_does_not_repeat_are_left_out() -> None:
    wide, thin = TensorHeader("F32", (100, 100)), TensorHeader("F32", (3, 3))
    names = {
        "blocks.0.w": wide,
        "blocks.1.w": wide,
        "head.0.w": thin,
        "head.2.w": thin,
        "stem.0.w": wide,
        "norm.w": thin,
    }
    assert stacks_in(names) == {"blocks": 2}
    assert stacks_in({"layer.w": wide}) == {}


def test_a_folder_tells_what_it_is(tmp_path: Path) -> None:
    seen = peek(tiny_models.bert_folder(tmp_path / "a", layers=4))
    assert (seen.library, seen.architecture, seen.model_type) == (
        "transformers",
        "BertForSequenceClassification",
        "bert",
    )
    assert seen.stacks == {"bert.encoder.layer": 4} and seen.layers == 4
    assert seen.labels == tuple(tiny_models.LABELS)
    seen = peek(tiny_models.timm_folder(tmp_path / "b"))
    assert (seen.library, seen.task, seen.modality) == ("timm", TaskType.CLASSIFICATION, ModalityType.VISION)
    assert seen.layers == tiny_models.TIMM_ARGUMENTS["depth"]


def test_what_is_refused_at_loading_is_refused_at_the_first_look(tmp_path: Path) -> None:
    whole = tiny_models.bert_folder(tmp_path / "whole")
    folder = tmp_path / "broken"
    shutil.copytree(whole, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "x--y.Z"}}))
    with pytest.raises(UnsafeFileError, match="auto_map"):
        peek(folder)
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3000}))
    with pytest.raises(ModelError, match="3000 layers"):
        peek(folder)
    (folder / "model.safetensors").write_bytes((whole / "model.safetensors").read_bytes()[:-7])
    with pytest.raises(UnsafeFileError, match="lies outside the file"):
        peek(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"no config\.json"):
        peek(folder)


@pytest.mark.parametrize(
    ("config", "stacks"),
    [
        ({"model_type": "bert", "num_hidden_layers": 12}, {"layers": 12}),
        ({"model_type": "gpt2", "n_layer": 6}, {"layers": 6}),
        ({"model_type": "t5", "num_layers": 6, "num_decoder_layers": 3}, {"encoder": 6, "decoder": 3}),
        ({"model_type": "whisper", "encoder_layers": 4, "decoder_layers": 5, "num_hidden_layers": 4},
         {"encoder": 4, "decoder": 5}),
        ({"model_type": "odd", "num_hidden_layers": "many"}, {}),
    ],
)  # fmt: skip
def test_a_configuration_alone_tells_the_depth(config: dict[str, Any], stacks: dict[str, int]) -> None:
    seen = peek_configuration(config)
    assert seen.stacks == stacks and seen.parameters is None
    assert seen.layers == (sum(stacks.values()) or None)


def test_what_is_open_is_asked_and_nothing_else() -> None:
    seq2seq = tasks_left_open(None, ModalityType.TEXT, "T5ForConditionalGeneration")
    assert [task for _, task in seq2seq] == [TaskType.TRANSLATION, TaskType.SUMMARIZATION, TaskType.GENERATION]
    assert tasks_left_open(TaskType.QA, ModalityType.TEXT) == [(ModalityType.TEXT, TaskType.QA)]
    assert tasks_left_open(None, None) == list(SERVED)
    assert tasks_left_open(TaskType.RETRIEVAL, ModalityType.VISION) == [(ModalityType.VISION, TaskType.RETRIEVAL)]


def test_names_of_classes_are_in_the_order_of_their_numbers() -> None:
    assert labels_in({"id2label": {str(index): f"c{index}" for index in reversed(range(12))}})[10] == "c10"
    assert labels_in({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}) == ()
    assert labels_in({"label_names": ["cat", "dog"]}) == ("cat", "dog")


def test_a_first_look_brings_in_no_torch(tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path / "a")
    script = (
        "import sys; from pathlib import Path; from analysis_core.models.peek import peek; peek(Path(sys.argv[1])); "
        "import analysis_core.data.uploads, analysis_core.data.preview, analysis_core.models.hub; "
        "print([name for name in ('torch', 'transformers', 'timm') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
