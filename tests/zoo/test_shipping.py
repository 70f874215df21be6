"""How recipes ship: the smallest weights that keep the metric, and no example on two sides."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from analysis_core.errors import DataError
from analysis_core.zoo import shipping
from analysis_core.zoo.card import SAMPLE, WEIGHTS

CLASSIFIES = {"task": "classification", "modality": "vision"}
REGRESSES = {"task": "regression", "modality": "tabular"}  # measured by an error: lower is better


@pytest.mark.parametrize(
    ("facts", "full", "half", "precision"),
    [
        (CLASSIFIES, 0.8, 0.796, torch.float16),
        (CLASSIFIES, 0.8, 0.795, torch.float32),
        (REGRESSES, 1.0, 1.005, torch.float16),
        (REGRESSES, 1.0, 1.006, torch.float32),
    ],
)
def test_half_precision_where_it_costs_next_to_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, str],
    full: float,
    half: float,
    precision: torch.dtype,
) -> None:
    values = iter([full, half])
    monkeypatch.setattr(shipping, "_held_out", lambda *_: next(values))
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    named = shipping.save_smallest(tmp_path, model, facts)
    written = load_file(tmp_path / WEIGHTS)["weight"]
    assert written.dtype == precision and named == str(precision).removeprefix("torch.")
    torch.testing.assert_close(written.float(), before, atol=1e-3, rtol=1e-3)
    assert torch.equal(model.weight, before) and model.weight.dtype == torch.float32


def test_a_sample_with_one_example_in_two_parts_is_refused(tmp_path: Path) -> None:
    rows = pd.DataFrame({"text": ["a", "b"], "label": [0, 1], "split": ["test", "heal"], "other": [1, 2]})
    shipping.write_sample(tmp_path, rows)
    assert list(pd.read_parquet(tmp_path / SAMPLE).columns) == ["text", "label", "split"]
    assert shipping.read_examples(tmp_path, "heal").column("text") == ["b"]
    with pytest.raises(DataError, match="stands in two parts"):
        shipping.write_sample(tmp_path, rows.assign(text="a", label=0))
