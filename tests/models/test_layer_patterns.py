"""Layers that a person names by a pattern."""

from __future__ import annotations

from typing import Any

import pytest
import tiny_models
import torch
import transformers as tf
from torch import nn

from analysis_core import create_analyzer
from analysis_core.errors import ConfigurationError, ModelError
from analysis_core.models.loading import load_model, universal_model
from analysis_core.models.patterns import named_by


def two_stacks() -> nn.Module:
    config = tf.T5Config(
        vocab_size=20, d_model=8, d_kv=4, d_ff=16, num_layers=2, num_decoder_layers=3, num_heads=2,
        decoder_start_token_id=0,
    )  # fmt: skip
    return tf.T5ForConditionalGeneration(config)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("encoder.block.*", ["encoder.block.0", "encoder.block.1"]),
        ("*.block.[0-1]", ["encoder.block.0", "encoder.block.1", "decoder.block.0", "decoder.block.1"]),
        ("decoder.block.?.layer.0", ["decoder.block.0.layer.0", "decoder.block.1.layer.0", "decoder.block.2.layer.0"]),
        (r"re:encoder\.block\.\d+\.layer\.1", ["encoder.block.0.layer.1", "encoder.block.1.layer.1"]),
        ("encoder", ["encoder"]),
        ("encoder*", ["encoder"]),  # the outermost of what matches
    ],
)
def test_globs_and_regular_expressions_name_the_outermost_modules(pattern: str, expected: list[str]) -> None:
    assert list(named_by(pattern, two_stacks())) == expected


def test_lists_that_do_not_run_and_modules_without_weights_are_passed_over() -> None:
    module = nn.ModuleDict({"body": nn.ModuleList([tiny_models.Residual(2), nn.ReLU(), tiny_models.Residual(2)])})
    assert list(named_by("*", module)) == ["body.0", "body.2"]


def test_nothing_matching_shows_some_paths_that_exist() -> None:
    with pytest.raises(
        ModelError, match=r"mine: .*matches 'encoder\.blok\.\*'.*Some paths.*encoder\.block\.0"
    ) as error:
        named_by("encoder.blok.*", two_stacks(), "mine")
    assert error.value.remedy.count(",") == 4


def test_a_broken_expression_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'enc\\(' is no regular expression"):
        named_by("re:enc(", two_stacks())


def test_a_module_of_ones_own() -> None:
    module = nn.Sequential(nn.Linear(3, 4), tiny_models.Residual(4), tiny_models.Residual(4), nn.Linear(4, 2))
    example = torch.zeros(1, 3)
    model = universal_model(module, example=example, layers="[03]")
    assert [(layer.name, layer.removable) for layer in model.layers] == [("0", False), ("3", False)]
    inner = universal_model(module, example=example, layers="*.linear")
    assert [layer.name for layer in inner.layers] == ["1.linear", "2.linear"]
    assert inner.describe()["layer_pattern"] == "*.linear"
    assert all(layer.removable for layer in inner.layers)  # a Linear takes one tensor: nothing can stand there
    with pytest.raises(ModelError, match="No module with weights"):
        inner.name_layers("nowhere")  # type: ignore[attr-defined]
    assert [layer.name for layer in inner.layers] == ["1.linear", "2.linear"]


def test_a_model_by_name_and_the_adapters_setting(tmp_path: Any) -> None:
    folder = tiny_models.bert_folder(tmp_path / "bert")
    pattern = "bert.encoder.layer.*.attention"
    model = load_model(str(folder), layers=pattern)
    assert [layer.name for layer in model.layers] == [f"bert.encoder.layer.{n}.attention" for n in range(3)]
    assert all(layer.why_not != "" for layer in model.layers)
    adapter = create_analyzer(str(folder), layer_pattern=pattern)
    assert adapter.load_model().layers == model.layers
    assert adapter.config.to_dict()["layer_pattern"] == pattern
