"""Settings for all tests: few threads, no network, a store of its own for every session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from tests.commands import Command

# Small nets lose more to threads waiting for each other than they gain; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


MOST_PROCESSES = 4


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process a core for the whole suite; this one alone where only some tests, or benchmarks, are asked for."""
    return min(os.cpu_count() or 1, MOST_PROCESSES) if config.args == config.getini("testpaths") else 0


LONGEST_FILES = (
    "zoo/test_every_model.py", "browser/test_looks.py", "browser/test_own_walk.py", "browser/test_engineer_walk.py",
    "browser/test_researcher_walk.py", "zoo/test_shipped_models.py", "methods/test_contract.py",
    "universality/test_timm.py", "browser/test_live_walk.py", "workflow/test_beyond_layers.py", "zoo/test_recipes.py",
    "browser/test_teacher_walk.py", "universality/test_transformers.py", "test_adapter.py", "methods/test_bad_input.py",
    "zoo/test_variants.py", "workflow/test_tasks_end_to_end.py", "universality/test_walking.py", "test_cli.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: what is left for the end is short, so that all processes end at about the same time."""
    rank = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the runs of the person who runs it."""
    folder = tmp_path_factory.mktemp("layerwise-home")
    before = {name: os.environ.get(name) for name in ("LAYERWISE_HOME", "LAYERWISE_STORE")}
    os.environ["LAYERWISE_HOME"] = str(folder)
    os.environ.pop("LAYERWISE_STORE", None)
    yield folder
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(autouse=True)
def _figures_are_checked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the app leaves unchecked for the sake of speed is checked wherever a test draws it."""
    if request.path.parent.name in ("pages", "report"):
        from tests.drawing import checked

        monkeypatch.setattr("analysis_core.report.figures.base.Drawing.__init__", checked)


@pytest.fixture(scope="session")
def worker(_own_home: Path) -> Iterator[None]:
    """A worker for the session's own store, ended with the session."""
    from analysis_core import service
    from analysis_core.runs import launcher

    service.ensure_worker()
    yield
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            mine = process.environ().get("LAYERWISE_HOME") == str(_own_home)
            if mine and "analysis_core.runs.supervisor" in (process.info["cmdline"] or ()):
                process.terminate()
                process.wait(20)
    for child in launcher._CHILDREN:
        child.poll()  # so that its handle knows that it has ended, and does not complain when it is dropped


@pytest.fixture
def layerwise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, called in this process."""
    from tests.commands import Command

    return Command(monkeypatch, capsys)
