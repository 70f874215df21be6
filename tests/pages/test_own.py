"""The way in with one's own model and one's own data: what is asked, what is refused, what is never lost."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.models import hub
from analysis_core.results import RunView
from tests.models import tiny_models
from tests.pages.conftest import Open
from tests.pages.reading import words

TABLE = "what,verdict\n" + "".join(f"a {word} film {row},{row % 3}\n" for row in range(40) for word in ["very"])
Files = Mapping[str, bytes]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.bert_folder(tmp_path_factory.mktemp("own") / "my-bert", layers=4)


@pytest.fixture
def root(tmp_path: Path, bert: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the server may read, with a model and a table in it."""
    folder = tmp_path / "shared"
    shutil.copytree(bert, folder / "my-bert")
    (folder / "reviews.csv").write_text(TABLE)
    monkeypatch.setenv("LAYERWISE_ROOTS", str(folder))
    return folder


def packed(files: Files) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def model_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def upload(test: AppTest, number: int, files: Files) -> AppTest:
    test.file_uploader[number].set_value(
        [(name, content, "application/octet-stream") for name, content in files.items()]
    )
    return test.run()


def choose_own_data(test: AppTest) -> AppTest:
    next(item for item in test.button_group if item.label == "Examples").set_value("own")
    return test.run()


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click()
    return test.run()


def only_run() -> RunView:
    (view,) = service.runs()
    return view


def parameter(test: AppTest, name: str) -> str:
    found = test.query_params.get(name, "")
    return unquote(found[0] if isinstance(found, list) else found)


def test_cards_of_both_kinds_say_the_same_things(open_page: Open) -> None:
    old = words(open_page("explore"))
    assert "71.0\u202f%</b> accuracy" in old and "against 14.0\u202f% for always the same" in old
    assert "Docstrings · PSF-2.0" in old and 'alt="12 blocks"' in old
    new = words(open_page("explore", model="zoo/text-t5"))
    assert "3.21</b> perplexity, lower is better" in new
    assert "against 41.0 for always writing the commonest letter" in new
    assert 'alt="8 blocks (encoder) and 4 blocks (decoder)"' in new


def test_only_what_fits_is_offered_and_the_address_keeps_it(open_page: Open) -> None:
    test = open_page("explore", modality="text", task="translation")
    assert "T5 on dates" in words(test) and "BERT on docstrings" not in words(test)
    assert next(item for item in test.button_group if item.label == "It does").options
    next(item for item in test.button_group if item.label == "It reads").set_value("vision").run()
    assert "ViT on digits" in words(test)
    assert parameter(test, "modality") == "vision" and not parameter(test, "model")


def test_a_model_and_data_by_upload_become_a_run(open_page: Open, bert: Path, home: Path) -> None:
    test = upload(open_page("explore"), 0, {"My Bert.zip": packed(model_files(bert))})
    assert not test.exception
    assert parameter(test, "model").startswith("upload:")
    assert "my-bert" in words(test) and "BertForSequenceClassification" in words(test)
    assert "Your model comes without examples" in words(test) and "Data are missing" in words(test)
    assert "Table</b>" in words(test) and "text,label" in words(test)
    test = upload(test, 1, {"reviews.csv": TABLE.encode()})
    assert parameter(test, "data").startswith("upload:")
    assert "No column holds" in words(test) or "reviews.csv: 40 examples" in words(test)
    boxes = {item.label: item for item in test.selectbox}
    assert boxes["Text"].value == "what"
    boxes["Class"].set_value("verdict").run()
    assert "reviews.csv: 40 examples" in words(test)
    press(test, "start")
    view = only_run()
    assert view.config["task_type"] == "classification" and view.config["modality_type"] == "text"
    assert Path(view.config["model_name"]).parent.parent == home / "uploads"
    assert Path(view.config["model_name"]).name == "my-bert"
    assert Path(view.config["data"]).name == "reviews.csv"
    assert view.config["data_columns"] == {"text": "what", "label": "verdict"}


def test_a_refused_model_is_one_sentence_with_the_line_that_converts_it(open_page: Open) -> None:
    test = open_page("explore", model="zoo/vision-vit")
    test.select_slider[0].set_value(128).run()
    upload(test, 0, {"config.json": b"{}", "pytorch_model.bin": packed({"archive/data.pkl": b"x"})})
    assert not test.exception
    assert "could run code" in words(test) and "Everything else that you chose" in words(test)
    assert "torch.load(&#x27;pytorch_model.bin&#x27;" in words(test) or any(
        "torch.load('pytorch_model.bin'" in item.value for item in test.code
    )
    assert parameter(test, "model") == "zoo/vision-vit" and test.select_slider[0].value == 128


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auto_map": {"AutoModel": "x.Y"}}, "asks to run code"),
        ({"num_hidden_layers": 3000}, "asks for 3000 layers"),
        ({"attn_implementation": "someone/kernel"}, "refused"),
    ],
)
def test_a_model_with_a_bad_configuration_is_refused_at_once(
    open_page: Open, bert: Path, change: dict[str, object], said: str
) -> None:
    files = model_files(bert)
    files["config.json"] = json.dumps(json.loads(files["config.json"]) | change).encode()
    test = upload(open_page("explore"), 0, files)
    assert said in words(test) and not parameter(test, "model") and not test.exception


