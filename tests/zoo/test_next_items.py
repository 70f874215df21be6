"""Import orders, training windows, the loss, and what popularity alone comes to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from analysis_core.data.interactions import InteractionLog
from analysis_core.models.sequences import FIRST_ITEM, PADDING
from analysis_core.tasks.ranking import standings
from analysis_core.zoo.import_orders import imports_of, load_log
from analysis_core.zoo.next_items import (
    Size,
    WindowBatches,
    next_item_loss,
    popularity_standings,
    sample_of,
    windows,
)

SOURCE = b'''
"""import nothing"""
from __future__ import annotations
import sys, os.path
from collections.abc import Mapping

def late():
    import json
    from . import events, tasks
    from .base_events import BaseEventLoop
    from ..email import message
    import sys
'''


def log_of(*sequences: list[int]) -> InteractionLog:
    items = max(map(max, sequences)) + 1
    return InteractionLog(
        name="toy",
        users=np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences]),
        items=np.concatenate([np.array(sequence) for sequence in sequences]),
        user_names=tuple(map(str, range(len(sequences)))),
        item_names=tuple(map(str, range(items))),
    )


def test_imports_in_the_order_of_their_first_appearance() -> None:
    found = imports_of(SOURCE, ["asyncio"])
    assert found == [
        "sys", "os.path", "collections.abc", "json", "asyncio.events", "asyncio.tasks", "asyncio.base_events", "email",
    ]  # fmt: skip
    assert imports_of(b"print 'old'") == [] and imports_of(b"x = 1") == []


def test_a_part_of_the_standard_library_as_a_log() -> None:
    log = load_log(["asyncio", "concurrent"])
    assert "asyncio/base_events.py" in log.user_names and {"sys", "asyncio.events"} <= set(log.item_names)
    counts = np.bincount(log.items)
    assert counts.min() >= 2 and len(counts) == len(log.item_names)
    pairs = list(zip(log.users.tolist(), log.items.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)


def test_windows_hold_every_prediction_once() -> None:
    found = windows([np.arange(8), np.array([5]), np.array([3, 4])], longest=3)
    assert [window.tolist() for window in found] == [[5, 6, 7, 8], [2, 3, 4, 5], [1, 2], [4, 5]]


def test_batches_are_full_and_every_window_comes_once_an_epoch() -> None:
    rows = [np.arange(length) + 1 for length in (2, 3, 3, 4, 6, 2)]
    batches = WindowBatches(rows, places=6, random=np.random.default_rng(0))
    seen: list[int] = []
    while not seen or batches._dealt:
        tokens, targets = batches.draw()
        real = targets != PADDING
        assert tokens.shape == targets.shape and tokens.numel() <= 6
        assert ((tokens != PADDING) == real).all() and torch.equal(targets[real], tokens[real] + 1)
        seen += (real.sum(1) + 1).tolist()
    assert sorted(seen) == [2, 2, 3, 3, 4, 6]


def test_items_that_are_left_out_are_still_predicted_from_those_before_them() -> None:
    rows = [np.arange(40) + 1] * 3
    batches = WindowBatches(rows, places=200, random=np.random.default_rng(0), left_out=0.5)
    tokens, targets = batches.draw()
    real = tokens != PADDING
    assert torch.equal(targets[real], tokens[real] + 1) and (tokens[:, 0] == 1).all()
    assert 12 < float(real.sum(1).float().mean()) < 28 and (tokens[real].diff() != 1).any()


def test_the_loss_is_the_cross_entropy_and_its_estimate_is_close() -> None:
    torch.manual_seed(0)
    items = 400
    hidden, table = torch.randn(30, 8), torch.randn(items + FIRST_ITEM, 8) * 0.3
    targets = torch.randint(FIRST_ITEM, items + FIRST_ITEM, (30,))
    exact = next_item_loss(hidden, table, targets, items, Size())
    assert float(exact) == pytest.approx(float(functional.cross_entropy((hidden @ table.T)[:, 1:], targets - 1)))
    estimates = torch.stack([next_item_loss(hidden, table, targets, items, Size(negatives=100)) for _ in range(60)])
    assert float(estimates.mean()) == pytest.approx(float(exact), abs=0.02)


def test_no_example_stands_in_two_parts() -> None:
    frame = sample_of(log_of([0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2], [0, 1]))
    rows = {(tuple(history), item): split for history, item, split in frame.itertuples(index=False)}
    assert len(rows) == len(set(rows)) and len(frame) == len(rows)
    assert rows == {
        ((0, 1, 2, 3), 4): "test",
        ((0, 1, 2), 3): "test",
        ((0, 1), 2): "test",
        ((0,), 1): "search",
    }  # the others repeat one of these in a part that needs it less


def test_popularity_stands_where_its_counts_put_it() -> None:
    log = log_of([0, 1, 0, 2, 3], [0, 2, 1, 1], [1, 0, 3, 3, 0])
    trained = np.concatenate([record.items for record in log.split("heal")])
    counts = torch.from_numpy(np.bincount(trained, minlength=4)).float()
    right = [0, 1, 2, 3]
    expected = standings(counts.expand(4, -1), torch.tensor(right))
    torch.testing.assert_close(popularity_standings(log, right), expected)
