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
from analysis_core.vocabulary import ModalityType
from tests.browser.conftest import Server
from tests.browser.steps import RUN_MILLISECONDS, opened, press, settled, shoot

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


@pytest.mark.parametrize("modality", CARD_MODALITIES)
def test_the_cards_of_a_modality(page: Page, server: Server, modality: ModalityType) -> None:
    tasks = {card.task for card in catalog() if card.modality == modality}
    for task in sorted(tasks):
        opened(page, f"{server.url}/Explore?modality={modality}&task={task}")
        for card in catalog():
            shown = page.locator(".lw-card-title", has_text=re.compile(f"^{re.escape(card.title)}$"))
            expect(shown).to_have_count(1 if (card.modality, card.task) == (modality, task) else 0)
        assert page.evaluate("[...document.querySelectorAll('.lw-blocks')].every(image => image.naturalWidth > 0)")
        shoot(page, f"cards-{modality}-{task}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_pictures_of_choosing(browser: Browser, server: Server, scheme: str, width: int) -> None:
    server.complaints.clear()
    size = {"width": width, "height": 800 if width == 1280 else 1080}
    tab = server.watch(browser.new_page(color_scheme=scheme, viewport=size))  # type: ignore[arg-type]
    opened(tab, f"{server.url}/Explore?modality=vision")
    tab.get_by_text("Bring your own model").click()
    tab.get_by_text("My own data").click()
    shoot(tab, f"choosing-{scheme}-{width}")
    opened(tab, f"{server.url}/Explore?model={quote('hub:timm:resnet18')}")
    shoot(tab, f"choosing-hub-{scheme}-{width}")
    tab.close()
    assert server.complaints == []


def pickled() -> bytes:
    """What torch.save writes: a zip with a pickle in it."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
    return sink.getvalue()
