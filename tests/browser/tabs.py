"""One tab for one test after the other: in a new one, Streamlit's scripts would be compiled for every test anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

_KEPT: dict[Browser, Page] = {}


@contextmanager
def like_new(browser: Browser, origin: str, scheme: str, width: int, height: int) -> Iterator[Page]:
    """A tab of this appearance that remembers nothing of those before; none is kept where it cannot be made to forget.

    Args:
        browser: whose tab it is.
        origin: address of the server whose pages the test opens.
        scheme: "light" or "dark".
        width: of its window.
        height: of its window.
    """
    tab = _KEPT.pop(browser, None) or browser.new_context(accept_downloads=True).new_page()
    tab.set_viewport_size({"width": width, "height": height})
    tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    yield tab
    _forget(tab, origin)
    _KEPT[browser] = tab


def _forget(tab: Page, origin: str) -> None:
    """Nothing is left of what a server's pages kept, and the tab shows none of them."""
    tab.goto(f"{origin}/_stcore/health")  # plain text of that origin: no script is running any more
    tab.evaluate("sessionStorage.clear()")
    tab.context.new_cdp_session(tab).send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    tab.context.clear_cookies()
    tab.mouse.move(0, 0)
