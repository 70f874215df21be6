"""The teacher's way: Home and its slider, a lesson, its control, its question, and the real app behind it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from analysis_core.report.lessons import first_layer
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.phrases import CHINESE, ENGLISH
from pages.ui import translated
from tests.browser.conftest import Server
from tests.browser.shelf import shipped
from tests.browser.steps import move, opened, press, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_lesson(page: Page, server: Server, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.language.current", lambda: language)
    text, phrases = words_of(language), CHINESE if language == "zh" else ENGLISH
    told = LessonData.from_dict(shipped("lessons/text-llama.json"))
    data = replace(told, report=translated.report(told.report))
    question = first_layer.question(data, phrases)

    opened(page, f"{server.url}/?lang={language}")
    expect(page.get_by_role("heading", name=text("home_title"))).to_be_visible()
    quality = page.locator(".lw-value").first
    before = quality.inner_text()
    move(page, page.get_by_role("slider").first, "ArrowRight", 3)
    expect(quality).not_to_have_text(before)
    expect(page).to_have_url(re.compile("ratio="))
    settled(page)

    page.locator(".st-key-lw-header").get_by_role("link", name=text("nav_learn")).click()
    expect(page.get_by_role("heading", name=text("learn_title"))).to_be_visible()
    page.get_by_role("link", name=text("learn_open", number=1)).click()
    expect(page).to_have_url(re.compile("lesson=first-layer"))
    expect(page.get_by_role("heading", name=text("learn_first_title"))).to_be_visible()
    expect(page.get_by_label(first_layer.finding(data, 0, phrases)).first).to_be_visible()
    settled(page)
    move(page, text("learn_first_control"), "ArrowRight", 4)
    expect(page.get_by_label(first_layer.finding(data, 4, phrases)).first).to_be_visible()
    expect(page).to_have_url(re.compile("layer=4"))

    press(page, text("learn_check"))
    expect(page.get_by_text(text("learn_pick_first"))).to_be_visible()
    wrong = (question.right + 1) % len(question.options)
    for place, verdict in ((wrong, text("learn_wrong")), (question.right, text("learn_right"))):
        page.get_by_role("radiogroup").locator("label").nth(place).click()
        press(page, text("learn_check"))
        expect(page.get_by_role("heading", name=verdict, exact=True)).to_be_visible()
    expect(page.get_by_text(question.because)).to_be_visible()
    shoot(page, f"teacher-{language}")

    page.get_by_role("link", name=text("learn_first_do")).click()
    expect(page.get_by_role("heading", name=text("explore_title"))).to_be_visible()
    expect(page).to_have_url(re.compile("model=zoo(%2F|/)text-llama"))
    expect(page.get_by_role("button", name=text("card_chosen"))).to_be_visible()
    expect(page.get_by_role("button", name=text("start"))).to_be_enabled()
