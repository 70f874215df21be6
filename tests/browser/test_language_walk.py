"""Switching the language in a real browser: the page and what is chosen on it stay, and so does the choice."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

ADDRESS = "What_if?run=showcase&strategy=consensus&ratio=2.00"


def test_a_reader_switches_to_chinese_and_back(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/{ADDRESS}")
    expect(page.get_by_role("heading", name="What if layers were gone?")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="如果去掉一些层，会怎样？")).to_be_visible()
    expect(page.get_by_role("combobox", name="由谁选择层")).to_have_value("共识")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.url.endswith(ADDRESS), "the link that one would share is the same"
    page.reload()
    expect(page.get_by_role("heading", name="如果去掉一些层，会怎样？")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="What if layers were gone?")).to_be_visible()
    expect(page.get_by_role("combobox", name="Who chooses the layers")).to_have_value("Consensus")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_an_uploader_is_named_in_chinese_for_those_who_hear_it(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/Explore?lang=zh")
    page.get_by_text("我自己的数据").first.click()
    zone = page.get_by_test_id("stFileUploaderDropzone").filter(visible=True).first
    expect(zone.get_by_role("button", name="选择文件", exact=True)).to_be_visible()
    expect(zone.get_by_text("Upload", exact=True)).to_be_hidden()
    expect(zone.get_by_text("per file")).to_be_hidden()
