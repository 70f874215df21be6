"""The gate: a fresh process loads the export without this project and computes the same, or it says no."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from analysis_core.compression.exporting import reload, reload_child
from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_difference, reload_equal
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import ExportError
from analysis_core.models.loading import load_model
from tests.compression import models
from tests.compression.models import TinyModel, inputs_for


def exported(model: TinyModel, removed: list[int], folder: Path) -> tuple[Any, Path, Batch]:
    twin = compressed_model(model, remove_layers(model, removed), removed)
    inputs: Any = inputs_for(model)
    batch = Batch(inputs.get("x", inputs), None, 3)
    return twin, export(twin, folder / "out", plan=plan_from_removed(model.layers, removed)), batch


def test_a_decoder_comes_back_equal_and_generates_with_its_cache(tmp_path: Path) -> None:
    twin, folder, batch = exported(models.llama(), [1, 2], tmp_path)
    twin.module.train()
    switched = Batch({**batch.inputs, "use_cache": False}, None, 3)  # type: ignore[dict-item]
    assert reload_equal(twin, folder, switched)
    assert twin.module.training


def test_an_encoder_decoder_comes_back_equal_and_generates_with_its_cache(tmp_path: Path) -> None:
    model = models.t5()
    removed = [layer.index for layer in model.layers if layer.name.endswith(".1")]
    twin, folder, batch = exported(model, removed, tmp_path)
    assert reload_equal(twin, folder, Batch({**batch.inputs, "use_cache": False}, None, 3))  # type: ignore[dict-item]
    loaded, tokens = reload_child.load(folder).eval(), inputs_for(model)["input_ids"]
    plain, cached, before = (
        net.generate(tokens, use_cache=use_cache, max_new_tokens=6, do_sample=False)
        for net, use_cache in ((loaded, False), (loaded, True), (twin.module, True))
    )
    assert plain.shape[1] > 2 and torch.equal(plain, cached) and torch.equal(cached, before)


def test_a_network_of_our_own_comes_back_equal_with_its_source(tmp_path: Path) -> None:
    model = load_model("zoo/rl-cartpole-policy", device="cpu")
    removed = [next(layer.index for layer in model.layers[1:-1] if layer.removable)]
    twin = compressed_model(model, remove_layers(model, removed), removed)
    folder = export(twin, tmp_path / "out", plan=plan_from_removed(model.layers, removed))
    assert (folder / "net.py").exists()
    assert reload_equal(twin, folder, Batch(torch.randn(3, 16, 4), None, 3))


def test_changed_weights_are_noticed(tmp_path: Path) -> None:
    twin, folder, batch = exported(models.bert(), [1], tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] + 1e-3
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert reload_difference(twin, folder, batch) == pytest.approx(1e-3, rel=1e-3)


def test_the_original_configuration_is_refused(tmp_path: Path) -> None:
    """Otherwise the library would fill the missing layer with random numbers and say little."""
    _, folder, _ = exported(models.bert(), [1], tmp_path)
    assert reload_child.load(folder).config.num_hidden_layers == 3
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 4}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"do not fit.*encoder\.layer\.3"):
        reload_child.load(folder)


def test_a_timm_model_comes_back_equal_and_a_script_that_needs_this_project_is_refused(
    tmp_path: Path,
) -> None:
    twin, folder, batch = exported(models.vit(), [0, 3], tmp_path)
    assert reload_equal(twin, folder, batch)
    script = (folder / "load.py").read_text(encoding="utf-8")
    (folder / "load.py").write_text("import analysis_core.results\n" + script, encoding="utf-8")
    with pytest.raises(ExportError, match=r"asks for analysis_core"):
        reload_equal(twin, folder, batch)


def test_the_code_of_a_plain_module_is_not_known_elsewhere(tmp_path: Path) -> None:
    twin, folder, batch = exported(models.plain(), [1], tmp_path)
    assert reload_equal(twin, folder, batch) is None


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    twin, folder, batch = exported(models.vit(), [1], tmp_path)
    with pytest.raises(ExportError, match=r"not loaded within 0\.05 seconds"):
        reload_equal(twin, folder, batch, timeout_seconds=0.05)


def test_outputs_are_named_by_their_place() -> None:
    a, b = torch.zeros(1), torch.ones(2)
    flat = reload_child.flatten_outputs({"logits": a, "past": (b, None, [a])})
    assert list(flat) == ["logits", "past.0", "past.2.0"]
    assert list(reload_child.flatten_outputs(a)) == [""]


def test_a_cache_that_changes_the_tokens_is_noticed() -> None:
    class Forgetful:
        def generate(self, tokens: torch.Tensor, *, use_cache: bool, **_: Any) -> torch.Tensor:
            return tokens + int(use_cache)

    with pytest.raises(ValueError, match="key-value cache"):
        reload_child.check_cache(Forgetful(), torch.zeros(1, 2, dtype=torch.long))


def test_a_model_that_needs_more_than_tokens_has_no_cache_to_compare() -> None:
    class Captioner:
        def generate(self, *_: Any, **__: Any) -> torch.Tensor:
            raise KeyError("pixel_values")

    reload_child.check_cache(Captioner(), torch.zeros(1, 2, dtype=torch.long))


def test_a_decoder_without_a_first_token_starts_with_the_first_word() -> None:
    def model(start: int | None, *, is_encoder_decoder: bool) -> Any:
        settings = SimpleNamespace(decoder_start_token_id=start, bos_token_id=None)
        return SimpleNamespace(
            config=SimpleNamespace(is_encoder_decoder=is_encoder_decoder), generation_config=settings
        )

    assert reload_child.start_token(model(None, is_encoder_decoder=True)) == {"decoder_start_token_id": 0}
    assert reload_child.start_token(model(3, is_encoder_decoder=True)) == {}
    assert reload_child.start_token(model(None, is_encoder_decoder=False)) == {}


def test_parts_of_larger_models_are_found_in_their_modules() -> None:
    import transformers

    assert reload_child.class_of("BertModel", "bert") is transformers.BertModel
    assert not hasattr(transformers, "DiaEncoder")
    assert reload_child.class_of("DiaEncoder", "dia_encoder").__name__ == "DiaEncoder"
    with pytest.raises(ImportError, match="NoSuchModel"):
        reload_child.class_of("NoSuchModel", "bert")


class Draws(torch.nn.Module):
    """Adds random numbers, in evaluation mode too."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.randn(x.shape)


def test_models_that_draw_random_numbers_draw_the_same_here_and_there(tmp_path: Path) -> None:
    model: Any = SimpleNamespace(module=Draws(), device="cpu", arguments=lambda batch: batch.inputs)
    batch = Batch(torch.zeros(2, 3), None, 2)
    before = torch.random.get_rng_state()
    here = reload._outputs(model, batch)
    assert torch.equal(torch.random.get_rng_state(), before)
    reload._write_inputs(model, batch, tmp_path)
    with torch.random.fork_rng():
        there = reload_child.run(model.module, tmp_path)
    assert torch.equal(here[""], there[""]) and bool(here[""].any())
