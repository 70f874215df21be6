"""Bringing one's own: a model and data by upload, analysed on the real worker; and a look at every modality's cards."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import pandas
import pytest
from playwright.sync_api import Browser, Page, expect

from analysis_core.models.catalog import catalog
from analysis_core.runs.artifacts import ArtifactFolder
from analysis_core.runs.database import Database
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import ModalityType
from tests.browser.accessibility import serious
from tests.browser.conftest import Server, tab_of
from tests.browser.steps import RUN_MILLISECONDS, opened, overflow, press, settled, shoot, words_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CARD_MODALITIES = sorted({card.modality for card in catalog()}, key=list(ModalityType).index)
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model's folder as a zip, and its examples as a table with columns of other names."""
    card = next(card for card in catalog() if card.id == "zoo/text-bert")
    folder = tmp_path_factory.mktemp("brought")
    with zipfile.ZipFile(folder / "Docstring Bert.zip", "w") as archive:
        for name in FILES:
            archive.write(card.folder / name, f"Docstring Bert/{name}")
    sample = pandas.read_parquet(card.sample_path).head(240)
    table = pandas.DataFrame({"passage": sample["text"], "field": [card.labels[index] for index in sample["label"]]})
    table.to_csv(folder / "passages.csv", index=False)
    return folder / "Docstring Bert.zip", folder / "passages.csv"


def test_own_model_and_own_data_by_upload(page: Page, server: Server, brought: tuple[Path, Path]) -> None:
    model, data = brought
    opened(page, f"{server.url}/Explore")
    page.get_by_text("Bring your own model").click()
    refused = {"name": "pytorch_model.bin", "mimeType": "application/octet-stream", "buffer": pickled()}
    page.locator("input[type=file]").first.set_input_files(refused)  # type: ignore[arg-type]
    expect(page.get_by_text("because reading one could run code")).to_be_visible()
    expect(page.get_by_text("torch.load('pytorch_model.bin'")).to_be_visible()
    shoot(page, "own-model-refused")
    page.get_by_role("button", name=re.compile("Remove pytorch_model.bin")).click()
    expect(page.get_by_text("because reading one could run code")).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(model)
    expect(page.get_by_text("docstring-bert", exact=True)).to_be_visible()
    expect(page.get_by_text("Your model comes without examples")).to_be_visible()
    expect(page).to_have_url(re.compile("model=upload"))
    settled(page)
    shoot(page, "own-model-taken")
    page.locator("input[type=file]").last.set_input_files(data)
    expect(page.get_by_text(re.compile("passages.csv: 240 examples"))).to_be_visible()
    expect(page).to_have_url(re.compile("data=upload"))
    shoot(page, "own-data-taken")
    press(page, "Start the analysis")
    expect(page.get_by_text("Analysis under way")).to_be_visible()
    expect(page.get_by_text("No layer is picked")).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(page.get_by_role("heading", name="docstring-bert")).to_be_visible()
    expect(page.get_by_text(re.compile("96 examples of passages.csv"))).to_be_visible()
    shoot(page, "own-result")
    page.get_by_role("link", name=re.compile("Drop layers")).click()
    expect(page.get_by_role("heading", name="What if layers were gone?")).to_be_visible()
    press(page, "Measure it")
    expect(page.get_by_text(re.compile("^Measured: "))).to_be_visible(timeout=RUN_MILLISECONDS)


