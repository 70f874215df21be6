"""An app with a store of its own, without a worker, opened at any address."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from analysis_core.models.catalog import ModelCard
from analysis_core.vocabulary import ModalityType, TaskType
from pages.ui.frame import PAGES
from tests.pages import synthetic

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True, scope="session")
def _packages_are_read_once() -> Iterator[None]:
    """Streamlit's test runner reads what all installed packages say of themselves, for every page that is opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, and nobody who works on its runs."""
    folder = tmp_path / "home"
    monkeypatch.setenv("LAYERWISE_HOME", str(folder))
    monkeypatch.delenv("LAYERWISE_STORE", raising=False)
    monkeypatch.setenv("LAYERWISE_SHOWCASE", str(tmp_path / "none"))
    monkeypatch.setenv("LAYERWISE_AUTOSTART", "0")
    st.cache_resource.clear()
    return folder


@pytest.fixture(autouse=True)
def cards(monkeypatch: pytest.MonkeyPatch) -> tuple[ModelCard, ...]:
    """Three models: one written by an early recipe, one of another modality, one with two stacks and another metric."""
    found = (
        _card("zoo/text-bert", "BERT on docstrings", ModalityType.TEXT),
        _card("zoo/vision-vit", "ViT on digits", ModalityType.VISION),
        replace(
            _card("zoo/text-t5", "T5 on dates", ModalityType.TEXT),
            task=TaskType.TRANSLATION,
            architecture="T5",
            metric="perplexity",
            metric_direction="lower",
            baseline={"perplexity": 3.21, "examples": 400, "split": "test"},
            trivial={"value": 41.0, "how": "always writing the commonest letter"},
            stacks={"encoder.block": 8, "decoder.block": 4},
        ),
    )
    monkeypatch.setattr("analysis_core.models.catalog.catalog", lambda folder=None: found)
    for module in ("choosing.pickers", "live.page"):
        monkeypatch.setattr(f"pages.ui.{module}.catalog", lambda folder=None: found)
    return found


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A result that ships with the app."""
    folder = tmp_path / "showcase"
    folder.mkdir()
    (folder / "analysis.json").write_text(json.dumps(synthetic.report().to_dict()), encoding="utf-8")
    outcomes = [outcome.to_dict() for outcome in synthetic.greedy_path()]
    (folder / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")
    monkeypatch.setenv("LAYERWISE_SHOWCASE", str(folder))
    return folder


@pytest.fixture
def open_page() -> Open:
    """Open a page of the app with these parameters in the address."""

    def opened(page: str, /, **parameters: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if page != "home":
            test.switch_page(str(ROOT / PAGES[page]))
        for name, value in parameters.items():
            test.query_params[name] = value
        return test.run()

    return opened


def _card(name: str, title: str, modality: ModalityType) -> ModelCard:
    return ModelCard(
        id=name,
        title=title,
        modality=modality,
        task=TaskType.CLASSIFICATION,
        library="transformers",
        loader="BertForSequenceClassification",
        architecture="BERT",
        layers=synthetic.LAYERS,
        hidden_size=128,
        parameters=int(str(synthetic.model()["parameters"])),
        description="Twelve blocks, trained on the spot.",
        labels=("a", "b"),
        baseline={"accuracy": 0.71, "macro_f1": 0.7, "examples": 512, "split": "search"},
        trivial={"value": 0.14, "how": "always the same"},
        data={"name": "Docstrings", "licence": "PSF-2.0"},
    )
