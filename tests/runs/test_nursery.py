"""Importing ahead of runs only saves time: what cannot be imported must not keep runs waiting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

import pytest

from analysis_core.runs.dispatch import Dispatcher, Settings
from analysis_core.runs.nursery import PRELOADED, Nursery
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from tests.runs.conftest import REPOSITORY, config, until

BROKEN = "tests.runs.broken_library"


@pytest.fixture(autouse=True)
def _server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process has one server process only, which another test may have started."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    forkserver._forkserver._stop()
    yield
    forkserver._forkserver._stop()


def test_a_server_process_that_dies_while_it_imports_is_noticed() -> None:
    nursery = Nursery([BROKEN])
    nursery.warm_up()
    until(lambda: nursery.failures == 1)
    assert not nursery.ready


def test_runs_do_not_wait_for_a_worker_that_cannot_start_them(store: RunStore) -> None:
    dispatcher = Dispatcher(store, Settings(preload=[*PRELOADED[:1], BROKEN]))
    dispatcher.enter()
    run_id = store.create(config("steps"))

    def over() -> bool:
        dispatcher.tick()
        return RunState(store.view(run_id).state).is_over

    until(over)
    dispatcher.end()
    view = store.view(run_id)
    assert view.state == RunState.FAILED
    assert view.error == (
        "The worker cannot start processes for runs. Its log, worker.log beside the runs, says why; mend that, and "
        "start the run again."
    )


def test_a_library_that_raises_anything_is_left_out_of_what_is_imported_ahead(tmp_path: Path) -> None:
    for library in ("torch", "torchmetrics", "timm", "transformers", "torchaudio", "torch_geometric"):
        (tmp_path / f"{library}.py").write_text('raise RuntimeError("operator does not exist")')
    found = subprocess.run(
        [sys.executable, "-c", "import analysis_core.runs.preload, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{tmp_path}:{REPOSITORY}", "HOME": str(tmp_path)},
    )
    assert "gudhi" in found.stdout.split() and "torch" not in found.stdout.split()
    assert "operator does not exist" in found.stderr
