"""Real clicks: a cell of any panel, a bar, and the map on What if, in a real Chromium."""

from __future__ import annotations

import dataclasses
import re

import pytest
from playwright.sync_api import Page, expect

from analysis_core.results import AnalysisReport
from tests.browser.conftest import Server
from tests.browser.steps import chart, click_at, opened, settled, shoot
from tests.pages import filling, synthetic

METHODS = ("fisher_information", "block_influence", "layer_ablation")


def stored(server: Server, monkeypatch: pytest.MonkeyPatch, report: AnalysisReport, seed: int) -> str:
    """A finished run of this report in the store of the server."""
    monkeypatch.setenv("LAYERWISE_HOME", str(server.home))
    monkeypatch.delenv("LAYERWISE_STORE", raising=False)
    return filling.finished(dataclasses.replace(filling.analysis(METHODS), seed=seed), report)


def expect_address(page: Page, part: str) -> None:
    expect(page).to_have_url(re.compile(rf"[?&]{part}(&|$)"))
    settled(page)


def test_a_click_in_any_panel_or_bar_selects_the_layer(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = dataclasses.replace(synthetic.report(METHODS), layers=synthetic.two_stacks())
    opened(page, f"{server.url}/Explore?run={stored(server, monkeypatch, report, 1)}")
    heatmap = chart(page, "Heatmap")
    click_at(heatmap, 0.03, 0.1)
    expect_address(page, "layer=0")
    click_at(heatmap, 0.97, 0.35)
    expect_address(page, "layer=11")
    expect_address(page, "method=block_influence")
    expect(page.get_by_role("combobox", name="Layer", exact=True)).to_have_value(re.compile("decoder 4"))
    click_at(chart(page, "Bar chart of Block influence"), 0.02, 0.95)
    expect_address(page, "layer=0")
    click_at(heatmap, 0.97, 0.35)
    expect_address(page, "layer=11")
    shoot(page, "explore-panels")


def test_a_click_on_the_map_takes_a_part_out_and_puts_it_back(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = synthetic.report(METHODS)
    model = {**whole.model, "granularity": "sublayer"}
    run = stored(server, monkeypatch, dataclasses.replace(whole, layers=synthetic.parts(), model=model), 2)
    opened(page, f"{server.url}/What_if?run={run}&removed=4&map=1")
    click_at(chart(page, "Heatmap"), 0.62, 0.5)
    expect_address(page, "removed=4-7")
    click_at(chart(page, "Heatmap"), 0.62, 0.5)
    expect_address(page, "removed=4")
    click_at(chart(page, "Strip"), 0.01, 0.4)
    expect_address(page, "removed=0-4")
    expect(page.get_by_text("Layer 0A is protected")).to_be_visible()
    expect(page.locator(".lw-brand")).to_be_visible()
    shoot(page, "what-if-parts")
