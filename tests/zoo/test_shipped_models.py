"""The embedded models are what their cards say: they load, repeat their baseline, keep to the limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from analysis_core.zoo import RECIPES, text_bert, vision_vit
from analysis_core.zoo.card import CARD, CONFIG, SAMPLE, SPLITS, WEIGHTS, read_json, sha256

ASSETS = Path(__file__).parents[2] / "assets" / "zoo"
MODULES = {"text-bert": text_bert, "vision-vit": vision_vit}
MAX_BYTES = 4_000_000
MIN_ROWS = {"search": 350, "test": 500, "heal": 500}


@pytest.fixture(params=sorted(RECIPES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(name: str) -> Path:
    return ASSETS / name


def test_weights_are_small(folder: Path) -> None:
    assert (folder / WEIGHTS).stat().st_size < MAX_BYTES
    assert sum(file.stat().st_size for file in folder.iterdir()) < MAX_BYTES


def test_no_weights_are_nan_or_infinite(folder: Path) -> None:
    with safe_open(folder / WEIGHTS, framework="pt") as weights:
        assert all(weights.get_tensor(key).isfinite().all() for key in weights.keys())  # noqa: SIM118 (not a dict: it cannot be iterated)


def test_checksums_are_those_of_the_card(folder: Path) -> None:
    expected = read_json(folder / CARD)["sha256"]
    assert expected == {file: sha256(folder / file) for file in (WEIGHTS, SAMPLE)}


def test_card_names_the_model_and_its_recipe(name: str, folder: Path) -> None:
    card = read_json(folder / CARD)
    assert card["id"] == f"zoo/{name}"
    assert card["recipe"] == RECIPES[name]
    assert card["layers"] == 12
    assert card["parameters"] == sum(tensor.numel() for tensor in load_file(folder / WEIGHTS).values())


def test_baseline_is_repeated_exactly(name: str, folder: Path) -> None:
    module = MODULES[name]
    labels, predictions = module.predict(module.load(folder), folder, "test")
    baseline = read_json(folder / CARD)["baseline"]
    assert baseline["examples"] == len(labels)
    assert baseline["accuracy"] == pytest.approx(np.mean(labels == predictions), abs=1e-12)


def test_baseline_is_far_above_the_majority_class(folder: Path) -> None:
    card = read_json(folder / CARD)
    assert card["majority_class_share"] + 0.4 < card["baseline"]["accuracy"] < 1.0


def test_sample_has_its_columns_and_rows(name: str, folder: Path) -> None:
    rows = pd.read_parquet(folder / SAMPLE)
    assert list(rows.columns) == ["text" if name == "text-bert" else "image", "label", "split"]
    assert rows["label"].dtype == np.int64
    counts = rows["split"].value_counts()
    assert set(counts.index) == set(SPLITS)
    assert all(counts[split] >= least for split, least in MIN_ROWS.items())
    assert set(rows["label"]) == set(range(len(read_json(folder / CARD)["labels"])))


def test_splits_share_no_example(folder: Path) -> None:
    content = pd.read_parquet(folder / SAMPLE).iloc[:, 0]
    assert not content.duplicated().any()


def test_bert_loads_by_the_library_alone() -> None:
    folder = ASSETS / "text-bert"
    model, report = AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert model.dtype == torch.float32
    assert model.config.num_hidden_layers == len(model.bert.encoder.layer) == 12
    labels = AutoConfig.from_pretrained(folder, local_files_only=True).id2label
    assert [labels[number] for number in range(len(labels))] == read_json(folder / CARD)["labels"]
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    encoded = tokenizer(["Send the request and wait for the reply."], return_tensors="pt")
    assert model(**encoded).logits.shape == (1, len(labels))
    assert len(tokenizer) == model.config.vocab_size


def test_vit_loads_by_the_library_alone() -> None:
    config = read_json(ASSETS / "vision-vit" / CONFIG)
    model = timm.create_model(config["architecture"], **config["model_args"])
    model.load_state_dict(load_file(ASSETS / "vision-vit" / WEIGHTS))
    assert len(model.blocks) == 12
    picture = torch.zeros(1, *config["pretrained_cfg"]["input_size"])
    assert model.eval()(picture).shape == (1, len(config["labels"]))


class Skipped(nn.Module):
    """A residual block without its contribution: output = input."""

    def forward(self, hidden: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return hidden


def test_layers_matter_and_differ(name: str, folder: Path) -> None:
    """Some blocks cost little and some more, and three together are dear; else there were nothing to analyse."""
    module = MODULES[name]
    model = module.load(folder)
    blocks = model.bert.encoder.layer if name == "text-bert" else model.blocks
    labels, predictions = module.predict(model, folder, "search")
    whole = np.mean(labels == predictions)

    def lost_without(numbers: list[int]) -> float:
        kept = {number: blocks[number] for number in numbers}
        for number in numbers:
            blocks[number] = Skipped()
        labels, predictions = module.predict(model, folder, "search")
        for number, block in kept.items():
            blocks[number] = block
        return float(whole - np.mean(labels == predictions))

    singles = [lost_without([number]) for number in range(len(blocks))]
    dearest = sorted(range(len(blocks)), key=lambda number: -singles[number])[:3]
    assert min(singles) < 0.02
    assert max(singles) - min(singles) > 0.02
    assert lost_without(dearest) > 0.05
