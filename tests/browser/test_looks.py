"""Every page in both appearances and both languages: its title, its width, what axe-core finds, and the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.accessibility import serious
from tests.browser.conftest import Server, serving, tab_of
from tests.browser.shelf import Shelf
from tests.browser.steps import opened, overflow, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LOOKS = (("light", "en"), ("dark", "zh"))
WINDOW, PROJECTOR = ViewportSize(width=1280, height=800), ViewportSize(width=1920, height=1080)
TABS = 60
CHINESE = re.compile("[\u4e00-\u9fff]")


def addresses(shelf: Shelf) -> dict[str, tuple[str, str]]:
    """Name of a view -> the page that it is on, and its address."""
    return {
        "home": ("home", "/?"),
        "explore": ("explore", "/Explore?"),
        "result": ("explore", f"/Explore?run={shelf.analysis}&layer=5&view=raw&"),
        "what-if": ("what_if", f"/What_if?run={shelf.analysis}&removed=2-5&"),
        "what-if-measured": ("what_if", f"/What_if?run={shelf.again}&removed={shelf.removed}&"),
        "compare": ("compare", f"/Compare?runs={shelf.analysis},{shelf.again},{shelf.other}&layer=3&"),
        "runs": ("runs", "/Runs?"),
        "run": ("runs", f"/Runs?run={shelf.analysis}&"),
        "run-failed": ("explore", f"/Explore?run={shelf.failed}&"),
        "learn": ("learn", "/Learn?"),
        "lesson": ("learn", "/Learn?lesson=first-layer&"),
        "live": ("live", "/Live?model=zoo/vision-resnet&"),
    }


@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_every_page(browser: Browser, server: Server, shelf: Shelf, scheme: str, language: str) -> None:
    text, troubles = words_of(language), []
    with tab_of(browser, server, scheme) as page:
        for name, (where, address) in addresses(shelf).items():
            opened(page, f"{server.url}{address}lang={language}")
            expect(page).to_have_title(text("page_title", page=text(f"nav_{where}")))
            heading = page.locator("h1").first.inner_text()
            if bool(CHINESE.search(heading)) != (language == "zh"):
                troubles.append(f"{name}: “{heading}” in {language}")
            troubles += [f"{name}: {finding}" for finding in serious(page)]
            troubles += [f"{name}: {wide} pixels too wide at {page.viewport_size}" for wide in [overflow(page)] if wide]
            page.set_viewport_size(PROJECTOR)
            settled(page)
            troubles += [f"{name}: {wide} pixels too wide at {PROJECTOR}" for wide in [overflow(page)] if wide]
            shoot(page, f"{name}-{scheme}")
            page.set_viewport_size(WINDOW)
    assert troubles == []


def test_the_keyboard_reaches_what_matters(page: Page, server: Server, shelf: Shelf) -> None:
    opened(page, server.url)
    seen = walked(page, "slider")
    assert {"Home", "Explore", "What if", "Compare", "Live", "Runs", "Learn", "中文"} <= set(seen)
    before = page.locator(".lw-value").first.inner_text()
    page.keyboard.press("End")
    expect(page.locator(".lw-value").first).not_to_have_text(before)
    opened(page, f"{server.url}/What_if?run={shelf.analysis}&removed=2-5")
    seen = walked(page, "Measure it")
    assert {"slider", "Choose layers from a list"} <= set(seen)
    opened(page, f"{server.url}/Explore?run={shelf.analysis}")
    seen = walked(page, "All scores as a table")
    assert "Download" in seen
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name=words_of("en")("table_caption"))).to_be_visible()


def walked(page: Page, goal: str) -> list[str]:
    """What the Tab key passes on its way to an element that is called so, or is of that role."""
    seen = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        here = page.evaluate("""() => {
            const at = document.activeElement;
            const label = at.getAttribute('aria-label') || (at.tagName === 'MAIN' ? '' : at.innerText || '');
            return [at.getAttribute('role') || at.type || '', label.trim()];
        }""")
        role, label = here[0].replace("range", "slider"), here[1]
        seen += [role, *label.split("\n")]  # names of icons stand in it too
        if goal in (role, label.split("\n")[-1]):
            return seen
    raise AssertionError(f"{goal!r} is not among {seen}")


def test_links_that_do_not_hold(page: Page, server: Server, shelf: Shelf) -> None:
    half = shelf.analysis[:9]
    shown = {
        "/Explore?run=nothing": "This run is not here",
        f"/Explore?run={shelf.failed}": "ends in the middle of a tensor",
        "/What_if?run=nothing": "It cannot be opened",
        f"/What_if?run={shelf.failed}": "It cannot be opened",
        f"/Compare?runs={shelf.failed},{shelf.other}": "Not everything in this link can be shown",
        f"/Runs?run={half}": "Half a link",
        "/Runs?run=nothing": "This run is not here",
        "/Learn?lesson=nothing": "There is no such lesson",
    }
    for address, words in shown.items():
        opened(page, server.url + address)
        expect(page.get_by_text(words).first).to_be_visible()
        shoot(page, "gone-" + re.sub(r"\W+", "-", address.partition("=")[0]).strip("-"))


def test_an_empty_store(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("empty-home")
    shown = {
        "/Explore": "Nothing yet. Runs appear here",
        "/What_if": "Measured: ",
        "/Compare": "There is nothing to compare yet",
        "/Runs": "Nothing has been run yet",
    }
    with serving(home, autostart=False, log="empty-server.log") as url, tab_of(browser, Server(url, home)) as page:
        for address, words in shown.items():
            opened(page, url + address)
            expect(page.get_by_text(words).first).to_be_visible()
            shoot(page, "empty-" + address.strip("/"))


def test_a_link_to_the_page_that_one_is_on_changes_the_address(page: Page, server: Server, shelf: Shelf) -> None:
    opened(page, f"{server.url}/Explore?lang=zh")
    page.get_by_role("link", name=re.compile("text-llama · 9")).first.click()
    expect(page).to_have_url(re.compile(f"[?&]run={shelf.other}"))
    heading = page.locator("h1").first
    expect(heading).to_have_text(re.compile("Llama"))
    settled(page)
    page.reload()
    expect(heading).to_have_text(re.compile("Llama"))
    opened(page, f"{server.url}/Runs")
    page.locator(".stPageLink").filter(has_text="zoo/text-llama · 9").get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"[?&]run={shelf.other}"))
    settled(page)
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("text-llama · 9"))).to_be_visible()
