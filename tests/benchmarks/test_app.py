"""What a person waits for after the first paint: an answer to a slider, and a run that begins to work."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from analysis_core.config import AnalysisConfig
from analysis_core.runs.artifacts import ArtifactFolder
from analysis_core.runs.database import Database
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunState
from tests.browser.conftest import Server, browser, page, server  # noqa: F401 - fixtures
from tests.browser.steps import opened, press, settled

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]
Record = Callable[..., None]


@pytest.fixture
def warm(page: Page, server: Server) -> RunStore:  # noqa: F811 - the fixtures of that name
    """The app's store, once its worker has its libraries loaded; the first visit of a page starts it."""
    opened(page, server.url)
    store = RunStore(Database(f"sqlite:///{server.home / 'runs.db'}"), ArtifactFolder(server.home / "runs"))
    first = store.create(AnalysisConfig("zoo/vision-vit", analysis_methods=("block_influence",), max_samples=16), None)
    deadline = time.monotonic() + 120
    while not RunState(store.view(first).state).is_over and time.monotonic() < deadline:
        time.sleep(0.2)
    assert store.view(first).state == RunState.FINISHED
    return store


@pytest.mark.usefixtures("warm")
def test_a_run_works_soon_after_the_click(page: Page, server: Server, warm: RunStore, record: Record) -> None:  # noqa: F811
    waits, clicks = [], []
    for seed in range(1, 6):
        opened(page, f"{server.url}/Explore?model=zoo/vision-vit")
        field = page.get_by_role("spinbutton", name="Seed")
        field.fill(str(seed))
        field.press("Enter")
        settled(page)
        clicked = time.time()
        press(page, "Start the analysis")
        expect(page.get_by_text("Analysis under way")).to_be_visible()
        run = page.url.partition("run=")[2].partition("&")[0]
        while (view := warm.view(run)).started_at is None:
            time.sleep(0.01)
        waits.append(view.started_at - view.created_at)
        clicks.append(view.started_at - clicked)
        while not RunState(warm.view(run).state).is_over:
            time.sleep(0.1)
    record(
        "run asked for to run at work, seconds",
        statistics.median(waits),
        0.3,
        f"worst of {len(waits)}: {max(waits):.2f}",
    )
    record("click in the browser to run at work, seconds", statistics.median(clicks), None, f"worst: {max(clicks):.2f}")


def test_a_slider_answers(page: Page, server: Server, record: Record) -> None:  # noqa: F811
    opened(page, server.url)
    slider = page.get_by_role("slider").first
    slider.focus()
    times = []
    for turn in range(12):
        before = page.locator(".lw-value").first.inner_text()
        began = time.perf_counter()
        slider.press("ArrowRight" if turn % 4 < 2 else "ArrowLeft")
        expect(page.locator(".lw-value").first).not_to_have_text(before)
        times.append(time.perf_counter() - began)
        page.wait_for_timeout(300)
    record(
        "slider on Home, key press to new figures in the browser, seconds",
        statistics.median(times),
        None,
        f"worst {max(times):.2f}",
    )