def test_a_wrong_line_is_named_and_the_choice_stays(page: Page, server: Server, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text("text,label\ngood,1\nbad,0,0\n")
    opened(page, f"{server.url}/Explore?model=zoo/text-bert")
    page.get_by_text("My own data").click()
    expect(page.get_by_text("A file, several files, or a zip of a folder")).to_be_visible()
    page.locator("input[type=file]").last.set_input_files(tmp_path / "broken.csv")
    expect(page.get_by_text("broken.csv, line 3")).to_be_visible()
    expect(page.get_by_role("button", name="Chosen")).to_be_visible()
    shoot(page, "own-data-wrong")


def test_own_model_in_chinese_and_a_cancel_within_two_seconds(
    page: Page, server: Server, brought: tuple[Path, Path]
) -> None:
    model, data = brought
    text = words_of("zh")
    opened(page, f"{server.url}/Explore?lang=zh")
    page.get_by_text(text("own_model")).click()
    refused = {"name": "pytorch_model.bin", "mimeType": "application/octet-stream", "buffer": pickled()}
    page.locator("input[type=file]").first.set_input_files(refused)  # type: ignore[arg-type]
    expect(page.get_by_text(text("refused_title"))).to_be_visible()
    page.locator(".stFileUploader").first.get_by_role("button", name=re.compile("pytorch_model.bin")).click()
    expect(page.get_by_text(text("refused_title"))).to_have_count(0)
    page.locator("input[type=file]").first.set_input_files(model)
    expect(page.get_by_text(text("own_from_upload"))).to_be_visible()
    expect(page.get_by_text(text("data_needed"))).to_be_visible()
    settled(page)
    page.locator("input[type=file]").last.set_input_files(data)
    expect(page.get_by_text(re.compile("passages.csv：240 个样本"))).to_be_visible()
    shoot(page, "own-data-taken-zh")
    seed = page.get_by_role("spinbutton", name=text("seed"))
    seed.fill("7")  # the same run in English has a result already, which would be offered
    seed.press("Enter")
    settled(page)
    press(page, text("start"))
    expect(page.get_by_text(text("running_title"))).to_be_visible()
    cancel = page.get_by_role("button", name=text("cancel"), exact=True)
    expect(cancel).to_be_visible()
    page.wait_for_timeout(700)  # into the work
    cancel.click()
    expect(page.get_by_text(text("cancelled_title"))).to_be_visible()
    run = re.search(r"run=(\w+)", page.url)
    assert run is not None
    asked, ended = cancel_times(server.home, run[1])
    assert ended - asked < 2
    shoot(page, "explore-cancelled-zh")


def cancel_times(home: Path, run_id: str) -> tuple[float, float]:
    """When the store heard of the wish, and when the run was over."""
    store = RunStore(Database(f"sqlite:///{home / 'runs.db'}"), ArtifactFolder(home / "runs"))
    run = store.get(run_id)
    assert run.cancel_requested_at is not None
    assert run.ended_at is not None
    return run.cancel_requested_at, run.ended_at


@pytest.mark.parametrize("modality", CARD_MODALITIES)
def test_the_cards_of_a_modality(page: Page, server: Server, modality: ModalityType) -> None:
    text = words_of("en")
    *others, linked = sorted({card.task for card in catalog() if card.modality == modality})
    opened(page, f"{server.url}/Explore?modality={modality}&task={linked}")
    for task in (linked, *others):
        if task != linked:
            page.get_by_role("radiogroup", name=text("task")).get_by_text(text(f"task_{task}"), exact=True).click()
            expect(page).to_have_url(re.compile(f"[?&]task={task}(&|$)"))
            settled(page)
        for card in catalog():
            shown = page.locator(".lw-card-title", has_text=re.compile(f"^{re.escape(card.title)}$"))
            expect(shown).to_have_count(1 if (card.modality, card.task) == (modality, task) else 0)
        assert page.evaluate("[...document.querySelectorAll('.lw-blocks')].every(image => image.naturalWidth > 0)")
    shoot(page, f"cards-{modality}")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1920)])
def test_pictures_of_choosing(browser: Browser, server: Server, scheme: str, width: int) -> None:
    with tab_of(browser, server, scheme, width) as tab:
        opened(tab, f"{server.url}/Explore?modality=vision")
        tab.get_by_text("Bring your own model").click()
        tab.get_by_text("My own data").click()
        settled(tab)
        assert serious(tab) == []
        assert overflow(tab) == 0
        shoot(tab, f"choosing-{scheme}-{width}")
        opened(tab, f"{server.url}/Explore?model={quote('hub:timm:resnet18')}")
        shoot(tab, f"choosing-hub-{scheme}-{width}")


def pickled() -> bytes:
    """What torch.save writes: a zip with a pickle in it."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
    return sink.getvalue()
