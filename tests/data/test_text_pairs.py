"""Parallel texts and questions: what belongs together stays together."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data.options import ReadOptions
from analysis_core.data.parallel import file_pair, read_parallel
from analysis_core.data.questions import Answer, read_squad
from analysis_core.errors import DataError

SENTENCE = st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs")), max_size=12).map(str.strip).filter(bool)


@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=12), packed=st.booleans())
def test_pairs_come_back(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], packed: bool) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    for side, language in enumerate(("en", "de")):
        raw = "\n".join(pair[side] for pair in pairs).encode()
        path = folder / (f"train.{language}.gz" if packed else f"train.{language}")
        path.write_bytes(gzip.compress(raw) if packed else raw)
    found = read_parallel(folder)
    assert [(record.target, record.text) for record in found] == pairs  # "de" comes before "en"
    first, second = (folder / f"train.{language}{'.gz' * packed}" for language in ("en", "de"))
    given_both = read_parallel(first, ReadOptions(companion=second))
    assert [(record.text, record.target) for record in given_both] == pairs


def test_pairs_that_share_a_side_stay_together(tmp_path: Path) -> None:
    texts, targets = ["hi", "hello", "bye", "see you", "good day"], ["hallo", "hallo", "bis bald", "Bis  bald", "Tag"]
    (tmp_path / "source.txt").write_text("\n".join(texts))
    (tmp_path / "target.txt").write_text("\n".join(targets))
    found = read_parallel(tmp_path)
    assert found.parts[0] == found.parts[1] and found.parts[2] == found.parts[3] and len(found.splits) == 3
    assert [record.text for record in found] == texts


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("a\nb\nc\n", "x\ny\n", r"train\.en, line 3: 'train\.de' ends after line 2, but 'train\.en' goes on"),
        ("a\nb\n", "x\ny\nz\n", r"train\.de, line 3: 'train\.en' ends after line 2"),
        ("a\n\nc\n", "x\ny\nz\n", r"train\.en, line 2: The line is empty, but its partner is not"),
        ("a\nb\nc\n", "x\ny\n \n", r"train\.de, line 3: The line is empty"),
        ("\n\n", "\n\n", "hold no texts"),
        ("a", "\udce9", r"train\.de, line 1: The line is not UTF-8"),
    ],
)
def test_lines_without_partner_are_named(tmp_path: Path, text: str, target: str, message: str) -> None:
    (tmp_path / "train.en").write_text(text)
    (tmp_path / "train.de").write_bytes(target.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=message):
        read_parallel(tmp_path / "train.en", ReadOptions(companion=tmp_path / "train.de"))


def test_lines_empty_on_both_sides_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("a\n\nc\n")
    (tmp_path / "train.de").write_text("x\n \nz")
    assert [(record.target, record.where) for record in read_parallel(tmp_path)] == [
        ("a", "train.de, line 1"),
        ("c", "train.de, line 3"),
    ]


@pytest.mark.parametrize("names", [("a.txt",), ("a.txt", "b.txt"), ("a.en", "a.de", "a.fr"), ()])
def test_files_that_do_not_belong_together_are_said(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=r"such as train\.en and train\.de"):
        file_pair(tmp_path)


def test_the_second_file_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("x")
    with pytest.raises(DataError, match="second of both files is missing"):
        read_parallel(tmp_path / "train.en")


CONTEXT = "Löwen eat meat. Lions sleep."
SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": f"Animals {article}",
            "paragraphs": [
                {
                    "context": f"{CONTEXT} {article}",
                    "qas": [
                        {
                            "id": f"{article}-1",
                            "question": "What do they eat?",
                            "answers": [{"text": "meat", "answer_start": 10}, {"text": "eat meat", "answer_start": 6}],
                            "is_impossible": False,
                        },
                        {"id": f"{article}-2", "question": "Why?", "answers": [], "is_impossible": True,
                         "plausible_answers": [{"text": "sleep", "answer_start": 22}]},
                    ],
                },
                {"context": f"Other {article}", "qas": [
                    {"id": f"{article}-3", "question": "Who?", "answers": [{"text": "Other", "answer_start": 0}]}]},
            ],
        }
        for article in range(4)
    ],
}  # fmt: skip


def squad(tmp_path: Path, content: Any) -> Path:
    (tmp_path / "dev.json").write_text(json.dumps(content))
    return tmp_path / "dev.json"


def test_questions_of_both_generations_are_read(tmp_path: Path) -> None:
    found = read_squad(squad(tmp_path, SQUAD))
    assert len(found) == 12 and [record.answerable for record in found][:3] == [True, False, True]
    assert found[0].answers == (Answer("meat", 10), Answer("eat meat", 6)) and found[0].article == "Animals 0"
    for record in found:
        assert all(record.context[answer.start :].startswith(answer.text) for answer in record.answers)


def test_articles_are_never_divided(tmp_path: Path) -> None:
    found = read_squad(squad(tmp_path, SQUAD))
    sides = {(record.article, part) for record, part in zip(found, found.parts, strict=True)}
    assert len(sides) == 4 and len(found.splits) >= 2 and "article" in found.split_rule
    few = read_squad(squad(tmp_path, {"data": SQUAD["data"][:2]}))
    sides = {(record.context, part) for record, part in zip(few, few.parts, strict=True)}
    assert len(sides) == 4 and len({part for _, part in sides}) == 3 and "too few articles" in few.split_rule


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("answers", 0, "answer_start"), 9, r"qas\[0\]\.answers\[0\]: The answer 'meat' does not stand at character 9"),
        (("answers", 0, "answer_start"), 999, "does not stand at character 999"),
        (("answers", 0, "answer_start"), -4, "whole number from 0; found '-4'"),
        (("answers", 0, "answer_start"), "10", "whole number from 0; found '10'"),
        (("answers", 1), "meat", r"answers\[1\]: Expected an object; found 'meat'"),
        (("answers",), [], r"qas\[0\]: Expected answers, or none and \"is_impossible\": true"),
        (("answers",), None, "Expected answers"),
        (("is_impossible",), True, "Expected answers"),
        (("question",), " ", "Expected a text 'question'"),
        (("id",), 5, "Expected a text 'id'; found '5'"),
        (("id",), "0-1", r"qas\[0\]: The id '0-1' occurs twice"),
    ],
)
def test_a_wrong_question_is_named(tmp_path: Path, place: tuple[Any, ...], value: Any, message: str) -> None:
    content = copy.deepcopy(SQUAD)
    holder = content["data"][1]["paragraphs"][0]["qas"][0]
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    with pytest.raises(DataError, match=rf"dev\.json, data\[1\]\.paragraphs\[0\]\..*{message}"):
        read_squad(squad(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"dev\.json: Expected a list 'data'"),
        ({"data": [{"title": "x"}]}, r"dev\.json, data\[0\]: Expected a list 'paragraphs'; found 'None'"),
        ({"data": [{"title": 3, "paragraphs": []}]}, r"data\[0\]: The title is no text"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r"data\[0\]\.paragraphs\[0\]: Expected a text 'context'"),
        ({"data": ["x"]}, r"data\[0\]: Expected an object; found 'x'"),
        ({"data": []}, "holds no questions"),
    ],
)
def test_another_form_is_said(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_squad(squad(tmp_path, content))
