"""Help marks on the terms of a page: each word that is one is marked where it first stands.

A page is drawn in parts: as a whole, and later its fragments one by one. A term is marked once in each part, so that a
part that is drawn anew does not depend on the others.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from pages.ui import language, translated
from pages.ui.strings import text
from pages.ui.terms.entries import KNOWN, entry

ALIASES: Mapping[str, tuple[str, str]] = {
    "layer_ablation": (r"(?:measured )?ablation|measured removal", "实测消融|消融|实测去层"),
    "layer_correlation": ("CKA", "CKA"),
    "layer_shapley": ("Shapley values?", "Shapley 值"),
    "gradient_based": ("Taylor", "泰勒"),
    "spectral_analysis": ("alpha", "alpha"),
    "topology_analysis": ("persistence diagram|Betti curves?", "持久图|Betti 曲线"),
    "information_bottleneck": ("information plane", "信息平面"),
    "neuron_activation": ("dead units?|width in use", "死单元|使用的宽度"),
    "causal_analysis": ("patching curve", "修补曲线"),
    "block_influence": (r"BI(?=,)", r"BI(?=，)"),
}
"""By which words a method is named beside its title."""
_marked: ContextVar[set[str] | None] = ContextVar("marked terms", default=None)


class Found(NamedTuple):
    """A term in a text: which one, and where it stands."""

    key: str
    start: int
    end: int


@contextmanager
def part_of_a_page() -> Iterator[None]:
    """Inside, every term is marked once."""
    token = _marked.set(set())
    try:
        yield
    finally:
        _marked.reset(token)


def marked(said: str) -> str:
    """A text as markup, with a mark on every term that has none yet.

    What the marks tell stands behind the text, so that the text itself stays in one piece.
    """
    parts, tips, at = [], [], 0
    for found in _new(said):
        button, tip = _mark(found.key, said[found.start : found.end], said)
        parts += [escape(said[at : found.start]), button]
        tips.append(tip)
        at = found.end
    return "".join([*parts, escape(said[at:]), *tips])


def mark(key: str, words: str) -> str:
    """Words with a mark that tells of this term, as markup; the words alone where it has one already."""
    return escape(words) if key in (_marked.get() or ()) else "".join(_mark(key, words, words))


def _mark(key: str, words: str, where: str) -> tuple[str, str]:
    """The mark, and what it tells; `where` it stands makes its name one of its own."""
    seen = _marked.get()
    if seen is not None:
        seen.add(key)
    told = entry(key)
    name = f"lw-term-{key}-{zlib.crc32(where.encode()):x}"
    formula = f"<code>{escape(told.formula)}</code>" if told.formula else ""
    source = f"<small>{escape(text('term_source', source=told.source))}</small>" if told.source else ""
    return (
        f'<span class="lw-term" role="button" tabindex="0" data-term="{key}" aria-describedby="{name}">'
        f"{escape(words)}</span>",
        f'<span class="lw-term-tip" id="{name}" role="tooltip" popover="manual">'
        f"<b>{escape(told.name)}</b> {escape(told.sentence)}{formula}{source}</span>",
    )


def row(figure: Any) -> str:
    """Marks for the terms that a figure names and that have none yet, as markup: in a figure nothing can be marked."""
    chosen: dict[str, None] = {}
    for said in _words_of(figure.to_dict()):
        for found in _new(said):
            chosen.setdefault(found.key)
    if not chosen:
        return ""
    where = " ".join(chosen)
    marks = "".join(f"<li>{''.join(_mark(key, entry(key).name, where))}</li>" for key in chosen)
    return f'<ul class="lw-terms" aria-label="{escape(text("term_row"))}">{marks}</ul>'


def terms_in(said: str) -> list[str]:
    """Keys of the terms that a text names, in the reader's language."""
    return list(dict.fromkeys(found.key for found in _found(language.current(), said)))


def _new(said: str) -> Iterable[Found]:
    """The first place of every term that has no mark yet."""
    seen = set(_marked.get() or ())
    for found in _found(language.current(), said):
        if found.key not in seen:
            seen.add(found.key)
            yield found


def _words_of(parts: Mapping[str, Any]) -> Iterator[str]:
    """What stands in a figure: title, axes, legend, notes, and the names along its axes."""
    layout = parts["layout"]
    title = layout.get("title") or {}
    yield _plain(title.get("text"))
    yield _plain((title.get("subtitle") or {}).get("text"))
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")):
            yield _plain((axis.get("title") or {}).get("text"))
            yield from map(_plain, axis.get("ticktext") or ())
    for annotation in layout.get("annotations") or ():
        yield _plain(annotation.get("text"))
    for trace in parts["data"]:
        yield _plain(trace.get("name") if trace.get("showlegend", True) else "")
    yield _plain(((layout.get("coloraxis") or {}).get("colorbar") or {}).get("title", {}).get("text"))


def _plain(said: object) -> str:
    """Without plotly's markup; the breaks of lines are spaces."""
    return re.sub(r"<[^>]*>", "", str(said).replace("<br>", " ")) if said else ""


@lru_cache(maxsize=4096)
def _found(code: str, said: str) -> tuple[Found, ...]:
    return tuple(Found(str(hit.lastgroup), *hit.span()) for hit in _pattern(code).finditer(said))


@lru_cache(maxsize=4)
def _pattern(code: str) -> re.Pattern[str]:
    """All terms in one pattern: titles of methods first, then the longest, for a term may contain another.

    Within a name such as ``bert.encoder.layer`` no word is a term.
    """
    from analysis_core.methods import METHODS  # with numpy: a headline does without

    place = 1 if code == "zh" else 0
    titles = {name: re.escape(translated.method(name).title) for name in METHODS}
    methods = {
        key: "|".join([title, *filter(None, [ALIASES.get(key, ("", ""))[place]])]) for key, title in titles.items()
    }
    others = {key: term.chinese if place else term.english for key, term in KNOWN.items()}
    ordered = [*methods.items(), *sorted(others.items(), key=lambda pair: -len(pair[1]))]
    named = "|".join(f"(?P<{key}>{pattern})" for key, pattern in ordered if pattern)
    return re.compile(rf"(?<![\w./-])(?:{named})(?![A-Za-z0-9_]|[./-][A-Za-z])", re.IGNORECASE | re.ASCII)
