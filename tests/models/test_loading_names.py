"""The many names of a model: zoo, hub, timm, files, modules. No test reaches the network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import tiny_models
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from analysis_core.errors import ModelError, NoLayersError, UnknownNameError, UnsafeFileError
from analysis_core.models import catalog, hub
from analysis_core.models.loading import load_model, universal_model
from analysis_core.vocabulary import ModalityType, TaskType

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache of its own, and no network."""
    folder = tmp_path / "hub-cache"
    folder.mkdir()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def put_into_cache(cache: Path, repository: str, folder: Path) -> None:
    place = cache / f"models--{repository.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    shutil.copytree(folder, place / "snapshots" / COMMIT)


def test_a_model_of_the_zoo_loads_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_models.timm_folder(tmp_path / "tiny-vit")
    card = {
        "id": "zoo/tiny-vit", "title": "Tiny ViT", "modality": "vision", "task": "classification",
        "library": "timm", "loader": "vit", "architecture": "ViT", "layers": 3, "hidden_size": 12,
        "parameters": 1, "description": "", "labels": ["no", "yes", "other"], "baseline": {},
        "trivial": {"value": 0.5, "how": "always yes"},
    }  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(catalog, "zoo_folder", lambda: tmp_path)
    model = load_model("zoo/tiny-vit", device="cpu")
    assert model.name == "zoo/tiny-vit"
    assert model.summary["title"] == "Tiny ViT" and model.summary["labels"] == ["no", "yes", "other"]
    with pytest.raises(UnknownNameError, match="Did you mean 'zoo/tiny-vit'"):
        load_model("zoo/tiny-vti")


def test_a_hub_model_comes_from_the_cache_with_its_commit(cache: Path, tmp_path: Path) -> None:
    put_into_cache(cache, "someone/films", tiny_models.bert_folder(tmp_path / "made"))
    model = load_model("someone/films", device="cpu")
    assert model.name == "someone/films"
    assert model.summary["source"] == "hub" and model.summary["revision"] == COMMIT
    assert len(model.layers) == 3


