"""What a person does on the pages, as short verbs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from pages.ui.strings import TABLES
from tests.browser.conftest import OUT

RUN_MILLISECONDS = 240_000
QUIET_MILLISECONDS, LONGEST_UNREST_MILLISECONDS = 150, 3_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
QUIET = """([quiet, longest]) => new Promise(done => {
    const end = () => { observer.disconnect(); clearTimeout(timer); clearTimeout(limit); done(); };
    let timer = setTimeout(end, quiet);
    const limit = setTimeout(end, longest);
    const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(end, quiet); });
    observer.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
})"""
"""Resolves once nothing in the page has changed for a while."""


def opened(page: Page, address: str) -> None:
    """Go to an address and wait until the page is drawn."""
    page.goto(address)
    expect(page.locator(".lw-brand")).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait until the script has run and the charts have been drawn."""
    expect(page.locator(IDLE)).to_have_count(1)
    page.evaluate(QUIET, [QUIET_MILLISECONDS, LONGEST_UNREST_MILLISECONDS])
    expect(page.locator(IDLE)).to_have_count(1)


def words_of(language: str) -> Callable[..., str]:
    """The words of the interface in a language, by key."""

    def text(key: str, /, **values: object) -> str:
        return TABLES[language][key].format(**values)

    return text


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 where nothing has to be scrolled sideways."""
    return int(
        page.evaluate("""() => {
            const main = document.querySelector('[data-testid=stMain]');
            const whole = document.documentElement;
            return Math.max(0, main.scrollWidth - main.clientWidth, whole.scrollWidth - whole.clientWidth);
        }""")
    )


def move(page: Page, slider: str | Locator, key: str, times: int = 1) -> None:
    """Press a key on a slider, named or given."""
    handle = page.get_by_role("slider", name=slider) if isinstance(slider, str) else slider
    handle.focus()
    for _ in range(times):
        handle.press(key)
        settled(page)  # a key that comes while the slider is drawn anew is lost


def chart(page: Page, beginning: str) -> Locator:
    """The chart whose text alternative begins like this."""
    return page.locator(f'[data-testid="stPlotlyChart"]:has([aria-label^="{beginning}"]), '
                        f'[data-testid="stPlotlyChart"][aria-label^="{beginning}"]').first  # fmt: skip


def click_cell(figure: Locator, column: int, columns: int, height: float = 0.2) -> None:
    """Click into a column of a figure, at a height between 0 (top) and 1."""
    click_at(figure, (column + 0.5) / columns, height)


def click_at(figure: Locator, across: float, down: float) -> None:
    """Click into a figure's plot at shares of its width and height, once it has stopped moving."""
    area = figure.locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box, before = area.bounding_box(), None
    while box != before:
        area.page.wait_for_timeout(60)
        box, before = area.bounding_box(), box
    assert box is not None
    area.page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def press(page: Page, label: str) -> None:
    """Click the button of this name."""
    page.get_by_role("button", name=label, exact=True).click()


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    settled(page)
    page.mouse.move(5, 5)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    size = page.viewport_size or {"width": 1280, "height": 800}
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], int(height))})
    settled(page)  # charts are drawn anew for the new size
    page.screenshot(path=str(OUT / f"{name}.png"))
    page.set_viewport_size(size)