def test_a_wrong_line_is_named_and_the_rest_stays(open_page: Open, root: Path) -> None:
    (root / "broken.csv").write_text("text,label\ngood,1\nbad,0,0\n")
    test = open_page("explore", model=f"folder:{root / 'my-bert'}", data=f"path:{root / 'broken.csv'}")
    assert not test.exception
    assert "broken.csv, line 3: 3 values stand where the header names 2 columns." in words(test)
    assert "Nothing runs until this is mended" in words(test)
    assert "my-bert" in words(test) and "Data are missing" in words(test)
    press(test, "data-other")
    assert not parameter(test, "data") and parameter(test, "model")


def test_a_label_that_the_model_does_not_have_is_named(open_page: Open, root: Path) -> None:
    (root / "odd.csv").write_text("text,label\nfine,positive\nodd,purple\n")
    test = open_page("explore", model=f"folder:{root / 'my-bert'}", data=f"path:{root / 'odd.csv'}")
    assert "odd.csv, line 3" in words(test) and "purple" in words(test)


def test_folders_are_read_below_the_roots_only(open_page: Open, root: Path, tmp_path: Path) -> None:
    outside = tiny_models.bert_folder(tmp_path / "secret")
    test = open_page("explore", model=f"folder:{outside}")
    assert "outside the places that this server may read" in words(test) and not test.exception
    assert "BERT on docstrings" in words(test)
    test = open_page("explore", data=f"path:{tmp_path / 'secret' / 'config.json'}")
    assert "outside the places" in words(test) and not parameter(test, "data")
    test = open_page("explore")
    folders = next(item for item in test.selectbox if item.label == "Folder of a model")
    assert folders.options == [str(root / "my-bert")]
    folders.set_value(str(root / "my-bert")).run()
    press(test, "own-use-folder")
    assert parameter(test, "model") == f"folder:{root / 'my-bert'}"


def test_without_roots_the_page_says_how_to_name_some(open_page: Open) -> None:
    assert "LAYERWISE_ROOTS" in words(open_page("explore"))


def test_what_a_configuration_leaves_open_is_asked(open_page: Open, root: Path) -> None:
    config = json.loads((root / "my-bert" / "config.json").read_text())
    config |= {"architectures": ["T5ForConditionalGeneration"]}
    (root / "my-bert" / "config.json").write_text(json.dumps(config))
    test = open_page("explore", model=f"folder:{root / 'my-bert'}")
    (asked,) = [item for item in test.selectbox if item.label == "What is it used for?"]
    assert [str(option) for option in asked.options] == ["Text: Translation", "Text: Summarization", "Text: Generation"]
    assert asked.value is None and not [item for item in test.button if item.key == "start"]
    asked.select_index(1).run()
    assert (parameter(test, "modality"), parameter(test, "task")) == ("text", "summarization")
    assert "Parallel texts" in words(test)
    press(test, "own-aside")
    assert not parameter(test, "model") and "BERT on docstrings" in words(test)


def test_a_hub_model_without_a_network_is_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    test = open_page("explore")
    assert "Nothing of the hub is on this machine" in words(test)
    test.text_input(key="own-hub").set_value("someone/films").run()
    press(test, "own-use-hub")
    assert "hub is out of reach" in words(test) and "someone/films" in words(test) and not parameter(test, "model")


def test_a_hub_model_of_the_cache_is_looked_into(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bert: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    shutil.copytree(bert, tmp_path / "models--someone--films" / "snapshots" / "0123")
    test = open_page("explore")
    next(item for item in test.button_group if item.label == "Already on this machine").set_value("someone/films").run()
    assert parameter(test, "model") == "hub:someone/films"
    assert "BertForSequenceClassification" in words(test) and 'alt="4 blocks"' in words(test)
    assert "From the Hugging Face hub" in words(test)


@pytest.mark.parametrize(
    "key", ["hub:../x", "hub:/etc", "hub:", "hub:a/b/c", "upload:../..", "upload:0123456789abcdef"]
)
def test_a_model_that_cannot_be_is_a_helpful_page(open_page: Open, key: str) -> None:
    test = open_page("explore", model=key)
    assert not test.exception
    assert "The model of this address cannot be used" in words(test) and "BERT on docstrings" in words(test)


def test_a_timm_name_needs_no_questions(open_page: Open) -> None:
    test = open_page("explore", model="hub:timm:resnet18")
    assert "counted when it is loaded" in words(test)
    assert "How long it takes shows once the model is loaded" not in words(test), "data are asked for first"
    assert not [item for item in test.selectbox if item.label == "What is it used for?"]
    assert "Pictures by class" in words(test)


def test_own_data_for_an_embedded_model(open_page: Open, root: Path) -> None:
    (root / "mine.csv").write_text("text,label\n" + "".join(f"word {row},{'ab'[row % 2]}\n" for row in range(30)))
    test = choose_own_data(open_page("explore"))
    assert "Data are missing" in words(test)
    test.text_input(key="own-data-path").set_value(str(root / "nothing.csv")).run()
    press(test, "own-data-use")
    assert "There is no such file or folder" in words(test)
    test.text_input(key="own-data-path").set_value(str(root / "mine.csv")).run()
    press(test, "own-data-use")
    assert "mine.csv: 30 examples" in words(test)
    press(test, "start")
    assert only_run().config["data"] == str(root / "mine.csv") and only_run().config["task_type"] is None


def test_large_data_are_left_to_the_run(open_page: Open, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.choosing.own_data.LARGEST_READ_BYTES", 10)
    test = open_page("explore", model=f"folder:{root / 'my-bert'}", data=f"path:{root / 'reviews.csv'}")
    assert "It is read and checked when the run starts" in words(test)
    assert [item for item in test.button if item.key == "start"]
