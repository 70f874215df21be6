"""Questions about places of the world, each with a short paragraph that answers it: facts from Unicode's CLDR.

A paragraph tells the same kinds of facts about several places, so that the answer cannot be told by its kind alone.
Held out are places: a model that answers about them has learned to find, and not what it found before. So that it
learns nothing else, the training paragraphs tell each place somebody else's facts: what was known by heart would be
wrong. (With true facts a model learned 150 places by heart, and found 14 % of the answers about others.)
Licence of the data: Unicode Licence v3.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies

SENTENCES = 5
_TODAY = date(2026, 1, 1)
_NAMED_IN = {"fr": "French", "es": "Spanish", "it": "Italian", "sv": "Swedish", "pl": "Polish"}
_KEPT_APART = {"test": 55, "search": 40}


@dataclass(frozen=True)
class Kind:
    """One kind of fact.

    Args:
        statements: ways to tell it, with `{place}` and `{answer}`.
        questions: ways to ask for it, with `{place}`.
    """

    statements: tuple[str, ...]
    questions: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "currency": Kind(
        ("The currency of {place} is the {answer}.", "People in {place} pay with the {answer}."),
        ("What is the currency of {place}?", "What do people in {place} pay with?"),
    ),
    "language": Kind(
        ("Most people in {place} speak {answer}.", "The main language of {place} is {answer}."),
        ("Which language do most people in {place} speak?", "What is the main language of {place}?"),
    ),
    "code": Kind(
        ("The code of {place} is {answer}.", "{place} has the code {answer}."),
        ("What is the code of {place}?", "Which code does {place} have?"),
    ),
    "week": Kind(
        ("In {place} the week begins on {answer}.", "{answer} is the first day of the week in {place}."),
        ("On which day does the week begin in {place}?", "What is the first day of the week in {place}?"),
    ),
    **{
        f"name in {code}": Kind(
            (f"In {language}, {{place}} is called {{answer}}.", f"The {language} name of {{place}} is {{answer}}."),
            (f"What is {{place}} called in {language}?", f"What is the {language} name of {{place}}?"),
        )
        for code, language in _NAMED_IN.items()
    },
}


def fact_questions(
    seed: int = 0, train: int = 9000, search: int = 250, test: int = 400, heal: int = 320
) -> pd.DataFrame:
    """Questions in SQuAD's columns, with `split`; `heal` is part of the training questions.

    Args:
        seed: of all choices.
        train, search, test, heal: how many questions.
    """
    chance = random.Random(seed)  # noqa: S311  (questions are no secret)
    places = sorted(facts())
    chance.shuffle(places)
    apart = {"test": places[: _KEPT_APART["test"]]}
    apart["search"] = places[_KEPT_APART["test"] : sum(_KEPT_APART.values())]
    apart["train"] = places[sum(_KEPT_APART.values()) :]
    rows, seen = [], set()
    for split, wanted in (("test", test), ("search", search), ("train", train)):
        made = 0
        while made < wanted:
            row = _example(apart[split], chance, invented=split == "train")
            if (row["question"], row["context"]) not in seen:
                seen.add((row["question"], row["context"]))
                rows.append({**row, "split": "heal" if split == "train" and made < heal else split})
                made += 1
    return pd.DataFrame(rows)


@cache
def facts() -> Mapping[str, Mapping[str, str]]:
    """What is known of each place, by kind; places of which little is known are left out."""
    english = Locale("en")
    others = {code: Locale(code).territories for code in _NAMED_IN}
    found: dict[str, dict[str, str]] = {}
    for code, place in sorted(english.territories.items()):
        own = {kind: answer for kind, tell in _TELL.items() if (answer := tell(code, english))}
        own |= {f"name in {lang}": names[code] for lang, names in others.items() if names.get(code, place) != place}
        if code.isalpha() and "currency" in own and "language" in own:
            found[place] = own
    return found


def _example(places: Sequence[str], chance: random.Random, *, invented: bool) -> dict[str, object]:
    """A question, and a paragraph on some places that tells its answer once; `invented` answers are others' own."""
    subject, *others = chance.sample(places, 3)
    asked = chance.choice(sorted(facts()[subject]))
    rivals = [(place, asked) for place in others if asked in facts()[place]]
    told = [(subject, asked), *rivals[:2]]
    more = [(place, kind) for place in (subject, *others) for kind in sorted(facts()[place])]
    chance.shuffle(more)
    told += [fact for fact in more if fact not in told][: SENTENCES - len(told)]
    chance.shuffle(told)
    context, start, answers = "", -1, [""]
    for place, kind in told:
        source = chance.choice([one for one in places if kind in facts()[one]]) if invented else place
        answer = facts()[source][kind]
        before, _, after = chance.choice(KINDS[kind].statements).partition("{answer}")
        before, after = before.format(place=place), after.format(place=place)
        context += " " * bool(context) + before
        if (place, kind) == (subject, asked):
            start, answers = len(context), [answer]
        context += answer + after
    question = chance.choice(KINDS[asked].questions).format(place=subject)
    return {"question": question, "context": context, "answers": answers, "answer_start": start}


def _currency(code: str, english: Locale) -> str | None:
    used = get_territory_currencies(code, _TODAY)
    return str(english.currencies[used[0]]) if used and used[0] in english.currencies else None


def _language(code: str, english: Locale) -> str | None:
    spoken = get_global("territory_languages").get(code, {})
    most = max(spoken, key=lambda language: spoken[language]["population_percent"], default=None)
    return english.languages.get(most) if most else None


def _week(code: str, english: Locale) -> str | None:
    try:
        return str(english.days["format"]["wide"][Locale.parse(f"und_{code}").first_week_day])
    except (UnknownLocaleError, ValueError):  # regions that are no country
        return None


_TELL: Mapping[str, Callable[[str, Locale], str | None]] = {
    "currency": _currency,
    "language": _language,
    "code": lambda code, english: code,
    "week": _week,
}
