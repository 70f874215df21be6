"""Cards are read without torch, and unknown names get a proposal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis_core.errors import ModelError, UnknownNameError
from analysis_core.models.catalog import catalog, find_card, local_hub_cache, zoo_folder
from analysis_core.vocabulary import ModalityType, TaskType

CARD: dict[str, Any] = {
    "id": "zoo/text-bert",
    "title": "BERT",
    "modality": "text",
    "task": "classification",
    "library": "transformers",
    "loader": "BertForSequenceClassification",
    "architecture": "BERT",
    "layers": 12,
    "hidden_size": 96,
    "parameters": 1000,
    "description": "Topics.",
    "data": {"name": "docstrings"},
    "labels": ["a", "b"],
    "recipe": "analysis_core.zoo.text_bert",
    "seed": 0,
    "train_seconds": 1.5,
    "baseline": {"accuracy": 0.8, "macro_f1": 0.7, "examples": 10, "split": "test"},
    "trivial": {"value": 0.5, "how": "always yes"},
    "sha256": {},
    "something_new": "is ignored",
}


def zoo(root: Path, **changes: Any) -> Path:
    folder = root / "text-bert"
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(CARD | changes))
    return root


def test_a_card_is_read_whole(tmp_path: Path) -> None:
    (card,) = catalog(zoo(tmp_path))
    assert (card.id, card.layers, card.labels) == ("zoo/text-bert", 12, ("a", "b"))
    assert card.task is TaskType.CLASSIFICATION and card.modality is ModalityType.TEXT
    assert card.sample_path == tmp_path / "text-bert" / "sample.parquet"
    assert json.loads(json.dumps(card.to_dict()))["baseline"]["accuracy"] == 0.8
    assert str(tmp_path) not in json.dumps(card.to_dict())


@pytest.mark.parametrize("name", ["zoo/text-bert", "text-bert"])
def test_a_card_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    assert find_card(name, zoo(tmp_path)).title == "BERT"


def test_an_unknown_name_gets_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'zoo/text-bert'"):
        find_card("zoo/text-brt", zoo(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "zoo/x"}'])
def test_a_damaged_card_is_named(tmp_path: Path, text: str) -> None:
    (zoo(tmp_path) / "text-bert" / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json"):
        catalog(tmp_path)


def test_a_card_that_changes_is_read_again(tmp_path: Path) -> None:
    assert find_card("text-bert", zoo(tmp_path)).title == "BERT"
    (tmp_path / "text-bert" / "card.json").write_text(json.dumps(CARD | {"title": "Another title"}))
    assert find_card("text-bert", tmp_path).title == "Another title"


def test_an_empty_zoo_has_no_cards(tmp_path: Path) -> None:
    assert catalog(tmp_path) == () == catalog(tmp_path / "nowhere")


def test_the_zoo_lies_in_assets() -> None:
    assert zoo_folder().parts[-2:] == ("assets", "zoo")


def test_the_cache_lists_models_with_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in [("models--org--good", "model.safetensors"), ("models--org--old", "pytorch_model.bin")]:
        snapshot = tmp_path / name / "snapshots" / "abc"
        snapshot.mkdir(parents=True)
        (snapshot / file).write_bytes(b"")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert local_hub_cache() == ("org/good",)
    assert local_hub_cache(tmp_path / "nowhere") == ()


def test_the_catalog_brings_in_no_torch() -> None:
    code = (
        "import sys; from analysis_core.models.catalog import catalog, local_hub_cache;"
        "catalog(); local_hub_cache();"
        "sys.exit(bool({'torch', 'transformers', 'timm', 'huggingface_hub'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
