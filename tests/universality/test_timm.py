"""A fixed part of the walk over timm's families; all of it: ``uv run python -m tests.universality.walk timm``."""

from __future__ import annotations

import json

import pytest
import timm

from tests.universality import timm_families
from tests.universality.cases import Entry
from tests.universality.walk import RECORD, totals
from tests.universality.walking import walk

METHODS = ("block_influence", "fisher_information", "layer_ablation", "spectral_analysis")


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    cases = timm_families.cases()
    found = walk({family: cases[family] for family in timm_families.STRATIFIED}, methods=METHODS)
    return {entry.name: entry for entry in found}


@pytest.mark.parametrize("family", timm_families.STRATIFIED)
def test_a_family_is_taken_apart_cut_saved_and_loaded_equal(entries: dict[str, Entry], family: str) -> None:
    entry = entries[family]
    assert entry.reason is None
    assert entry.layers > 2
    assert set(METHODS) <= {*entry.methods, *entry.silent} and "layer_ablation" in entry.methods
    if entry.removable:
        assert entry.removed is not None and entry.equals_skipping and entry.reload_equal
    else:
        assert entry.removed is None and entry.reached == "analysed"


def test_the_record_holds_every_family_and_the_goal() -> None:
    section = json.loads(RECORD.read_text(encoding="utf-8"))["timm"]
    named = {entry["name"]: entry for entry in section["entries"]}
    assert section["totals"] == totals(section["entries"])
    assert section["totals"]["share"] >= 0.98
    if section["versions"]["timm"] == timm.__version__:
        assert list(named) == timm.list_modules()
    assert all(entry["passed"] or entry["reason"] for entry in named.values())
