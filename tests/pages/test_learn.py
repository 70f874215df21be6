"""The Learn page: six lessons on shipped results, each with a control, a figure that answers, and a question."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.report.lessons import data as lesson_data
from analysis_core.report.lessons import first_layer, groups, price, sets, stream, two_methods
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import CHINESE, ENGLISH, Phrases
from analysis_core.results import AnalysisReport, CompressionOutcome
from pages.ui.lessons.catalog import LESSONS
from pages.ui.words import learn
from tests.pages.conftest import ROOT, Open
from tests.pages.reading import charts, links, words

ASSETS = ROOT / "assets"
NAMES = [lesson.name for lesson in LESSONS]
CONTROLS = {
    "first-layer": ("layer", "0", "4"),
    "two-methods": ("two", "neuron_activation", "fisher_information"),
    "search": ("count", "5", "2"),
    "price": ("ratio", "2.4", "6"),
    "stream": ("layer", "1", "0"),
    "cka": ("threshold", "0.9", "0.8"),
}
"""Of every lesson: its parameter in the address, what it shows at first, and another value."""


@pytest.fixture(autouse=True)
def real_showcase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result that the app really opens with: two lessons are about it."""
    monkeypatch.setenv("LAYERWISE_SHOWCASE", str(ASSETS / "showcase"))


def shipped() -> lesson_data.LessonData:
    return lesson_data.LessonData.from_dict(json.loads((ASSETS / "lessons" / "text-llama.json").read_text("utf-8")))


def showcase() -> tuple[AnalysisReport, list[CompressionOutcome]]:
    folder = ASSETS / "showcase"
    outcomes = json.loads((folder / "outcomes.json").read_text("utf-8"))
    report = AnalysisReport.from_dict(json.loads((folder / "analysis.json").read_text("utf-8")))
    return report, [CompressionOutcome.from_dict(item) for item in outcomes]


def question_of(name: str, phrases: Phrases = ENGLISH) -> Question:
    report, outcomes = showcase()
    table = groups.similarities(report)
    assert table is not None
    asked = {
        "first-layer": lambda: first_layer.question(shipped(), phrases),
        "two-methods": lambda: two_methods.question(shipped(), phrases),
        "search": lambda: sets.question(shipped(), phrases),
        "price": lambda: price.question(outcomes, phrases),
        "stream": lambda: stream.question(shipped(), phrases),
        "cka": lambda: groups.question(table, phrases),
    }
    return asked[name]()


def title(test: AppTest) -> str:
    (figure,) = charts(test).values()
    return str(figure["layout"]["title"]["text"])


def lesson(open_page: Open, name: str, **parameters: str) -> AppTest:
    test = open_page("learn", lesson=name, **parameters)
    assert not test.exception
    assert "is-failed" not in words(test)
    return test


def test_the_overview_lists_six_lessons_and_draws_a_figure(open_page: Open) -> None:
    test = open_page("learn")
    assert not test.exception
    opened = {f"Open lesson {place}": f"lesson={name}" for place, name in enumerate(NAMES, 1)}
    assert {label: query for label, query in links(test).items() if "lesson=" in query} == opened
    assert title(test).startswith("Layer 0:")
    assert words(test).count("lw-learn-picture") == len(LESSONS) == 6


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_opens_in_both_languages(open_page: Open, name: str, language: str) -> None:
    test = lesson(open_page, name, lang=language)
    table = {"en": learn.ENGLISH, "zh": learn.CHINESE}[language]
    place = NAMES.index(name)
    assert test.title[0].value == table[LESSONS[place].title]
    assert test.latex and len(test.radio) == 1
    assert test.radio[0].label == question_of(name, {"en": ENGLISH, "zh": CHINESE}[language]).asked
    assert title(test).replace("<br>", "")


def test_chinese_has_every_phrase_that_english_has() -> None:
    assert set(learn.CHINESE) == set(learn.ENGLISH)


@pytest.mark.parametrize("name", NAMES)
def test_the_control_changes_the_finding_and_the_address_keeps_it(open_page: Open, name: str) -> None:
    parameter, first, other = CONTROLS[name]
    at_first = title(lesson(open_page, name))
    assert title(lesson(open_page, name, **{parameter: first})) == at_first
    linked = lesson(open_page, name, **{parameter: other})
    assert title(linked) != at_first
    moved = lesson(open_page, name)
    if name == "two-methods":
        moved.selectbox[1].set_value(other).run()
    else:
        slider = moved.select_slider[0]
        slider.set_value(float(other) if isinstance(slider.value, float) else int(other)).run()
    assert title(moved) == title(linked)
    assert moved.query_params[parameter] in (other, [other])


