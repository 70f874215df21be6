"""Help marks in a real browser: by mouse and by keyboard, whole on the screen; a crossing of parallel axes by mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.shelf import Shelf
from tests.browser.steps import chart, opened, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def told(page: Page) -> Locator:
    """What marks tell at present."""
    return page.locator(".lw-term-tip:popover-open")


def inside(page: Page, box: Locator) -> bool:
    place, size = box.bounding_box(), page.viewport_size
    assert place is not None and size is not None
    wide, high = place["x"] + place["width"], place["y"] + place["height"]
    return place["x"] >= 0 and place["y"] >= 0 and wide <= size["width"] and high <= size["height"]


def test_a_mark_tells_its_term_by_mouse(page: Page, server: Server) -> None:
    opened(page, server.url)
    for mark in page.locator(".lw-term").all():
        mark.hover()
        mine = page.locator(f"#{mark.get_attribute('aria-describedby')}")
        expect(mine).to_be_visible()
        expect(told(page)).to_have_count(1)
        assert inside(page, mine), mark.inner_text()
        page.mouse.move(5, 5)
        expect(told(page)).to_have_count(0)  # it may lie over the next mark
    page.locator("[data-term=block_influence]").hover()
    expect(told(page)).to_contain_text("Men et al. 2024")
    told(page).hover()
    page.wait_for_timeout(400)
    expect(told(page)).to_have_count(1)  # one may go into it, to read or to copy
    page.mouse.move(5, 5)
    expect(told(page)).to_have_count(0)


def test_a_mark_tells_its_term_by_keyboard(page: Page, server: Server) -> None:
    opened(page, server.url)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.term") == "knee":
            break
    expect(told(page)).to_contain_text("Satopää")
    page.keyboard.press("Escape")
    expect(told(page)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("Where the frontier bends")
    page.keyboard.press("Tab")
    expect(told(page)).not_to_contain_text("Where the frontier bends")


def test_a_crossing_of_parallel_axes_tells_its_score_and_takes_a_click(
    page: Page, server: Server, shelf: Shelf
) -> None:
    opened(page, f"{server.url}/Compare?runs={shelf.analysis},{shelf.again}")
    figure = chart(page, "Parallel coordinates")
    figure.scroll_into_view_if_needed()
    dot = figure.locator(".scatterlayer .points path").first
    place = dot.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(figure.locator(".hoverlayer")).to_contain_text(re.compile(r"Layer 0, .*\(.* – .*\).*rank \d+ of 12"))
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    settled(page)
    expect(page).to_have_url(re.compile("layer=0"))
