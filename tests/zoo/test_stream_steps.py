"""Steps along the residual stream, against a slow computation token by token."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from analysis_core.zoo.stream_steps import stream_steps
from tests.toys import tiny_bert, token_batches


def test_steps_are_means_over_real_tokens() -> None:
    model, batches = tiny_bert(), token_batches()
    model.module.eval()
    rows: list[list[tuple[float, float, float]]] = [[] for _ in model.layers]
    with torch.no_grad():
        for batch in batches:
            assert isinstance(batch.inputs, dict)
            states = model.module(**batch.inputs, output_hidden_states=True).hidden_states
            real = batch.inputs["attention_mask"].bool()
            for layer, (before, after) in enumerate(pairwise(states)):
                for h, out in zip(before[real].double(), after[real].double(), strict=True):
                    turn = math.degrees(math.acos(float(h @ out / (h.norm() * out.norm()))))
                    rows[layer].append((float(h.norm()), float((out - h).norm() / h.norm()), turn))
    for step, found in zip(stream_steps(model, batches), rows, strict=True):
        length, share, turn = (sum(column) / len(found) for column in zip(*found, strict=True))
        assert step.length == pytest.approx(length, rel=1e-5)
        assert step.share == pytest.approx(share, rel=1e-5)
        assert step.turn == pytest.approx(turn, rel=1e-4)


def test_batches_change_nothing() -> None:
    model = tiny_bert()
    one, other = (stream_steps(model, token_batches(batch_size=size)) for size in (3, 20))
    for a, b in zip(one, other, strict=True):
        assert a.to_dict() == pytest.approx(b.to_dict(), rel=1e-5)
