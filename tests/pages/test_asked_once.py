"""A page asks the store each question once each time that it is drawn: others ask it too."""

from __future__ import annotations

from collections import Counter

import pytest

from analysis_core.runs.store import RunStore
from tests.pages import filling, synthetic
from tests.pages.conftest import Open

QUESTIONS = ("recent", "view", "finished_from")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each question was asked since the last look."""
    counts: Counter[str] = Counter()

    def counted(name: str) -> None:
        answer = getattr(RunStore, name)

        def ask(store: RunStore, *given: object, **more: object) -> object:
            counts[f"{name} {given} {more}"] += 1
            return answer(store, *given, **more)

        monkeypatch.setattr(RunStore, name, ask)

    for name in QUESTIONS:
        counted(name)
    return counts


def finished() -> str:
    """An analysis from which one smaller model was measured."""
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    filling.finished(filling.compression(run, (4, 5)), synthetic.outcome([4, 5]))
    return run


@pytest.mark.parametrize("states", [("running",), ("finished",), ("finished", "running")])
def test_the_list_of_runs_is_asked_for_once(states: tuple[str, ...], open_page: Open, asked: Counter[str]) -> None:
    for state in states:
        finished() if state == "finished" else filling.running(filling.analysis(("fisher_information",)))
    asked.clear()
    test = open_page("runs")
    assert not test.exception
    assert [count for question, count in asked.items() if question.startswith("recent")] == [1]


def test_a_list_that_goes_on_asks_anew_when_it_is_drawn_anew(open_page: Open, asked: Counter[str]) -> None:
    filling.running(filling.analysis(("fisher_information",)))
    test = open_page("runs")
    asked.clear()
    test.run()
    assert sum(count for question, count in asked.items() if question.startswith("recent")) == 1


@pytest.mark.parametrize("named", [True, False])
def test_what_if_asks_for_runs_and_measurements_once(named: bool, open_page: Open, asked: Counter[str]) -> None:
    run = finished()
    asked.clear()
    test = open_page("what_if", **({"run": run} if named else {}))
    assert not test.exception
    assert sorted(question.split()[0] for question in asked.elements()) == ["finished_from", "recent"]


def test_what_if_asks_once_for_a_run_that_its_list_does_not_hold(open_page: Open, asked: Counter[str]) -> None:
    run = filling.failed(filling.analysis(("fisher_information",)), "No.")
    asked.clear()
    assert not open_page("what_if", run=run).exception
    assert sorted(question.split()[0] for question in asked.elements()) == ["recent", "view"]