def test_a_hub_checkpoint_may_carry_other_heads_and_says_so(cache: Path, tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path / "made")
    tensors = dict(load_file(folder / "model.safetensors"))
    save_file(
        tensors | {"cls.seq_relationship.bias": torch.zeros(2)},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(ModelError, match=r"cls\.seq_relationship\.bias"):
        load_model(str(folder), device="cpu")
    put_into_cache(cache, "someone/films", folder)
    model = load_model("someone/films", device="cpu")
    assert model.summary["unused_weights"] == ["cls.seq_relationship.bias"]


def timm_hub_folder(folder: Path) -> Path:
    """The same model as the hub's own folders describe it."""
    tiny_models.timm_folder(folder)
    config = json.loads((folder / "config.json").read_text())
    settings = config["pretrained_cfg"] | {"hf_hub_id": "timm/x", "tag": "augreg"}
    hub_format = {
        "architecture": config["architecture"],
        "num_classes": 3,
        "model_args": config["model_args"],
    }
    (folder / "config.json").write_text(json.dumps(hub_format | {"pretrained_cfg": settings}))
    return folder


@pytest.mark.parametrize("name", ["timm:vit_tiny_patch16_224", "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k"])
def test_a_timm_model_comes_from_the_cache(cache: Path, tmp_path: Path, name: str) -> None:
    folder = timm_hub_folder(tmp_path / "made")
    put_into_cache(cache, "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k", folder)
    model = load_model(name, device="cpu")
    assert len(model.layers) == 3 and model.summary["library"] == "timm"
    torch.testing.assert_close(dict(model.module.state_dict()), load_file(folder / "model.safetensors"))


@pytest.mark.parametrize("name", ["hf-hub:someone/own-vit", "hf_hub:someone/own-vit", "timm:hf-hub:someone/own-vit"])
def test_an_id_as_timm_writes_it_means_the_model_on_the_hub(cache: Path, tmp_path: Path, name: str) -> None:
    put_into_cache(cache, "someone/own-vit", timm_hub_folder(tmp_path / "made"))
    model = load_model(name, device="cpu")
    assert model.summary["source"] == "hub" and model.summary["revision"] == COMMIT and len(model.layers) == 3
    assert len(load_model(f"{name}@{COMMIT}", device="cpu").layers) == 3
    with pytest.raises(ModelError, match="'someone/own-vit' is not in the local cache"):
        load_model(f"{name}@elsewhere", device="cpu")


def test_timm_may_rename_old_weights_but_must_keep_the_classifier(cache: Path, tmp_path: Path) -> None:
    """Weights of a model that was trained on several devices carry a prefix, which timm takes off."""
    folder = timm_hub_folder(tmp_path / "made")
    whole = load_file(folder / "model.safetensors")
    save_file({f"module.{name}": tensor for name, tensor in whole.items()}, folder / "model.safetensors")
    put_into_cache(cache, "someone/old-vit", folder)
    model = load_model("someone/old-vit", device="cpu")
    torch.testing.assert_close(dict(model.module.state_dict()), whole)


def test_an_unknown_timm_model_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean"):
        load_model("timm:vit_tiny_patch16_22")


def test_without_the_hub_the_message_says_what_is_here(cache: Path, tmp_path: Path) -> None:
    put_into_cache(cache, "someone/films", tiny_models.bert_folder(tmp_path / "made"))
    with pytest.raises(ModelError) as caught:
        load_model("google-bert/bert-base-uncased")
    sentence = str(caught.value)
    assert "out of reach" in sentence and "google-bert/bert-base-uncased" in sentence
    assert "someone/films" in sentence and "embedded:" in sentence and "local folder" in sentence
    assert "\n" not in sentence


def test_a_hub_model_with_pickled_weights_only_is_refused(cache: Path, tmp_path: Path) -> None:
    folder = tiny_models.bert_folder(tmp_path / "made")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    put_into_cache(cache, "someone/old", folder)
    with pytest.raises(ModelError, match="no weights as safetensors"):
        load_model("someone/old")


@pytest.mark.parametrize("name", ["two words", "a/b/c", "-x", "..", "x" * 200])
def test_what_is_no_name_is_said(cache: Path, name: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(name)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        load_model(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["model.pt", "model.bin", "model.zip"])
def test_a_pickled_file_is_refused_with_the_line_that_converts(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(UnsafeFileError, match="weights_only=True"):
        load_model(str(tmp_path / name))


def test_a_weight_file_alone_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelError, match="Name the folder"):
        load_model(str(tmp_path / "model.safetensors"))


def test_telemetry_is_off_while_fetching_and_put_back(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def look(repository: str, revision: str | None = None) -> Path:
        seen.append(huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY)
        raise ModelError("enough")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr("analysis_core.models.loading.fetch", look)
    with pytest.raises(ModelError, match="enough"):
        load_model("someone/films")
    assert seen == [True] and huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY is False


def test_a_fetched_folder_knows_its_commit(tmp_path: Path) -> None:
    assert hub.commit_of(tmp_path / "snapshots" / COMMIT) == COMMIT
    assert hub.commit_of(tmp_path / "elsewhere") is None


def test_any_module_is_taken_apart() -> None:
    module = nn.Sequential(*(tiny_models.Residual(4) for _ in range(3)))
    model = universal_model(module, name="mine", task=TaskType.CLASSIFICATION, modality=ModalityType.TABULAR)
    assert [layer.name for layer in model.layers] == ["0", "1", "2"]
    assert not module.training and model.describe()["modality"] == "tabular"


def test_a_module_without_weights_says_what_to_do() -> None:
    with pytest.raises(NoLayersError, match=r"mine: .*no weights.*Hand in a network that learns"):
        universal_model(nn.Sequential(nn.ReLU(), nn.Flatten()), name="mine")


def test_what_is_no_module_is_said() -> None:
    with pytest.raises(ModelError, match=r"'dict' is no torch\.nn\.Module"):
        universal_model({}, name="mine")  # type: ignore[arg-type]
