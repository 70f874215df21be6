"""What the README says of the embedded models is what their cards say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis_core.models.catalog import catalog

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("card", catalog(), ids=lambda card: card.id)
def test_every_model_stands_in_the_table_with_its_baseline(card) -> None:  # type: ignore[no-untyped-def]
    (row,) = re.findall(rf"^\| `{re.escape(card.id)}` \|.*$", README, re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert sum(map(int, cells[3].split(" + "))) == card.layers
    assert f"{card.baseline[card.metric]:.3g}" in cells[4]
    assert cells[5] == f"{card.trivial['value']:.3g}"
