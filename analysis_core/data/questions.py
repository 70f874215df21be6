"""Questions and answers in SQuAD's form, 1.1 and 2.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_core.data.contents import quoted
from analysis_core.data.digests import unhashed
from analysis_core.data.lines import read_json
from analysis_core.data.options import ReadOptions
from analysis_core.data.records import RecordSet
from analysis_core.data.splitting import assign_parts, content_key
from analysis_core.errors import DataError

_BY_ARTICLE = "An article's questions are never divided, nor are those on the same paragraph."
_BY_PARAGRAPH = "A paragraph's questions are never divided; there are too few articles to divide by article."
FEWEST_ARTICLES = 3
_REMEDY = "Write the file in SQuAD's form."


@dataclass(frozen=True)
class Answer:
    """A stretch of the paragraph.

    Args:
        text: its words.
        start: position of its first letter in the paragraph, in characters.
    """

    text: str
    start: int


@dataclass(frozen=True)
class QuestionExample:
    """A question on a paragraph.

    Args:
        id: as the file has it; predictions are matched by it.
        question: the question.
        context: the paragraph that it is asked on.
        answers: all that count as right; none where the paragraph does not answer the question.
        article: title of the article that the paragraph is from.
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...]
    article: str
    where: str = unhashed(default="")

    @property
    def answerable(self) -> bool:
        """False for SQuAD 2.0's questions that the paragraph does not answer."""
        return bool(self.answers)


def read_squad(path: Path, options: ReadOptions | None = None) -> RecordSet[QuestionExample]:
    """Questions, paragraph by paragraph.

    Raises:
        DataError: names the first entry that is wrong, such as ``dev.json, data[0].paragraphs[2].qas[1]``.
    """
    options = options or ReadOptions()
    records = tuple(_questions(read_json(path), path.name))
    if not records:
        raise DataError("The file holds no questions.", where=path.name, remedy=_REMEDY)
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            raise DataError(f"The id {quoted(record.id)} occurs twice.", where=record.where, remedy="Change one.")
        seen.add(record.id)
    by_article = len({record.article for record in records}) >= FEWEST_ARTICLES
    ties = [(content_key(record.context), record.article) if by_article else (content_key(record.context),)
            for record in records]  # fmt: skip
    return RecordSet(
        name=path.name,
        parts=assign_parts(ties, options.seed),
        split_rule=_BY_ARTICLE if by_article else _BY_PARAGRAPH,
        records=records,
    )


def _questions(content: Any, file: str) -> Iterator[QuestionExample]:
    for article_place, article in _entries(content, "data", file, ""):
        title = article.get("title", article_place)
        if not isinstance(title, str):
            raise DataError("The title is no text.", where=f"{file}, {article_place}", remedy=_REMEDY)
        for place, paragraph in _entries(article, "paragraphs", file, article_place):
            context = _text(paragraph, "context", f"{file}, {place}")
            for question_place, entry in _entries(paragraph, "qas", file, place):
                yield _question(entry, context, title, f"{file}, {question_place}")


def _question(entry: Mapping[str, Any], context: str, article: str, where: str) -> QuestionExample:
    found = entry.get("answers", [])
    impossible = entry.get("is_impossible", False)
    if not isinstance(found, list) or not isinstance(impossible, bool) or impossible == bool(found):
        raise DataError(
            "Expected answers, or none and \"is_impossible\": true.",
            where=where,
            remedy="Add an answer, or mark the question.",
        )  # fmt: skip
    answers = tuple(_answer(answer, context, f"{where}.answers[{number}]") for number, answer in enumerate(found))
    return QuestionExample(_text(entry, "id", where), _text(entry, "question", where), context, answers, article, where)


def _answer(entry: Any, context: str, where: str) -> Answer:
    if not isinstance(entry, Mapping):
        raise DataError(f"Expected an object; found {quoted(entry)}.", where=where, remedy=_REMEDY)
    text, start = _text(entry, "text", where), entry.get("answer_start")
    if type(start) is not int or start < 0:
        raise DataError(
            f"Expected the answer_start as a whole number from 0; found {quoted(start)}.", where=where, remedy=_REMEDY
        )
    if not context.startswith(text, start):
        raise DataError(
            f"The answer {quoted(text)} does not stand at character {start} of its paragraph; "
            f"{quoted(context[start : start + len(text)])} does.",
            where=where,
            remedy="Correct answer_start; it counts characters from 0.",
        )
    return Answer(text, start)


def _entries(holder: Any, key: str, file: str, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of one of the lists, each with its place, such as ``data[0].paragraphs[2]``."""
    entries = holder.get(key) if isinstance(holder, Mapping) else None
    if not isinstance(entries, list):
        raise DataError(
            f"Expected a list '{key}'; found {quoted(entries)}.",
            where=f"{file}, {place}" if place else file,
            remedy=_REMEDY,
        )
    for number, entry in enumerate(entries):
        inner = f"{place}.{key}[{number}]".lstrip(".")
        if not isinstance(entry, Mapping):
            raise DataError(f"Expected an object; found {quoted(entry)}.", where=f"{file}, {inner}", remedy=_REMEDY)
        yield inner, entry


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    text = entry.get(key)
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"Expected a text '{key}'; found {quoted(text)}.", where=where, remedy=_REMEDY)
    return text
