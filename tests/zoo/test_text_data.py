"""What the recipes for text learn from: definitions, phrases in two languages, questions with their answers."""

from __future__ import annotations

import ast
import re

import pandas as pd
import pytest

from analysis_core.zoo import definitions
from analysis_core.zoo.definitions import Documented, Pair, parts_of
from analysis_core.zoo.fact_questions import fact_questions, facts
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


def test_a_place_stands_on_one_side_only(questions: pd.DataFrame) -> None:
    def asked(*splits: str) -> set[str]:
        text = " ".join(questions[questions["split"].isin(splits)]["question"])
        return {place for place in facts() if re.search(rf"(of|is|in|does) {re.escape(place)}( |\?)", text)}

    train, held_out = asked("train", "heal"), asked("test") | asked("search")
    contained = {place for place in held_out if any(place in other for other in train)}
    assert not (train & held_out) - contained


def test_facts_are_those_of_the_world() -> None:
    switzerland = facts()["Switzerland"]
    assert switzerland["currency"] == "Swiss Franc" and switzerland["language"] == "German"
    assert (switzerland["code"], switzerland["name in fr"], switzerland["week"]) == ("CH", "Suisse", "Monday")
