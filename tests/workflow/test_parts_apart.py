"""What chooses layers, what heals and what measures share no example, in what is shipped and in data of one's own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL.Image import Image

from analysis_core.config import CompressionConfig
from analysis_core.data.digests import digest_of
from analysis_core.data.examples import ExampleSet
from analysis_core.data.loading import load_examples
from analysis_core.data.splitting import SPLITS, content_bytes
from analysis_core.errors import DataError
from analysis_core.models.catalog import catalog
from analysis_core.models.loading import load_model
from analysis_core.workflow import compression as workflow
from analysis_core.workflow.examples import HEAL, SEARCH, TEST, prepare

CARDS = {card.id: card for card in catalog()}
JUDGED_BY = {"label", "target", "split"}
"""Columns that are no input: the same picture with another label is the same picture."""


def keys(examples: ExampleSet, split: str) -> list[bytes]:
    """A digest of what a model reads of each example of a part."""
    part = examples.split(split)
    columns = [part.column(name) for name in part.columns if name not in JUDGED_BY]
    return [digest_of([plain(item) for item in row]) for row in zip(*columns, strict=True)]


def plain(item: Any) -> Any:
    return content_bytes(item) if isinstance(item, Image) else item


def shared(examples: ExampleSet) -> int:
    parts: Iterable[set[bytes]] = [set(keys(examples, split)) for split in (SEARCH, TEST, HEAL)]
    return sum(len(one & other) for one, other in combinations(parts, 2))


@pytest.mark.parametrize("name", CARDS)
def test_the_parts_of_a_shipped_sample_share_nothing(name: str) -> None:
    examples = load_examples(CARDS[name])
    assert set(examples.splits) == set(SPLITS) and shared(examples) == 0


@pytest.fixture
def own_texts(tmp_path: Path) -> Path:
    """300 texts, every third of them twice: once more as it is, or in other letters and with more spaces."""
    path = tmp_path / "own.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        for number in range(300):
            text, label = f"The number {number} is of kind {number % 3}.", CARDS["zoo/text-bert"].labels[number % 3]
            table.writerow([text, label])
            if number % 3 == 0:
                table.writerow([text if number % 2 else text.upper().replace(" ", "  "), label])
    return path


def test_the_parts_of_own_data_share_nothing_though_it_repeats_itself(own_texts: Path) -> None:
    examples = load_examples(CARDS["zoo/text-bert"], own_texts)
    places: dict[str, set[str]] = {}
    for split in SPLITS:
        for text in examples.split(split).column("text"):
            places.setdefault(" ".join(text.split()).casefold(), set()).add(split)
    assert len(places) == 300 and sum(examples.splits.values()) == 400
    assert all(len(parts) == 1 for parts in places.values())


def test_the_batches_of_a_run_share_nothing_whatever_its_seed(own_texts: Path) -> None:
    model = load_model("zoo/text-bert", device="cpu")
    examples = load_examples(model, own_texts)
    for seed in (0, 7):
        parts = [prepare(model, examples, split, 32, 40, seed).batches for split in (SEARCH, HEAL, TEST)]
        rows = [{str(row[row != 0].tolist()) for batch in part for row in batch.inputs["input_ids"]} for part in parts]
        assert all(rows) and not any(one & other for one, other in combinations(rows, 2))


def test_a_run_whose_parts_overlap_is_refused(own_texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = load_examples(CARDS["zoo/text-bert"], own_texts)
    overlapping = replace(examples, frame=examples.frame.assign(text="The same words everywhere.", label=0))
    monkeypatch.setattr(workflow, "configured_examples", lambda *_: overlapping)
    config = CompressionConfig("zoo/text-bert", remove=(3,), heal="lora", heal_seconds=1, max_samples=16, device="cpu")
    with pytest.raises(DataError, match=r"among the (test|search) examples too\. Heal with examples that neither"):
        workflow.compress_run(config)
