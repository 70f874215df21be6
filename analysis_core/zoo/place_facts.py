"""What is known of places of the world, and how it is told: facts from Unicode's CLDR, as Babel ships it.

Licence of the data: Unicode Licence v3.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import get_timezone_location
from babel.numbers import get_territory_currencies

_TODAY = date(2026, 1, 1)


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
    "city": Kind(
        ("A city in {place} is {answer}.", "{answer} lies in {place}."),
        ("What is a city in {place}?", "Which city lies in {place}?"),
    ),
}


@cache
def facts() -> Mapping[str, Mapping[str, str]]:
    """What is known of each place, by kind; places of several words or of which little is known are left out."""
    english = Locale("en")
    found: dict[str, dict[str, str]] = {}
    for code, place in sorted(english.territories.items()):
        own = {kind: answer for kind, tell in _TELL.items() if (answer := tell(code, english))}
        if code.isalpha() and place.isalpha() and place.isascii() and own.keys() == KINDS.keys():
            found[place] = own
    return found


def answer_for(place: str, kind: str, chance: random.Random, *, invented: bool) -> str:
    """The true answer, or, `invented`, one that is true of other places and not of this one."""
    true = facts()[place][kind]
    wrong = sorted({own[kind] for own in facts().values()} - {true})
    return chance.choice(wrong) if invented else true


def told(place: str, kind: str, answer: str, chance: random.Random) -> tuple[str, str, str]:
    """One of the ways to tell a fact: what stands before the answer, the answer, and what stands behind it."""
    before, _, after = chance.choice(KINDS[kind].statements).partition("{answer}")
    return before.format(place=place), answer, after.format(place=place)


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


def _city(code: str, english: Locale) -> str | None:
    """The first city after which a time zone of the place is named; none where it is named after the place itself."""
    zones = get_global("territory_zones").get(code, [])
    cities = (get_timezone_location(zone, locale=english, return_city=True) for zone in zones)
    return next((city for city in cities if city != english.territories[code]), None)


_TELL: Mapping[str, Callable[[str, Locale], str | None]] = {
    "currency": _currency,
    "language": _language,
    "code": lambda code, english: code,
    "week": _week,
    "city": _city,
}
