"""The researcher's way: choose, start, see results arrive, click a cell, compare with another run, take the table."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analysis_core import service
from tests.browser.conftest import Server, tab_of
from tests.browser.shelf import Shelf, at_home
from tests.browser.steps import RUN_MILLISECONDS, chart, click_cell, move, opened, press, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LAYERS, CLICKED = 8, 3
LEFT_OUT = "topology_analysis"
HEATMAP = {"en": "Heatmap of", "zh": "热力图"}


def test_from_the_choice_to_the_table(page: Page, server: Server, shelf: Shelf, tmp_path: Path) -> None:
    text = words_of("en")
    opened(page, f"{server.url}/Explore")
    chosen(page, text("modality"), text("modality_text"))
    chosen(page, text("task"), text("task_generation"))
    card = page.locator('[class*="st-key-card-"]').filter(has_text="Llama")
    card.get_by_role("button", name=text("card_choose")).click()
    expect(card.get_by_role("button", name=text("card_chosen"))).to_be_visible()
    move(page, text("examples"), "Home")
    page.locator(f".st-key-method-{LEFT_OUT} label").first.click()
    expect(page.get_by_text(re.compile(rf"^11 methods, {LAYERS} blocks, up to 64 examples"))).to_be_visible()
    shoot(page, "researcher-chosen")

    press(page, text("start"))
    expect(page.get_by_text(text("running_title"))).to_be_visible()
    expect(page.locator(".lw-steps li.is-done").first).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.get_by_label(re.compile(r"of 11 methods are in")).first).to_be_attached()
    page.screenshot(path=str(Path(__file__).parent / "out" / "researcher-partial.png"))
    expect(page.get_by_text(text("no_layer_title"))).to_be_visible(timeout=RUN_MILLISECONDS)
    settled(page)
    run = re.search(r"run=(\w+)", page.url)
    assert run is not None

    selected_everywhere(page, "en")
    table = downloaded(page, tmp_path, "en")
    with at_home(server.home):
        report = service.report(run[1])
    assert LEFT_OUT not in report.methods
    assert {(row["method"], int(row["layer"])) for row in table} == {
        (name, layer) for name in report.methods for layer in range(LAYERS)
    }
    for row in table:
        score = report[row["method"]].scores[int(row["layer"])]
        assert row["score"] == ("" if score is None else repr(score))

    page.locator("[data-testid=stMain]").get_by_role("link", name=text("compare_this"), exact=True).last.click()
    expect(page).to_have_url(re.compile(f"Compare.*{run[1]}%2C{shelf.other}"))
    expect(page.locator(".lw-sides th[scope=col]")).to_have_count(3)
    expect(page.locator(".lw-sides")).to_contain_text("64")
    settled(page)
    shoot(page, "researcher-compared")


def test_the_same_in_chinese(page: Page, server: Server, shelf: Shelf, tmp_path: Path) -> None:
    text = words_of("zh")
    opened(page, f"{server.url}/Explore?lang=zh")
    expect(page.get_by_role("heading", name=text("explore_title"))).to_be_visible()
    chosen(page, text("modality"), text("modality_vision"))
    chosen(page, text("task"), text("task_segmentation"))
    expect(page.locator(".lw-card-title").filter(has_text="SegFormer")).to_have_text(re.compile("[\u4e00-\u9fff]"))
    expect(page.get_by_text(re.compile(r"^\d+ 种方法，8 个块，最多 512 个样本。"))).to_be_visible()
    expect(page.get_by_role("button", name=text("start"), exact=True)).to_be_enabled()
    page.get_by_role("link", name=re.compile("text-llama · 9")).first.click()
    expect(page).to_have_url(re.compile(f"run={shelf.other}"))
    expect(page.get_by_text(text("no_layer_title"))).to_be_visible()
    settled(page)
    selected_everywhere(page, "zh")
    assert {int(row["layer"]) for row in downloaded(page, tmp_path, "zh")} == set(range(LAYERS))
    opened(page, f"{server.url}/Compare?runs={shelf.analysis},{shelf.other}&lang=zh")
    expect(page.get_by_role("heading", name=text("compare_title"))).to_be_visible()
    expect(page.locator(".lw-sides")).to_contain_text("个块")


def test_a_copied_link_opens_the_same_view(browser: Browser, server: Server, shelf: Shelf) -> None:
    address = f"{server.url}/Explore?run={shelf.analysis}&layer=3&view=rank&method=layer_correlation"
    with tab_of(browser, server, "dark", 1920) as elsewhere:
        opened(elsewhere, address)
        expect(elsewhere.get_by_role("combobox", name="Layer", exact=True)).to_have_value("Layer 3")
        expect(elsewhere.get_by_role("radio", name="Ranks")).to_be_checked()
        expect(elsewhere.get_by_role("combobox", name="Method", exact=True)).to_have_value("Layer correlation (CKA)")


def chosen(page: Page, group: str, option: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_text(option, exact=True).click()
    settled(page)


def selected_everywhere(page: Page, language: str) -> None:
    """A click on a cell selects its layer in the panel, in the address and in the table, and a reload keeps it."""
    text = words_of(language)
    layer = text("layer_of", layer=CLICKED)
    click_cell(chart(page, HEATMAP[language]), CLICKED, LAYERS)
    expect(page).to_have_url(re.compile(f"layer={CLICKED}"))
    panel = page.get_by_role("combobox", name=text("layer"), exact=True)
    expect(panel).to_have_value(layer)
    page.get_by_text(text("as_table")).click()
    expect(page.get_by_role("combobox", name=text("table_pick"))).to_have_value(layer)
    marked = page.get_by_role("table", name=text("table_caption")).locator("tr.is-marked")
    expect(marked).to_contain_text(layer)
    page.reload()
    expect(panel).to_have_value(layer)
    settled(page)
    shoot(page, f"researcher-result-{language}")


def downloaded(page: Page, folder: Path, language: str) -> list[dict[str, str]]:
    """The table of scores, as it is saved."""
    page.get_by_role("button", name=words_of(language)("download_menu")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    download.value.save_as(folder / "scores.csv")
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
