"""Every term that a page uses has a help mark there, and the glossary says of each what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.methods import METHODS
from analysis_core.models.catalog import catalog
from analysis_core.report.phrases import CHINESE, ENGLISH, metric_name
from pages.ui import language
from pages.ui.lessons.catalog import LESSONS
from pages.ui.terms import marks
from pages.ui.terms.entries import KNOWN, Entry, entry, helped
from tests.pages import comparing, filling, live_room, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts
from tests.pages.reading import unmarked as unmarked_markup

LANGUAGES = ("en", "zh")
CARDS = catalog()
WITHOUT_FORMULA = frozenset(
    {"stage", "stack", "parameters", "hidden", "score", "rank", "consensus", "measured", "estimated", "counted", "seed",
     "held_out", "points", "frontier", "one_shot", "beam", "evolutionary", "protected", "heal", "latency", "parallel"}
)  # fmt: skip
"""Terms that no formula says better than their sentence."""


@dataclass(frozen=True)
class Shown:
    """What a page says: all its words, and the terms that it marks."""

    words: str
    marked: frozenset[str]


@pytest.fixture(params=LANGUAGES)
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    """The reader's language, also for what the test itself looks up."""
    token = language._settled.set(request.param)
    yield str(request.param)
    language._settled.reset(token)


def shown(test: AppTest) -> Shown:
    """Read a page: titles, texts, labels, choices, and what stands in its figures."""
    assert not test.exception
    html = [element.proto.body for element in test.get("html") if "<style>" not in element.proto.body]
    bodies = [unmarked_markup(body) for body in html if "<script>" not in body]
    parts = [re.sub(r"<[^>]+>", " ", body) for body in bodies]
    helps = []
    for kind in ("title", "header", "subheader", "markdown", "selectbox", "select_slider", "slider", "multiselect",
                 "toggle", "checkbox", "button_group", "number_input", "text_input", "radio", "button"):  # fmt: skip
        for element in getattr(test, kind):
            parts.append(str(getattr(element, "label", "") or getattr(element, "value", "")))
            helps.append(str(getattr(element.proto, "help", "") or ""))
    for kind in ("expander", "download_button"):  # a link has the title of another page, which explains it
        parts += [str(getattr(element.proto, "label", "")) for element in test.get(kind)]
    for figure in charts(test).values():
        parts += marks._words_of(figure)
    said, told = "\n".join(parts), "\n".join(helps)
    drawn = set(re.findall(r'data-term="(\w+)"', "".join(html)))
    return Shown(said, frozenset(drawn | {key for key in _all() if _is_told(entry(key), told)}))


def _is_told(found: Entry, told: str) -> bool:
    """Whether Streamlit's own help marks tell of it: by its formula where it has one."""
    return (found.formula or found.sentence) in told and found.source in told


def unmarked(test: AppTest) -> dict[str, str]:
    """Terms that the page names and nowhere explains, with the words around them."""
    page = shown(test)
    found = {
        hit.key: page.words[max(0, hit.start - 30) : hit.end + 20]
        for hit in marks._found(language.current(), page.words)
    }
    assert found, "a page without any term: it was not read"
    return {key: where for key, where in found.items() if key not in page.marked}


def _all() -> list[str]:
    return [*KNOWN, *METHODS]


@pytest.mark.parametrize("key", _all())
def test_the_glossary_says_what_a_term_is(key: str, code: str) -> None:
    found = entry(key)
    assert isinstance(found, Entry)
    assert len(found.sentence) > (8 if code == "zh" else 30)
    assert found.sentence.endswith(("。", "？") if code == "zh" else (".", "?"))
    assert bool(found.formula) == (key not in WITHOUT_FORMULA)
    assert not found.source or re.search(r"\b(1[789]|20)\d\d\b|This project", found.source), found.source
    assert all(part in helped("", key) for part in found)


def test_formula_and_source_are_told_in_the_mark() -> None:
    drawn = marks.mark("knee", "knee")
    assert "Satop" in drawn and "max_i" in drawn and "Where the frontier bends" in drawn


