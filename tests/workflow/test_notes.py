"""What was measured is written down at once, found again, and never mixed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from analysis_core.compression.search import Goal, SearchSpace, search
from analysis_core.errors import StorageError
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.workflow.notes import open_notes
from tests.toys import tiny_bert, token_batches

BATCHES = token_batches(examples=16, batch_size=8)
FACTS = {"sha256": "a" * 64, "examples": 16}


def test_a_later_run_knows_what_an_earlier_one_measured(tmp_path: Path) -> None:
    model = tiny_bert(layers=6)
    space = SearchSpace(model.layers, Goal(1.5))

    def run() -> tuple[float, tuple[int, ...]]:
        replayer = Replayer(model, task_for(model.task), BATCHES)
        found = search(replayer, space, measured=open_notes(tmp_path, model, FACTS))
        return replayer.layer_runs, found.plan.remove

    first, second = run(), run()
    assert second == (0.0, first[1])
    (path,) = tmp_path.iterdir()
    with path.open("a") as lines:
        lines.write('{"measured": {"removed": [1')  # a process was killed while it wrote
    assert run() == second


def test_other_weights_other_examples_and_other_layers_have_notes_of_their_own(tmp_path: Path) -> None:
    model, twin = tiny_bert(layers=4), tiny_bert(layers=4)
    with torch.no_grad():
        next(iter(twin.module.parameters()))[0, 0] += 1e-3
    for one, facts in ((model, FACTS), (twin, FACTS), (model, {**FACTS, "sha256": "b" * 64}), (tiny_bert(5), FACTS)):
        notes = open_notes(tmp_path, one, facts)
        assert len(notes) == 0
        notes.decide(frozenset(), [1, 2], 1)
    assert len(list(tmp_path.iterdir())) == 4
    assert all(json.loads(path.read_text())["step"]["chosen"] == 1 for path in tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notes = open_notes(tmp_path / "file" / "folder", tiny_bert(layers=4), FACTS)
    with pytest.raises(StorageError, match="cannot be written down"):
        notes.decide(frozenset(), [1, 2], 1)
