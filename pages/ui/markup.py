"""Small pieces of HTML that Streamlit has no element for. What comes from outside is escaped, terms get a help mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from pages.ui.terms import marks

NUMBERS = 'class="num"'
"""How a cell of numbers is marked up."""


def lead(text: str) -> None:
    """The one sentence below a page's title."""
    st.html(f'<p class="lw-lead">{marks.marked(text)}</p>')


def note(*lines: str) -> None:
    """Quiet lines."""
    st.html(f'<p class="lw-note">{"<br>".join(map(marks.marked, lines))}</p>')


def remark(text: str) -> None:
    """An answer to what was just done, which screen readers say at once."""
    st.html(f'<p class="lw-remark" role="status">{escape(text)}</p>')


def kicker(text: str) -> None:
    """A label in small capitals above a group."""
    st.html(f'<p class="lw-kicker">{escape(text)}</p>')


def step(text: str) -> None:
    """The heading of one of the steps of a page on which one chooses."""
    st.html(f'<h2 class="lw-step">{escape(text)}</h2>')


def group(title: str, remark: str) -> None:
    """A heading above a group of controls, with what holds for all of them."""
    st.html(f'<p class="lw-note"><b>{marks.marked(title)}</b> {marks.marked(remark)}</p>')


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs of a name and its number, side by side, as markup."""
    parts = (f"<span><b>{escape(value)}</b> {marks.marked(name)}</span>" for name, value in pairs)
    return f'<div class="lw-facts">{"".join(parts)}</div>'


def card_title(text: str) -> str:
    """The title of a card, as markup."""
    return f'<p class="lw-card-title">{escape(text)}</p>'


def prose(text: str) -> None:
    """A paragraph to be read."""
    st.html(f'<p class="lw-prose">{marks.marked(text)}</p>')


def state(title: str, lines: Sequence[str], *, failed: bool = False) -> None:
    """A designed state: waiting, failed, empty, gone."""
    body = "".join(f"<p>{marks.marked(line)}</p>" for line in lines if line)
    mood = " is-failed" if failed else ""
    st.html(f'<div class="lw-state{mood}" role="status"><h3>{escape(title)}</h3>{body}</div>')


def steps(items: Iterable[tuple[str, str, bool]]) -> None:
    """A list of steps with a remark each: (name, remark, whether it is done)."""
    rows = (
        f'<li class="{"is-done" if done else ""}"><span>{escape(name)}</span><span>{escape(remark)}</span></li>'
        for name, remark, done in items
    )
    st.html(f'<ul class="lw-steps">{"".join(rows)}</ul>')


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str,
    words: Sequence[int] = (),
    marked: int | None = None,
) -> None:
    """A real HTML table, which screen readers can walk; all columns hold numbers but the first and those named.

    The row whose number is `marked` is the selected one.
    """
    aside = 'style="padding-left:1rem"'  # words after a column of numbers keep away from it
    kinds = ["" if place == 0 else aside if place in words else NUMBERS for place in range(len(head))]
    mark = ' class="is-marked" aria-current="true"'
    titles = "".join(
        f'<th scope="col" {kind}>{marks.marked(text)}</th>' for kind, text in zip(kinds, head, strict=True)
    )
    body = "".join(
        f"<tr{mark if number == marked else ''}>"
        + "".join(f"<td {kind}>{_cell(kind, text)}</td>" for kind, text in zip(kinds, row, strict=True))
        + "</tr>"
        for number, row in enumerate(rows)
    )
    st.html(
        f'<div class="lw-scroll"><table class="lw-table" aria-label="{escape(caption)}">'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(kind: str, text: str) -> str:
    """Numbers are no terms; not to look among them saves a large table its time."""
    return escape(text) if kind == NUMBERS else marks.marked(text)
