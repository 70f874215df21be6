"""Compare, as a person uses it: from a result to two runs side by side, one selection in all figures, the table."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.shelf import Shelf
from tests.browser.steps import chart, click_cell, opened, settled, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_two_runs_side_by_side(page: Page, server: Server, shelf: Shelf) -> None:
    first, second, other = shelf.analysis, shelf.again, shelf.other
    opened(page, f"{server.url}/Explore?run={second}")
    page.locator("[data-testid=stMain]").get_by_role("link", name="Compare", exact=True).last.click()
    expect(page).to_have_url(re.compile(f"Compare.*{second}%2C{first}"))
    settled(page)
    expect(page.locator(".lw-sides")).to_contain_text("Seed")
    click_cell(chart(page, "Heatmap of differences"), 5, 12)
    expect(page).to_have_url(re.compile("layer=5"))
    expect(page).to_have_url(re.compile("measure=fisher_information"))
    expect(page.get_by_role("table", name="Scores and ranks at the marked place")).to_contain_text("A · Layer 5")
    expect(chart(page, "Parallel coordinates").locator(".scatterlayer .trace").first).to_be_visible()
    shoot(page, "compare-two")
    page.emulate_media(color_scheme="dark")
    opened(page, f"{server.url}/Compare?runs={first},{second},{other}&lang=zh&layer=3")
    expect(page.get_by_text("相对深度").first).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(3)
    shoot(page, "compare-three-dark-zh")