@pytest.mark.parametrize("name", NAMES)
def test_an_impossible_value_in_the_address_shows_the_first_view(open_page: Open, name: str) -> None:
    parameter, _, _ = CONTROLS[name]
    assert title(lesson(open_page, name, **{parameter: "nonsense"})) == title(lesson(open_page, name))


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_is_praised_and_explained(open_page: Open, name: str) -> None:
    question = question_of(name)
    test = lesson(open_page, name)
    test.radio[0].set_value(question.right).run()
    pressed(test, "Check")
    assert "Right" in words(test)
    assert question.because in plain(test)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_is_told_and_the_right_one_can_be_shown(open_page: Open, name: str) -> None:
    question = question_of(name)
    test = lesson(open_page, name)
    test.radio[0].set_value((question.right + 1) % len(question.options)).run()
    pressed(test, "Check")
    assert "Not quite" in words(test)
    assert question.because not in plain(test)
    pressed(test, "Show the answer")
    assert f"The answer: {question.answer}" in plain(test)
    assert question.because in plain(test)


def test_checking_without_an_answer_asks_for_one(open_page: Open) -> None:
    test = lesson(open_page, "stream")
    pressed(test, "Check")
    assert "Pick an answer first." in words(test)


def test_a_solved_lesson_is_marked_in_the_progress(open_page: Open) -> None:
    test = lesson(open_page, "search")
    assert "is-done" not in words(test)
    test.radio[0].set_value(question_of("search").right).run()
    pressed(test, "Check")
    test.run()
    assert "is-done" in words(test)


def test_the_address_keeps_all_that_it_came_with(open_page: Open) -> None:
    test = lesson(open_page, "stream", layer="3", lang="zh")
    kept = {name: test.query_params[name] for name in ("lesson", "layer", "lang")}
    assert {name: value if isinstance(value, str) else value[0] for name, value in kept.items()} == {
        "lesson": "stream",
        "layer": "3",
        "lang": "zh",
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_a_figure_shows_stands_in_a_table_too(open_page: Open, name: str) -> None:
    assert 'class="lw-table" aria-label="The same as a table"' in words(lesson(open_page, name))


def test_one_method_twice_is_a_hint_and_no_figure(open_page: Open) -> None:
    test = lesson(open_page, "two-methods", one="fisher_information", two="fisher_information")
    assert "one method twice" in words(test)
    assert charts(test) == {}


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("first-layer", "model=zoo%2Ftext-llama"),
        ("search", "run=showcase&strategy=greedy&ratio=2"),
        ("price", "run=showcase&strategy=greedy&ratio=2.4"),
        ("stream", "model=zoo%2Ftext-llama&depth=7"),
        ("cka", "model=zoo%2Ftext-bert"),
    ],
)
def test_do_it_yourself_opens_the_app_at_the_right_place(open_page: Open, name: str, query: str) -> None:
    assert query in links(lesson(open_page, name)).values()


def test_lessons_lead_on_and_back(open_page: Open) -> None:
    queries = list(links(lesson(open_page, "search")).values())
    assert "lesson=two-methods" in queries and "lesson=price" in queries
    last = list(links(lesson(open_page, NAMES[-1])).values())
    assert sum("lesson=" in query for query in last) == 1


def test_a_lesson_that_does_not_exist_is_said_and_all_are_offered(open_page: Open) -> None:
    test = open_page("learn", lesson="<b>seven</b>")
    assert not test.exception
    assert "There is no such lesson" in words(test)
    assert "<b>seven" not in words(test) and "&lt;b&gt;seven" in words(test)
    assert len(charts(test)) == 1


def test_without_the_shipped_results_the_page_says_how_to_make_them(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAYERWISE_LESSONS", str(tmp_path))
    test = open_page("learn", lesson="search")
    assert not test.exception
    assert "layerwise zoo lessons" in words(test)


def test_a_damaged_file_is_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "text-llama.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("LAYERWISE_LESSONS", str(tmp_path))
    test = open_page("learn")
    assert not test.exception
    assert "cannot be read" in words(test)


@pytest.mark.parametrize("name", ["price", "cka"])
def test_without_the_shipped_result_its_lessons_say_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("LAYERWISE_SHOWCASE", str(tmp_path / "none"))
    test = open_page("learn", lesson=name)
    assert not test.exception
    assert "layerwise zoo showcase" in words(test)
    assert open_page("learn").title[0].value == "Six short lessons"


def test_where_the_figures_come_from_is_told(open_page: Open) -> None:
    facts = shipped().report.provenance
    told = words(lesson(open_page, "first-layer"))
    for part in (str(facts["examples"]), str(facts["machine"]), f"torch {facts['versions']['torch']}", "seed 0"):
        assert part in told


def test_a_moved_control_answers_at_once(open_page: Open) -> None:
    test = lesson(open_page, "first-layer")
    spent = []
    for layer in (1, 2, 3, 4, 5):
        began = time.perf_counter()
        test.select_slider[0].set_value(layer).run()
        spent.append(time.perf_counter() - began)
    assert min(spent) < 1.0  # a whole run of the page, on a machine that may be busy; the fragment alone is faster


def pressed(test: AppTest, label: str) -> None:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception


def plain(test: AppTest) -> str:
    """Everything on the page with the signs that markup escapes."""
    return words(test).replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