def test_a_term_is_marked_once_in_a_part_and_nothing_else_is_touched() -> None:
    with marks.part_of_a_page():
        first, second = marks.marked("A knee & a <b>."), marks.marked("The knee again, in bert.encoder.layer.")
    assert 'data-term="knee"' in first and "&amp; a &lt;b&gt;." in first
    assert second == "The knee again, in bert.encoder.layer."
    assert 'data-term="knee"' in marks.marked("Another part's knee")


@pytest.mark.parametrize(("said", "key"), [
    ("the mean reciprocal rank", "reciprocal_rank"), ("rank correlation", "spearman"),
    ("Block influence", "block_influence"), ("greedy measured search", "greedy"),
    ("Layer correlation (CKA)", "layer_correlation"),
])  # fmt: skip
def test_the_longest_term_is_meant(said: str, key: str) -> None:
    assert marks.terms_in(said) == [key]


def test_the_metric_of_every_embedded_model_is_a_term(code: str) -> None:
    table = CHINESE if code == "zh" else ENGLISH
    names = {card.metric: metric_name(card.metric, table) for card in CARDS}
    assert len(names) > 5
    assert {metric: name for metric, name in names.items() if not marks.terms_in(name)} == {}


def test_home(open_page: Open, shipped: Path, code: str) -> None:
    assert unmarked(open_page("home", lang=code)) == {}


def test_choosing(open_page: Open, code: str) -> None:
    page = open_page("explore", lang=code)
    assert unmarked(page) == {}
    assert set(METHODS) <= shown(page).marked


def test_a_result(open_page: Open, code: str) -> None:
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    page = open_page("explore", run=run, layer="5", lang=code)
    assert unmarked(page) == {}
    assert {name for name, (title, _) in synthetic.TITLES.items() if marks.terms_in(title)} <= shown(page).marked


@pytest.mark.parametrize("removed", ["4-5", "3"])
def test_what_if(open_page: Open, code: str, removed: str) -> None:
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    filling.finished(filling.compression(run, (4, 5)), synthetic.outcome([4, 5], "manual"))
    page = open_page("what_if", run=run, removed=removed, lang=code)
    assert unmarked(page) == {}
    assert {"one_shot", "greedy", "beam", "evolutionary", "flops", "patch", "distillation", "lora", "int8", "low_rank",
            "frontier", "knee", "dominated", "ratio", "retention", "speedup"} <= shown(page).marked  # fmt: skip


def test_compare(open_page: Open, code: str) -> None:
    runs = [comparing.analysed(), comparing.analysed(seed=1), comparing.analysed(model="zoo/vision-vit", layers=8)]
    page = open_page("compare", runs=",".join(runs), lang=code)
    assert unmarked(page) == {}
    assert {"spearman", "relative_depth", "parallel", "consensus", "mean_rank"} <= shown(page).marked


@pytest.mark.parametrize("kind", ["text", "play"])
def test_live(open_page: Open, code: str, kind: str) -> None:
    live_room.serve("zoo/text-bert", live_room.RuledRoom(kind))
    page = open_page("live", model="zoo/text-bert", lang=code)
    assert unmarked(page) == {}
    assert {"depth", "latency", "controller"} <= shown(page).marked


def test_runs(open_page: Open, code: str) -> None:
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    smaller = filling.finished(filling.compression(run, (4, 5)), synthetic.outcome([4, 5], "manual"))
    assert unmarked(open_page("runs", run=run, lang=code)) == {}
    assert unmarked(open_page("runs", run=smaller, lang=code)) == {}


@pytest.mark.parametrize("lesson", ["", *(lesson.name for lesson in LESSONS)])
def test_learn(open_page: Open, code: str, lesson: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAYERWISE_SHOWCASE")
    assert unmarked(open_page("learn", lang=code, **({"lesson": lesson} if lesson else {}))) == {}
