"""One walk through the app, as a person takes it: Explore, run, a layer, What if, measure, export."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analysis_core.runs.artifacts import ArtifactFolder
from analysis_core.runs.database import Database
from analysis_core.runs.store import RunStore
from tests.browser.conftest import Server
from tests.browser.steps import RUN_MILLISECONDS, chart, click_cell, opened, press, settled, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def analysed(browser: Browser, server: Server) -> str:
    """The address of a finished analysis, started from the page."""
    page = server.watch(browser.new_page(viewport={"width": 1280, "height": 800}))
    opened(page, f"{server.url}/Explore?model=zoo/text-bert")
    shoot(page, "explore-new")
    slider = page.get_by_role("slider", name="Examples")
    slider.focus()
    slider.press("Home")
    settled(page)
    press(page, "Start the analysis")
    expect(page.get_by_text("Analysis under way")).to_be_visible()
    page.wait_for_timeout(1500)
    page.screenshot(path=str(Path(__file__).parent / "out" / "explore-running.png"))
    expect(page.get_by_text("No layer is picked")).to_be_visible(timeout=RUN_MILLISECONDS)
    settled(page)
    address = page.url
    page.close()
    assert "run=" in address
    return address


def test_a_click_on_the_heatmap_opens_a_layer(page: Page, analysed: str, browser: Browser, server: Server) -> None:
    opened(page, analysed)
    click_cell(chart(page, "Heatmap"), 3, 12)
    expect(page.get_by_text(re.compile("Without layer 3|What layer 3 costs"))).to_be_visible()
    expect(page).to_have_url(re.compile("layer=3"))
    shoot(page, "explore-result")
    page.reload()
    expect(page.get_by_text(re.compile("Without layer 3|What layer 3 costs"))).to_be_visible()
    elsewhere = server.watch(browser.new_page(color_scheme="dark", viewport={"width": 1920, "height": 1080}))
    opened(elsewhere, page.url)
    expect(elsewhere.get_by_text(re.compile("Without layer 3|What layer 3 costs"))).to_be_visible()
    shoot(elsewhere, "explore-result-dark-1920")
    elsewhere.close()


def test_what_if_measures_and_exports(page: Page, analysed: str, tmp_path: Path) -> None:
    opened(page, analysed)
    page.get_by_role("link", name=re.compile("Drop layers")).click()
    expect(page.get_by_role("heading", name="What if layers were gone?")).to_be_visible()
    expect(page.locator(".is-estimated").first).to_be_visible()
    settled(page)
    shoot(page, "what-if-estimated")
    before = page.locator(".lw-value").first.inner_text()
    click_cell(chart(page, "Strip"), 0, 12, height=0.45)
    expect(page.get_by_text("7 of 12 layers stay")).to_be_visible()
    expect(page).to_have_url(re.compile("removed=0-"))
    assert page.locator(".lw-value").first.inner_text() != before
    press(page, "Undo")
    expect(page.get_by_text("8 of 12 layers stay")).to_be_visible()
    press(page, "Redo")
    expect(page.get_by_text("7 of 12 layers stay")).to_be_visible()
    settled(page)
    click_cell(chart(page, "Strip"), 0, 12, height=0.45)
    expect(page.get_by_text("8 of 12 layers stay")).to_be_visible()
    settled(page)
    press(page, "Measure it")
    expect(page.get_by_text(re.compile("^Measured: "))).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.locator(".is-estimated")).to_have_count(0)
    shoot(page, "what-if-measured")
    page.get_by_role("radiogroup", name="Quality against").get_by_text("Speed-up", exact=True).click()
    expect(page).to_have_url(re.compile("axis=speedup"))
    expect(page.locator('[aria-label^="Quality against “Speed-up"]').first).to_be_visible()
    page.get_by_text("Search for a smaller model").click()
    page.get_by_role("spinbutton", name="Ratio").fill("40")
    press(page, "Start the search")
    expect(page.get_by_text(re.compile("40x cannot be reached"))).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Ratio")).to_have_value("40.00")
    shoot(page, "what-if-goal-refused")
    press(page, "Export the smaller model")
    button = page.get_by_role("button", name=re.compile("Download the 8-layer model"))
    expect(button).to_be_visible(timeout=RUN_MILLISECONDS)
    shoot(page, "what-if-exported")
    with page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert {"config.json", "model.safetensors"} <= set(archive.namelist())


def test_cancel_works_within_two_seconds(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/Explore?model=zoo/text-bert")
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seed.press("Enter")
    settled(page)
    press(page, "Start the analysis")
    expect(page.get_by_text("Analysis under way")).to_be_visible()
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_visible()
    page.wait_for_timeout(700)
    cancel.click()
    expect(page.get_by_text("The run was cancelled")).to_be_visible()
    asked, ended = cancel_times(server.home, page.url.partition("run=")[2])
    assert ended - asked < 2
    shoot(page, "explore-cancelled")


def cancel_times(home: Path, run_id: str) -> tuple[float, float]:
    """When the store heard of the wish, and when the run was over."""
    store = RunStore(Database(f"sqlite:///{home / 'runs.db'}"), ArtifactFolder(home / "runs"))
    run = store.get(run_id)
    assert run.cancel_requested_at is not None
    assert run.ended_at is not None
    return run.cancel_requested_at, run.ended_at


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_pictures(browser: Browser, server: Server, analysed: str, scheme: str, width: int) -> None:
    server.complaints.clear()
    size = {"width": width, "height": 800 if width == 1280 else 1080}
    tab = server.watch(browser.new_page(color_scheme=scheme, viewport=size))  # type: ignore[arg-type]
    run = analysed.partition("run=")[2].partition("&")[0]
    addresses = {
        "home": "/",
        "explore": "/Explore",
        "result": f"/Explore?run={run}&layer=5&view=raw",
        "what-if": f"/What_if?run={run}&removed=2-5",
        "gone": "/Explore?run=nothing",
    }
    for name, address in addresses.items():
        opened(tab, server.url + address)
        shoot(tab, f"{name}-{scheme}-{width}")
    tab.close()
    assert server.complaints == []


def test_the_slider_on_home_answers_at_once(page: Page, server: Server) -> None:
    opened(page, server.url)
    slider = page.get_by_role("slider").first
    slider.wait_for()
    before = page.locator(".lw-value").first.inner_text()
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    expect(page.locator(".lw-value").first).not_to_have_text(before)
    expect(page).to_have_url(re.compile("ratio="))


def test_the_app_stays_small(server: Server, analysed: str) -> None:
    """The app's process holds no model: below 300 MB after the whole walk."""
    import psutil

    for process in psutil.process_iter(["cmdline", "environ"]):
        if "streamlit" in " ".join(process.info["cmdline"] or ()) and (process.info["environ"] or {}).get(
            "LAYERWISE_HOME"
        ) == str(server.home):
            assert process.memory_info().rss < 300e6
            return
    pytest.fail("the app's process was not found")
