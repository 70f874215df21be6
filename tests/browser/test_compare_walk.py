"""Compare, as a person uses it: from a result to two runs side by side, one selection in all figures, the table."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.vocabulary import RunState
from tests.browser.conftest import Server
from tests.browser.steps import RUN_MILLISECONDS, chart, click_cell, opened, settled, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
METHODS = ("fisher_information", "gradient_based", "block_influence")


def analysed(model: str, seed: int) -> str:
    """A small analysis, done by the worker of this store."""
    config = AnalysisConfig(model_name=model, analysis_methods=METHODS, max_samples=32, seed=seed)
    run = service.start(config)
    assert service.wait(run, RUN_MILLISECONDS / 1000).state == RunState.FINISHED
    return run


def test_two_runs_side_by_side(page: Page, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERWISE_HOME", str(server.home))
    first, second = analysed("zoo/text-bert", 0), analysed("zoo/text-bert", 1)
    other = analysed("zoo/audio-wav2vec2", 0)
    opened(page, f"{server.url}/Explore?run={second}")
    page.locator("[data-testid=stMain]").get_by_role("link", name="Compare", exact=True).last.click()
    expect(page).to_have_url(re.compile(f"Compare.*{second}%2C{first}"))
    settled(page)
    expect(page.locator(".lw-sides")).to_contain_text("Seed")
    click_cell(chart(page, "Heatmap of differences"), 5, 12)
    expect(page).to_have_url(re.compile("layer=5"))
    expect(page).to_have_url(re.compile("measure=fisher_information"))
    expect(page.get_by_role("table", name="Scores and ranks at the marked place")).to_contain_text("A · Layer 5")
    expect(chart(page, "Parallel coordinates").locator("canvas").first).to_be_visible()
    shoot(page, "compare-two")
    page.emulate_media(color_scheme="dark")
    opened(page, f"{server.url}/Compare?runs={first},{second},{other}&lang=zh&layer=3")
    expect(page.get_by_text("相对深度").first).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(3)
    shoot(page, "compare-three-dark-zh")


def test_a_link_that_does_not_hold(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/Compare?runs=0000000gone,showcase")
    expect(page.get_by_text("Not everything in this link can be shown")).to_be_visible()
    expect(page.get_by_text("is no run of this store")).to_be_visible()
    shoot(page, "compare-gone")
