"""Finding runs by words: in what a reader sees of them, not in every setting that they have."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from analysis_core.runs.schema import Run

Meanings = Mapping[str, Collection[str]]
"""A word as a reader writes it, and the names in the store that it may stand for: of methods, models, states, kinds."""
_SEEN_SETTINGS = ("model_name", "analysis_methods", "strategy", "data")


def found(
    session: Session, query: Select[Any], words: Sequence[str], meanings: Meanings, limit: int, offset: int
) -> list[Run]:
    """Runs of a query that show every word, the first ones passed over, at most so many."""
    if not words:
        return list(session.scalars(query.limit(limit).offset(offset)))
    seen = (run for run in session.scalars(_narrowed(query, words, meanings)) if _shows(run, words, meanings))
    return list(islice(seen, offset, offset + limit))


def _narrowed(query: Select[Any], words: Sequence[str], meanings: Meanings) -> Select[Any]:
    """The query without most runs that :func:`_shows` would turn down: the store knows settings as one text only."""
    for word in words:
        columns = (Run.title, Run.id, Run.owner, Run.state, Run.kind, Run.config)
        asked = [column.icontains(word, autoescape=True) for column in columns]
        for name in meanings.get(word, ()):
            asked += [column.contains(name, autoescape=True) for column in (Run.config, Run.state, Run.kind)]
        query = query.where(or_(*asked))
    return query


def _shows(run: Run, words: Sequence[str], meanings: Meanings) -> bool:
    """Whether every word stands in what a reader sees: title, id, owner, state, kind, model, methods and data."""
    names = [run.state, run.kind, *_strings(_seen(run))]
    said = " ".join([run.title, run.id, run.owner or "", *names]).casefold()
    return all(word.casefold() in said or not set(names).isdisjoint(meanings.get(word, ())) for word in words)


def _seen(run: Run) -> list[Any]:
    settings: dict[str, Any] = json.loads(run.config)
    return [settings.get(name) for name in _SEEN_SETTINGS]


def _strings(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _strings(value)
