"""The recipes run again, from nothing, and learn; listing them brings in no torch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_core import zoo
from analysis_core.errors import UnknownNameError
from analysis_core.zoo.card import CARD, CONFIG, SAMPLE, WEIGHTS, read_json

QUICK_MARGIN = 0.10
"""How far above the majority class the accuracy of a model trained for some seconds has to be."""
needs_synthesiser = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="training needs espeak-ng")


@pytest.mark.parametrize("name", ["text-bert", "vision-vit", pytest.param("audio-conformer", marks=needs_synthesiser)])
def test_quick_recipe_learns(name: str, tmp_path: Path) -> None:
    told: list[float] = []
    card = zoo.train(name, tmp_path / name, lambda share, _: told.append(share), quick=True)
    assert card["baseline"]["accuracy"] > card["trivial"]["value"] + QUICK_MARGIN
    assert told == sorted(told) and min(told) >= 0.0 and max(told) <= 1.0
    assert card == read_json(tmp_path / name / CARD)
    assert {WEIGHTS, CONFIG, SAMPLE, CARD} <= {file.name for file in (tmp_path / name).iterdir()}


def test_unknown_recipe_proposes_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'text-llama'"):
        zoo.train("text-lama", tmp_path)


def test_listing_recipes_brings_in_no_torch() -> None:
    program = "import sys, analysis_core.zoo; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
