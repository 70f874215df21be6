"""The engineer's way: a ratio, its estimate, the measurement in its place, the smaller model and its report."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect
from safetensors import safe_open

from tests.browser.conftest import Server
from tests.browser.shelf import Shelf
from tests.browser.steps import RUN_MILLISECONDS, chart, click_cell, move, opened, press, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
LAYERS = 12
MOST_BYTES = 300e6


def test_from_a_ratio_to_the_smaller_model(page: Page, server: Server, shelf: Shelf, tmp_path: Path) -> None:
    text = words_of("en")
    opened(page, f"{server.url}/Explore?run={shelf.analysis}")
    page.get_by_role("link", name=text("try_dropping")).click()
    expect(page.get_by_role("heading", name=text("what_if_title"))).to_be_visible()
    settled(page)
    kept = layers_kept(page)
    move(page, text("ratio"), "ArrowRight")
    expect(page.get_by_text(text("strip_title", kept=kept - 1, all=LAYERS))).to_be_visible()
    expect(page).to_have_url(re.compile("ratio="))
    expect(page.locator(".is-estimated").first).to_be_visible()
    settled(page)
    quality = page.locator(".lw-value").first
    before = quality.inner_text()
    by_hand(page, kept - 1)
    expect(quality).not_to_have_text(before)
    shoot(page, "engineer-estimated")

    press(page, text("measure"))
    expect(page.get_by_text(re.compile("^Measured: "))).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.locator(".is-estimated")).to_have_count(0)
    expect(page.get_by_text(re.compile("^Estimated .* without this measurement, measured "))).to_be_visible()
    settled(page)
    shoot(page, "engineer-measured")
    page.get_by_role("radiogroup", name=text("quality_against")).get_by_text(text("against_speedup")).click()
    expect(page).to_have_url(re.compile("axis=speedup"))
    expect(page.locator('[aria-label^="Quality against “Speed-up"]').first).to_be_visible()
    settled(page)
    refused(page)

    press(page, text("export"))
    button = page.get_by_role("button", name=re.compile(r"Download the \d+-layer model"))
    expect(button).to_be_visible(timeout=RUN_MILLISECONDS)
    shoot(page, "engineer-exported")
    with page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "model.zip")
    holds(tmp_path / "model.zip", tmp_path / "model", page)


def test_the_same_in_chinese(page: Page, server: Server, shelf: Shelf) -> None:
    text = words_of("zh")
    opened(page, f"{server.url}/What_if?run={shelf.analysis}&strategy=consensus&lang=zh")
    expect(page.get_by_role("heading", name=text("what_if_title"))).to_be_visible()
    move(page, text("ratio"), "End")
    expect(page.get_by_text(text("strip_title", kept=2, all=LAYERS))).to_be_visible()
    expect(page.locator(".lw-figure").first).to_contain_text(text("tag_estimated"))
    expect(page.get_by_role("button", name=text("measure"), exact=True)).to_be_enabled()
    shoot(page, "engineer-estimated-zh")
    opened(page, f"{server.url}/What_if?run={shelf.again}&removed={shelf.removed}&lang=zh")
    expect(page.locator(".lw-figure").first).to_contain_text(text("tag_measured"))
    expect(page.locator(".is-estimated")).to_have_count(0)
    expect(page.get_by_text(re.compile("^测量：671 个测试样本"))).to_be_visible()
    expect(page.get_by_role("button", name=text("export"))).to_be_enabled()


def test_the_app_stays_small(server: Server, page: Page) -> None:
    """The app's process holds no model: below 300 MB after the walk."""
    opened(page, server.url)
    sizes = [
        process.memory_info().rss
        for process in psutil.process_iter(["cmdline", "environ"])
        if "streamlit" in " ".join(process.info["cmdline"] or ())
        and (process.info["environ"] or {}).get("LAYERWISE_HOME") == str(server.home)
    ]
    assert sizes
    assert max(sizes) < MOST_BYTES


def layers_kept(page: Page) -> int:
    """How many layers stay, as the title of the strip says."""
    found = re.search(rf"(\d+) of {LAYERS} layers stay", page.locator("[data-testid=stMain]").inner_text())
    assert found is not None
    return int(found[1])


def by_hand(page: Page, kept: int) -> None:
    """Click the first layer out, take that back, do it again, and click it in and out with what stands beside."""
    for times in ((kept - 1, None), (kept, "Undo"), (kept - 1, "Redo")):
        if times[1] is None:
            click_cell(chart(page, "Strip"), 0, LAYERS, height=0.45)
        else:
            press(page, times[1])
        expect(page.get_by_text(f"{times[0]} of {LAYERS} layers stay")).to_be_visible()
        settled(page)
    expect(page).to_have_url(re.compile("removed=0-"))


def refused(page: Page) -> None:
    """A goal that cannot be reached is told of, and stays in its form."""
    text = words_of("en")
    page.get_by_text(text("search")).click()
    settled(page)
    page.get_by_role("spinbutton", name=text("search_ratio")).fill("40")
    press(page, text("search_start"))
    expect(page.get_by_text(re.compile("40x cannot be reached"))).to_be_visible()
    expect(page.get_by_role("spinbutton", name=text("search_ratio"))).to_have_value("40.00")


def holds(archive: Path, folder: Path, page: Page) -> None:
    """The archive holds the model that was looked at: its record, its weights, and a report for reading."""
    with zipfile.ZipFile(archive) as packed:
        assert {"config.json", "model.safetensors", "compression.json", "README.md", "report.html"} <= set(
            packed.namelist()
        )
        packed.extractall(folder)
    record = json.loads((folder / "compression.json").read_text(encoding="utf-8"))
    removed = record["plan"]["remove"]
    assert f"removed={'-'.join(map(str, removed))}" in page.url
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"] == LAYERS - len(
        removed
    )
    with safe_open(folder / "model.safetensors", "numpy") as weights:
        blocks = {name.split("encoder.layer.")[1].split(".")[0] for name in weights.keys() if "encoder.layer." in name}  # noqa: SIM118
    assert len(blocks) == LAYERS - len(removed)
    page.goto((folder / "report.html").as_uri())
    expect(page.locator("h1").first).to_be_visible()
    shoot_report = Path(__file__).parent / "out" / "engineer-report.png"
    page.screenshot(path=str(shoot_report), full_page=True)
