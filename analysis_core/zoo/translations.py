"""Phrases in English and German from Unicode's CLDR, as Babel ships it: names, dates, quantities, sums, lists.

Each phrase is composed anew from the same stock of names, units and patterns. Held out are phrases, not words: no
model could know how an unseen country is called in another language.
Licence of the data: Unicode Licence v3.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency
from babel.units import format_unit

from analysis_core.zoo.definitions import Pair, Parts

LANGUAGES = ("en", "de")
_UNITS = (
    "length-meter", "length-kilometer", "length-centimeter", "length-mile", "mass-kilogram", "mass-gram", "mass-tonne",
    "volume-liter", "volume-cubic-meter", "area-square-meter", "area-square-kilometer", "area-hectare",
    "duration-second", "duration-minute", "duration-hour", "duration-day", "duration-week", "duration-month",
    "duration-year", "energy-kilowatt-hour", "energy-joule", "power-watt", "power-kilowatt", "temperature-celsius",
    "speed-kilometer-per-hour", "digital-megabyte", "digital-gigabyte", "pressure-bar", "force-newton",
    "electric-ampere", "angle-degree",
)  # fmt: skip
_CURRENCIES = (
    "USD", "EUR", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RUB", "TRY", "INR", "CNY", "KRW",
    "BRL", "MXN", "ZAR", "AUD", "CAD", "NZD", "EGP",
)  # fmt: skip
_Span = Literal["day", "week", "month", "year", "hour", "minute"]
_LONGEST_NAME = 22
_SPANS: tuple[_Span, ...] = ("day", "week", "month", "year", "hour", "minute")
_STYLES: tuple[Literal["standard", "or"], ...] = ("standard", "or")
_FIRST_DAY = date(1900, 1, 1)
_DAYS = 80_000

Maker = Callable[[random.Random], tuple[str, str]]


def phrases(seed: int = 0, train: int = 14_000, search: int = 250, test: int = 400) -> Parts:
    """English phrases with their German counterparts; no phrase of either language stands in two parts.

    Args:
        seed: of all choices.
        train, search, test: how many pairs.
    """
    chance = random.Random(seed)  # noqa: S311  (phrases are no secret)
    pairs: list[Pair] = []
    seen: set[str] = set()
    while len(pairs) < train + search + test:
        kind = chance.choice(_KINDS)
        english, german = kind(chance)
        if not {f"en {english}", f"de {german}"} & seen:
            pairs.append(Pair(english, german, kind.__name__.removeprefix("_")))
        seen |= {f"en {english}", f"de {german}"}
    names = [Pair(english, german, "name") for english, german in _all_names() if f"en {english}" not in seen]
    return Parts(pairs[search + test :] + names, pairs[:search], pairs[search : search + test])


@cache
def _names(kind: str) -> tuple[tuple[str, str], ...]:
    """Short names of one kind in both languages."""
    english, german = (getattr(Locale(language), kind) for language in LANGUAGES)
    found = ((english[code], german[code]) for code in sorted(set(english) & set(german)) if not code.isdigit())
    return tuple(pair for pair in found if all(len(name) <= _LONGEST_NAME and "(" not in name for name in pair))


def _all_names() -> list[tuple[str, str]]:
    return [pair for kind in ("territories", "languages", "scripts") for pair in _names(kind)]


def _both(make: Callable[[str], str]) -> tuple[str, str]:
    english, german = (" ".join(make(language).split()) for language in LANGUAGES)
    return english, german


def _day(chance: random.Random) -> tuple[str, str]:
    day = _FIRST_DAY + timedelta(chance.randrange(_DAYS))
    form = chance.choice(("full", "long", "long", "medium"))
    return _both(lambda language: format_date(day, form, language))


def _month(chance: random.Random) -> tuple[str, str]:
    day = _FIRST_DAY + timedelta(chance.randrange(_DAYS))
    return _both(lambda language: format_skeleton("yMMMM", day, locale=language))


def _distance(chance: random.Random) -> tuple[str, str]:
    span = chance.choice(_SPANS)
    days = {"day": 1.0, "week": 7.0, "month": 30.5, "year": 365.25, "hour": 1 / 24, "minute": 1 / 1440}[span]
    length = timedelta(days=chance.randrange(1, 60) * days * chance.choice((-1, 1)))
    return _both(
        lambda language: format_timedelta(length, granularity=span, threshold=99, add_direction=True, locale=language)
    )


def _number(chance: random.Random) -> float:
    whole = int(10 ** chance.uniform(0, 4.5))
    return whole if chance.random() < 0.6 else whole + chance.randrange(100) / 100


def _quantity(chance: random.Random) -> tuple[str, str]:
    number, unit = _number(chance), chance.choice(_UNITS)
    return _both(lambda language: format_unit(number, unit, locale=language))


def _sum(chance: random.Random) -> tuple[str, str]:
    number, currency = _number(chance), chance.choice(_CURRENCIES)
    return _both(lambda language: format_currency(number, currency, locale=language, format_type="name"))


def _list(chance: random.Random) -> tuple[str, str]:
    names = chance.sample(_names(chance.choice(("territories", "languages"))), chance.choice((2, 3)))
    style = chance.choice(_STYLES)
    english, german = (
        format_list([pair[place] for pair in names], style=style, locale=language)
        for place, language in enumerate(LANGUAGES)
    )
    return english, german


_KINDS: Sequence[Maker] = (_day, _month, _distance, _quantity, _sum, _list, _list)
