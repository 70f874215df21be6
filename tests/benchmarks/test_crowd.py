"""One visitor, then a class of twenty at once, while a run is working: how long the server takes to answer a click.

The visitors are scripted and share the machine with the server and the run, which makes the figures worse than those of
twenty people with machines of their own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

import psutil
import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.runs.artifacts import ArtifactFolder
from analysis_core.runs.database import Database
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server, server  # noqa: F401 - a fixture

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]
Record = Callable[..., None]
PEOPLE, CLASS_SECONDS = 20, 60.0
THINKING_SECONDS = (2.0, 6.0)
"""Between two clicks of one person; so long does one look at a figure that has changed."""
METHOD = "block_influence"
RATIO = "Compression ratio (layers before / after)"
REST_SECONDS = 0.2
PAGES = ("", "What_if")
MIB = 2**20


@pytest.fixture(scope="module")
def store(server: Server) -> RunStore:  # noqa: F811 - the fixture of that name
    """The app's store, once its worker is at work."""
    opened = RunStore(Database(f"sqlite:///{server.home / 'runs.db'}"), ArtifactFolder(server.home / "runs"))
    with Visitor(_address(server)) as first:
        first.open()
    run = opened.create(AnalysisConfig("zoo/vision-vit", analysis_methods=("block_influence",), max_samples=16), None)
    _until_over(opened, run)
    return opened


def test_clicks_and_sliders_of_one_person(server: Server, store: RunStore, record: Record) -> None:  # noqa: F811
    run = store.create(AnalysisConfig("zoo/text-bert", max_samples=64), None)
    _until_over(store, run)
    taken: dict[str, list[float]] = {}
    app, spent = _app(server), {}
    with Visitor(_address(server)) as visitor:
        for page, name in zip(PAGES, ("Home", "What if"), strict=True):
            visitor.open(page)
            values = visitor.controls[RATIO].values
            began = _cpu_seconds(app)
            taken[name] = [_rested(visitor.move, RATIO, value) for value in (values[0], *values) * 3]
            spent[name] = _cpu_seconds(app) - began
        visitor.open("Explore", run=run)
        began = _cpu_seconds(app)
        taken["Explore"] = [_rested(visitor.click, "result-heatmap", [layer, METHOD]) for layer in (3, 7, 5, 9) * 8]
        spent["Explore"] = _cpu_seconds(app) - began
        assert not visitor.failed
    for name, times in taken.items():
        record(f"{name}: a click answered, median, seconds", median(times), 0.05, f"{len(times)} clicks, one visitor")
        record(f"{name}: a click answered, 95th percentile, seconds", _p95(times), 0.15, f"{len(times)} clicks")
        record(f"{name}: processor time of a click, seconds", spent[name] / len(times), None, f"{len(times)} clicks")


def test_twenty_people_at_once_while_a_run_works(server: Server, store: RunStore, record: Record) -> None:  # noqa: F811
    run = store.create(AnalysisConfig("zoo/text-bert", analysis_methods=("all",), max_samples=512), None)
    deadline = time.monotonic() + 30
    while store.view(run).state != RunState.RUNNING and time.monotonic() < deadline:
        time.sleep(0.1)
    with ThreadPoolExecutor(PEOPLE) as people:
        seats = [people.submit(_sit, _address(server), seat) for seat in range(PEOPLE)]
        answers = [seat.result() for seat in seats]
    still = store.view(run).state
    times = [seconds for of_one, _ in answers for seconds in of_one]
    note = f"{PEOPLE} visitors, {len(times)} clicks in {CLASS_SECONDS:.0f} s; the run was {still} at the end"
    record("class of 20: a click answered, median, seconds", median(times), None, note)
    record("class of 20: a click answered, 95th percentile, seconds", _p95(times), 0.5, note)
    record(
        "class of 20: memory of the app's process, MiB",
        _app(server).memory_info().rss / MIB,
        300,
        "after all of them, resident",
    )
    assert not any(failed for _, failed in answers)


def _sit(address: str, seat: int) -> tuple[list[float], bool]:
    """One person's clicks during the lesson, and whether anything failed."""
    rng, taken = random.Random(seat), []
    time.sleep(rng.uniform(0, 5))
    with Visitor(address) as visitor:
        visitor.open(PAGES[seat % len(PAGES)])
        deadline = time.monotonic() + CLASS_SECONDS
        while time.monotonic() < deadline:
            time.sleep(rng.uniform(*THINKING_SECONDS))
            taken.append(visitor.move(RATIO, rng.choice(visitor.controls[RATIO].values)))
        return taken, visitor.failed


def _rested(act: Callable[..., float], *what: object) -> float:
    """A click after a moment's rest, as people make them: what the last one left behind is over."""
    time.sleep(REST_SECONDS)
    return act(*what)


def _address(server: Server) -> str:  # noqa: F811
    return server.url.removeprefix("http://")


def _until_over(store: RunStore, run: str) -> None:
    deadline = time.monotonic() + 180
    while not RunState(store.view(run).state).is_over and time.monotonic() < deadline:
        time.sleep(0.2)


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _app(server: Server) -> psutil.Process:  # noqa: F811
    port = server.url.rpartition(":")[2]
    (found,) = (
        process
        for process in psutil.process_iter(["cmdline"])
        if "streamlit" in (process.info["cmdline"] or ()) and port in process.info["cmdline"]
    )
    return found


def _cpu_seconds(app: psutil.Process) -> float:
    spent = app.cpu_times()
    return float(spent.user + spent.system)
