"""The docstring data: what is cut, what is masked, and that held-out passages are new."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_core.zoo.docstrings import (
    MASK,
    MAX_WORDS,
    TOPICS,
    DocstringSplits,
    Passage,
    cut,
    is_familiar,
    load_splits,
    phrases,
    read_passages,
    unique,
    words_of,
)

MODULE = '''
"""A queue hands things over from one thread to another, in order."""

class Box:
    """Put things into the box and take them out later."""

    def put(self):
        """short"""

    def take(self):
        """Take the oldest thing out of the queue and give it back.

        >>> Box().take()
        """
'''


@pytest.fixture(scope="module")
def splits() -> DocstringSplits:
    return load_splits()


def test_reads_a_file_by_definition_and_masks_its_name(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text(MODULE)
    (tmp_path / "unheard_of.py").write_text(MODULE)
    found = list(read_passages(tmp_path))
    assert [passage.source for passage in found] == ["queue:", "queue:Box", "queue:Box"]
    assert {passage.topic for passage in found} == {"concurrency"}
    assert found[0].text.startswith(f"A {MASK} hands things over")
    assert ">>>" not in found[2].text


def test_every_module_has_one_topic() -> None:
    modules = [module for group in TOPICS.values() for module in group]
    assert len(modules) == len(set(modules))


def test_long_docstrings_are_cut_between_paragraphs() -> None:
    paragraph = " ".join(["word"] * 30)
    assert list(cut(f"{paragraph}\n\n{paragraph}")) == [paragraph, paragraph]
    assert all(len(text.split()) <= 2 * MAX_WORDS for text in cut(" ".join(["word"] * 1000)))


def test_texts_shared_by_topics_are_left_out_and_repeats_kept_once() -> None:
    kept = unique(
        iter(
            [
                Passage("Close the file.", "networking", "a:"),
                Passage("close the file", "concurrency", "b:"),
                Passage("Open a socket.", "networking", "a:"),
                Passage("open a socket", "networking", "c:"),
            ]
        )
    )
    assert [passage.source for passage in kept] == ["a:"]


def test_familiar_means_most_phrases_are_known() -> None:
    known = phrases("return the number of bytes that were sent")
    assert is_familiar("Return the number of bytes that were read", known)
    assert not is_familiar("Wait until the number of bytes that were sent is known to the caller", known)


def test_no_definition_and_no_text_is_on_two_sides(splits: DocstringSplits) -> None:
    sides = [splits.train, splits.search, splits.test]
    for part in (lambda passage: passage.source, lambda passage: words_of(passage.text)):
        sets = [{part(passage) for passage in side} for side in sides]
        assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])
    assert len(splits.search) >= 400 and len(splits.test) >= 500
