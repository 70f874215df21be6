"""Live: the model at hand, its depth, its stream."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.report.numbers import NARROW_SPACE
from analysis_core.report.palette import LIGHT
from analysis_core.runs.session_spool import Phase, Spool, key_of
from pages.ui.live.play import cart_picture
from tests.pages import synthetic
from tests.pages.conftest import PAGES, ROOT, Open
from tests.pages.live_room import LAYERS, RuledRoom, serve
from tests.pages.reading import charts, words
from tests.pages.test_no_torch import FORBIDDEN

MODEL = "zoo/text-bert"


@pytest.fixture
def room() -> RuledRoom:
    found = RuledRoom("text")
    serve(MODEL, found)
    return found


def press(test: AppTest, label: str) -> AppTest:
    return next(item for item in test.button if item.label == label).click().run()


def switch(test: AppTest, label: str) -> AppTest:
    return next(item for item in test.toggle if item.label == label).set_value(True).run()


def depth_slider(test: AppTest) -> object:
    return next(item for item in test.select_slider if item.label.startswith("Depth"))


def test_a_model_is_being_made_ready(open_page: Open) -> None:
    test = open_page("live", model=MODEL)
    assert not test.exception
    assert "BERT on docstrings is being made ready" in words(test)
    assert "Waiting for a worker" in words(test)
    assert Spool.at_home().state(key_of(MODEL)).phase is Phase.WAITING


def test_a_link_to_a_model_that_cannot_be_asked_says_so(open_page: Open) -> None:
    test = open_page("live", model="zoo/gone")
    assert not test.exception
    assert "The link asks for “zoo/gone”" in words(test)
    assert "The link asks for" not in words(open_page("live", model=MODEL))


@pytest.mark.usefixtures("shipped")
def test_the_shipped_removal_order_is_used(open_page: Open) -> None:
    open_page("live", model=MODEL)
    ((_, wish),) = Spool.at_home().wanted()
    assert len(wish["order"]) >= LAYERS / 2


def test_a_model_that_failed_can_be_started_again(open_page: Open) -> None:
    Spool.at_home().fail(key_of(MODEL), "There is not enough memory for this model. Choose a smaller one.")
    test = open_page("live", model=MODEL)
    assert "There is not enough memory" in words(test)
    test = press(test, "Start it again")
    assert "is being made ready" in words(test)


def test_answers_at_a_depth_beside_the_whole_model(open_page: Open, room: RuledRoom) -> None:
    test = open_page("live", model=MODEL)
    assert not test.exception
    assert "All 12 layers run" in words(test)
    test = depth_slider(test).set_value(9).run()  # type: ignore[attr-defined]
    said = words(test).replace(NARROW_SPACE, " ")
    assert "The same answer in 9.00 ms instead of 12.0 ms" in said
    assert "9 of 12 layers run; skipped: 8" in said
    assert "Accuracy at this depth: 45.0" in said
    assert test.query_params["depth"] == "9"
    test = depth_slider(test).set_value(5).run()  # type: ignore[attr-defined]
    assert "Another answer" in words(test)
    asked = room.heard[-1]
    assert (asked["do"], asked["depth"], asked["input"]) == ("answer", 5, {"text": "How are you?"})


def test_a_copied_link_opens_the_same_depth(open_page: Open, room: RuledRoom) -> None:
    assert depth_slider(open_page("live", model=MODEL, depth="6")).value == 6  # type: ignore[attr-defined]
    assert depth_slider(open_page("live", model=MODEL, depth="99")).value == 12  # type: ignore[attr-defined]
    test = open_page("live", model="zoo/none", depth="x")
    assert not test.exception
    assert test.selectbox[0].value == MODEL


def test_ones_own_text_is_asked_and_has_no_truth(open_page: Open, room: RuledRoom) -> None:
    test = open_page("live", model=MODEL)
    assert "In truth: a" in words(test)
    test = test.text_area[0].set_value("Something else").run()
    assert room.heard[-1]["input"] == {"text": "Something else"}
    assert "In truth" not in words(test)
    test = test.text_area[0].set_value("").run()
    assert not test.exception


def test_what_the_model_cannot_read_is_a_sentence(open_page: Open, room: RuledRoom) -> None:
    room.refuses = "The text is too strange."
    test = open_page("live", model=MODEL)
    assert not test.exception
    assert "The text is too strange." in words(test)


@pytest.mark.parametrize("kind", ["picture", "sound"])
def test_pictures_and_sounds(open_page: Open, kind: str) -> None:
    room = RuledRoom(kind)
    serve("zoo/vision-vit", room)
    test = open_page("live", model="zoo/vision-vit")
    assert not test.exception
    assert "The whole model answers in" in words(test)
    assert list(room.heard[-1]["input"]) == [kind]
    assert len(test.get("file_uploader")) == 1


def test_a_stream_is_served_and_drawn(open_page: Open, room: RuledRoom) -> None:
    test = open_page("live", model=MODEL)
    assert "Switch it on" in words(test)
    test = switch(test, "Run")
    ((alt, figure),) = charts(test).items()
    assert alt.replace(NARROW_SPACE, " ").startswith(
        "Stream of calls. 100 % of the last 12 calls met the target, with 4.00 layers"
    )
    assert len(figure["data"][0]["x"]) == 12
    assert "Mean accuracy of the depths used: 20.0" in words(test)
    assert "Not even the smallest depth" in words(test)
    asked = next(request for request in reversed(room.heard) if request["do"] == "stream")
    assert asked["depth"] is None
    test = press(test, "Clear")
    assert not test.exception


def test_the_slider_may_choose_the_depth_of_the_stream(open_page: Open, room: RuledRoom) -> None:
    test = open_page("live", model=MODEL, depth="7")
    test = next(item for item in test.select_slider if item.label.startswith("Load")).set_value(8).run()
    test = test.segmented_control[0].set_value("fixed").run()
    switch(test, "Run")
    asked = next(request for request in reversed(room.heard) if request["do"] == "stream")
    assert (asked["depth"], asked["at_once"]) == (7, 8)


def test_the_policy_plays(open_page: Open) -> None:
    room = RuledRoom("play")
    serve(MODEL, room)
    test = open_page("live", model=MODEL)
    assert "take layers away while it balances" in words(test)
    test = switch(test, "Play")
    assert not test.exception
    assert "75 steps upright" in words(test)
    assert "The last ones lasted 75 steps" in words(test)


def test_the_cart_stays_in_the_picture() -> None:
    drawn = cart_picture([[0.0, 0, 0.0, 0], [2.4, 0, 0.2, 0]], LIGHT)
    assert "translate(440.0" in drawn
    assert "rotate(11.46)" in drawn


def test_a_session_that_is_gone_is_wanted_again(open_page: Open) -> None:
    spool, key = Spool.at_home(), key_of(MODEL)
    spool.ready(key, "/nowhere/door", "a secret")
    test = open_page("live", model=MODEL)
    assert not test.exception
    assert "is being made ready" in words(test)


def test_no_torch_comes_in(home: Path) -> None:
    serve("zoo/vision-vit", RuledRoom("picture"))
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
test = AppTest.from_file("app.py", default_timeout=120).switch_page({PAGES["live"]!r})
test.query_params["model"] = "zoo/vision-vit"
test.run()
assert not test.exception, test.exception
next(item for item in test.toggle if item.label == "Run").set_value(True).run()
assert len(test.get("plotly_chart")) == 1
found = [name for name in {FORBIDDEN!r} if name in sys.modules]
assert not found, found
"""
    environment = {**os.environ, "LAYERWISE_HOME": str(home)}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]


def test_what_is_skipped_is_named_by_its_stack(
    open_page: Open, room: RuledRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = synthetic.two_stacks()
    monkeypatch.setattr("pages.ui.known_layers.of_card", lambda settings: layers)
    test = depth_slider(open_page("live", model=MODEL)).set_value(9).run()  # type: ignore[attr-defined]
    said = words(test)
    assert "9 of 12 layers run; skipped: decoder 1" in said
    assert 'class=" is-first" title="Layer 7 (decoder 0)">0</span>' in said
    assert room.heard
