"""Live, as a person uses it: another depth, a sentence of one's own, a stream under a growing load, CartPole."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import serious
from tests.browser.conftest import Server, tab_of
from tests.browser.steps import RUN_MILLISECONDS, chart, opened, press, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def at_hand(page: Page, server: Server, model: str) -> None:
    """Open the page for a model and wait until it can be asked."""
    opened(page, f"{server.url}/Live?model={model}")
    expect(page.get_by_text("Hold a latency on a stream")).to_be_visible(timeout=RUN_MILLISECONDS)
    settled(page)


def left(page: Page, slider: str, times: int) -> None:
    handle = page.get_by_role("slider", name=re.compile(slider))
    handle.focus()
    for _ in range(times):
        handle.press("ArrowLeft")


def test_a_text_at_another_depth_and_a_stream(page: Page, server: Server) -> None:
    at_hand(page, server, "zoo/text-bert")
    expect(page.get_by_text("All 12 layers run")).to_be_visible()
    left(page, "Depth", 6)
    expect(page.get_by_text("6 of 12 layers run")).to_be_visible()
    expect(page.locator(".lw-live-verdict")).to_have_text(re.compile(r"answer,? in .*ms instead of .*ms"))
    expect(page).to_have_url(re.compile("depth=6"))
    field = page.get_by_role("textbox", name="Your text")
    field.fill("Opens a socket and waits for connections of clients.")
    field.press("Control+Enter")
    expect(page.get_by_text("In truth")).to_have_count(0)
    expect(page.locator(".lw-live-answers")).to_contain_text("networking")
    page.get_by_text("Run", exact=True).click()
    expect(chart(page, "Stream")).to_contain_text(re.compile("of the last .* calls met the target"))
    page.wait_for_timeout(4000)
    shoot(page, "live-text")
    page.get_by_text("Run", exact=True).click()
    settled(page)
    expect(page.locator('[data-testid="stPlotlyChart"]')).to_have_count(1)
    press(page, "Clear")
    expect(page.get_by_text("Switch it on, then change")).to_be_visible()


@pytest.mark.parametrize(("model", "name"), [("zoo/vision-resnet", "picture"), ("zoo/audio-conformer", "sound")])
def test_a_picture_and_a_sound(page: Page, server: Server, model: str, name: str) -> None:
    at_hand(page, server, model)
    left(page, "Depth", 1)
    expect(page.locator(".lw-live-verdict")).to_contain_text("instead of")
    shoot(page, f"live-{name}")


def test_cartpole_plays(page: Page, server: Server) -> None:
    at_hand(page, server, "zoo/rl-cartpole-policy")
    page.get_by_text("Play", exact=True).click()
    expect(page.get_by_text(re.compile("steps upright"))).to_be_visible()
    left(page, "Depth", 2)
    expect(page.get_by_text("6 of 8 layers run")).to_be_visible()
    page.wait_for_timeout(2000)
    shoot(page, "live-cartpole")


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "zh")])
@pytest.mark.parametrize(
    "model", ["zoo/text-bert", "zoo/vision-resnet", "zoo/audio-conformer", "zoo/rl-cartpole-policy"]
)
def test_a_model_at_hand_is_for_everybody(
    browser: Browser, server: Server, scheme: str, language: str, model: str
) -> None:
    """What axe-core says of every kind of model, with layers skipped and a stream running."""
    text = words_of(language)
    with tab_of(browser, server, scheme) as page:
        opened(page, f"{server.url}/Live?model={model}&depth=5&lang={language}")
        expect(page.get_by_text(text("live_stream_title"))).to_be_visible(timeout=RUN_MILLISECONDS)
        for switch in ("live_run", "live_play") if "cartpole" in model else ("live_run",):
            page.get_by_text(text(switch), exact=True).last.click()
        expect(page.locator('[data-testid="stPlotlyChart"]')).to_have_count(1)
        assert serious(page) == []
