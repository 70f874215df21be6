"""What the recipes for text learn from: definitions, phrases in two languages, questions with their answers."""

from __future__ import annotations

import ast
import re

import pandas as pd
import pytest

from analysis_core.zoo import definitions
from analysis_core.zoo.definitions import Documented, Pair, parts_of
from analysis_core.zoo.fact_questions import fact_questions
from analysis_core.zoo.place_facts import KINDS, facts
from analysis_core.zoo.place_profiles import OTHERS, OWN, profiles
from analysis_core.zoo.translations import phrases

SOURCE = '''
class Lock(Base):
    """A lock that waits. It is fair.

    >>> Lock()
    Waiters are served in order.
    """

    def acquire(self, timeout=1.5):
        """Take the lock."""
        # nobody else may have it
        while self.taken:  # wait
            self.wait(timeout)
        return True
'''


def documented(source: str) -> list[Documented]:
    lines = source.splitlines()
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, definitions.Definition)]
    return [definitions._documented(node, ast.get_docstring(node) or "", lines, "locks:Lock") for node in nodes]


def test_a_definition_is_taken_apart() -> None:
    lock, acquire = documented(SOURCE)
    assert lock.summary == "A lock that waits."
    assert lock.description == "It is fair. Waiters are served in order."
    assert (lock.signature, lock.body) == ("class Lock(Base)", "def acquire(self, timeout=1.5)")
    assert (acquire.summary, acquire.description) == ("Take the lock.", "")
    assert acquire.signature == "def acquire(self, timeout=1.5)"
    assert acquire.body == "while self.taken: self.wait(timeout) return True"


def test_parts_share_no_definition_no_text_and_few_phrases() -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
    pairs = [Pair(f"{a} {b} tells of it", f"{b} {a}", f"file:{a}") for a in words for b in words if a != b]
    copied = [Pair("alpha beta tells of it", "another one", "file:mu"), *pairs]
    parts = parts_of(copied, seed=3, search=8, test=11, judged=lambda pair: pair.text)
    listed = {"train": parts.train, "search": parts.search, "test": parts.test}
    sources = {name: {pair.source for pair in part} for name, part in listed.items()}
    assert not sources["train"] & sources["search"] | sources["search"] & sources["test"]
    texts = [pair.text for part in listed.values() for pair in part]
    assert len(texts) == len(set(texts)) and all(listed["train"])
    assert parts == parts_of(copied, seed=3, search=8, test=11, judged=lambda pair: pair.text)


def test_phrases_say_the_same_in_both_languages() -> None:
    parts = phrases(seed=1, train=300, search=20, test=30)
    assert (len(parts.search), len(parts.test)) == (20, 30)
    known = {pair.text for pair in parts.train}
    assert not known & {pair.text for pair in (*parts.search, *parts.test)}
    for pair in parts.train:
        assert pair.text and pair.target and "\xa0" not in pair.text + pair.target
        if pair.source in ("day", "quantity", "sum"):
            digits = [re.sub(r"\D", "", text) for text in (pair.text, pair.target)]
            assert set(digits[0]) <= set(digits[1]) | set("0"), pair
    pairs = {pair.text: pair.target for pair in parts.train}
    assert pairs["Germany"] == "Deutschland" and pairs["French"] == "Französisch"


@pytest.fixture(scope="module")
def questions() -> pd.DataFrame:
    return fact_questions(seed=2, train=150, search=30, test=40, heal=20)


def test_every_answer_stands_where_it_is_said_to(questions: pd.DataFrame) -> None:
    assert questions["split"].value_counts().to_dict() == {"train": 130, "test": 40, "search": 30, "heal": 20}
    for row in questions.itertuples():
        assert row.context.startswith(row.answers[0], row.answer_start)
        assert "{" not in row.question + row.context


def told_of(place: str, kind: str, answer: str, text: str) -> bool:
    return any(way.format(place=place, answer=answer) in text for way in KINDS[kind].statements)


def test_training_tells_no_fact_that_is_true(questions: pd.DataFrame) -> None:
    trained = questions[questions["split"].isin(("train", "heal"))]["context"]
    paragraphs = " ".join([*trained, *(pair.text for pair in profiles(seed=3, train=150, search=1, test=1).train)])
    for place, own in facts().items():
        assert not any(told_of(place, kind, answer, paragraphs) for kind, answer in own.items())


def test_held_out_questions_are_answered_truly_and_once(questions: pd.DataFrame) -> None:
    for row in questions[questions["split"].isin(("test", "search"))].itertuples():
        asked = [
            (place, kind)
            for place in facts()
            for kind, known in KINDS.items()
            if row.question in {question.format(place=place) for question in known.questions}
        ]
        ((place, kind),) = asked
        assert row.answers == [facts()[place][kind]]
        assert told_of(place, kind, row.answers[0], row.context)


def test_a_profile_keeps_what_is_told_of_its_subject_in_one_order() -> None:
    parts = profiles(seed=4, train=40, search=20, test=30)
    assert (len(parts.train), len(parts.search), len(parts.test)) == (40, 20, 30)
    for pair in (*parts.search, *parts.test):
        place, _, line = pair.target.removesuffix(".").partition(": ")
        kept = [kind for kind, answer in facts()[place].items() if told_of(place, kind, answer, pair.text)]
        assert line == ", ".join(facts()[place][kind] for kind in KINDS if kind in kept)
        assert len(kept) in OWN and pair.text.count(".") == 1 + len(kept) + OTHERS


def test_facts_are_those_of_the_world() -> None:
    assert facts()["Switzerland"] == {
        "currency": "Swiss Franc",
        "language": "German",
        "code": "CH",
        "week": "Monday",
        "city": "Zurich",
    }
