"""Models as cards: a picture of the blocks, the score beside that of an answer without a model, the licence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote

import streamlit as st

from analysis_core.models.catalog import ModelCard
from analysis_core.report import numbers
from analysis_core.report.block_picture import WIDTH, block_picture, block_text
from analysis_core.vocabulary import Direction
from pages.ui import language, markup, theme
from pages.ui.choosing.subject import Subject
from pages.ui.strings import metric_name, text
from pages.ui.terms import marks

CARDS_IN_A_ROW = 2


def draw(subjects: Sequence[Subject], chosen: Subject | None, on_choose: Callable[[str], None]) -> None:
    """All cards, two in a row.

    Args:
        subjects: the models.
        chosen: the one that is marked.
        on_choose: called with the key of the model whose button was pressed.
    """
    for first in range(0, len(subjects), CARDS_IN_A_ROW):
        row = subjects[first : first + CARDS_IN_A_ROW]
        for place, subject in zip(st.columns(CARDS_IN_A_ROW), row, strict=False):
            with place:
                _card(subject, chosen is not None and subject.key == chosen.key, on_choose)


def _card(subject: Subject, chosen: bool, on_choose: Callable[[str], None]) -> None:
    key = "".join(letter if letter.isalnum() else "-" for letter in subject.key)
    with st.container(border=True, key=f"card-{'chosen-' if chosen else ''}{key}", height="stretch"):
        st.html(f'<div class="lw-model">{_face(subject)}</div>')
        st.space("stretch")
        st.button(
            text("card_chosen" if chosen else "card_choose"),
            key=f"choose-{subject.key}",
            type="primary" if chosen else "secondary",
            icon=":material/check:" if chosen else None,
            on_click=on_choose,
            args=(subject.key,),
            help=subject.id,
        )


def _face(subject: Subject) -> str:
    parts = [markup.card_title(subject.title), _picture(subject), markup.facts(_facts(subject))]
    card = subject.card
    if card is None:
        parts.append(_paragraph(text(f"own_from_{subject.source}")))
    else:
        parts += [_quality(card), _paragraph(card.description), _paragraph(_data(card))]
    return "".join(parts)


def _picture(subject: Subject) -> str:
    """The blocks as an image: Streamlit takes SVG elements out of HTML."""
    if not subject.stacks:
        return _paragraph(text("blocks_unknown"))
    source = "data:image/svg+xml," + quote(block_picture(subject.stacks, theme.palette(), language.phrases()))
    alt = escape(block_text(subject.stacks, language.phrases()))
    return f'<img class="lw-blocks" src="{source}" alt="{alt}" width="{WIDTH}">'


def _facts(subject: Subject) -> list[tuple[str, str]]:
    pairs = []
    if subject.layers is not None:
        pairs.append((text("fact_layers"), str(subject.layers)))
    if subject.parameters is not None:
        pairs.append((text("fact_parameters"), numbers.count(subject.parameters)))
    if subject.architecture:
        pairs.append((subject.architecture, ""))
    return pairs


def _quality(card: ModelCard) -> str:
    """The main metric on the held-out sample, and what an answer without a model scores there."""
    value = card.baseline.get(card.metric)
    if value is None:
        return ""
    lower = card.metric_direction == Direction.LOWER_IS_BETTER
    name = text("lower_is_better", metric=metric_name(card.metric)) if lower else metric_name(card.metric)
    beside, how = trivial(card)
    against = ""
    if beside is not None:
        against = text("against", value=numbers.metric(card.metric, beside), how=how)
    return (
        f'<p class="lw-quality"><b>{escape(numbers.metric(card.metric, float(value)))}</b> {marks.marked(name)}'
        f"<span>{marks.marked(against)}</span></p>"
    )


def trivial(card: ModelCard) -> tuple[float | None, str]:
    """What the best answer that takes no model scores, and what it is; nothing where the card does not say."""
    return (float(card.trivial["value"]), str(card.trivial["how"])) if card.trivial else (None, "")


def _data(card: ModelCard) -> str:
    name = str(card.data.get("name", text("held_out_sample")))
    licence = card.data.get("licence")
    return text("data_of", name=name, licence=licence) if licence else name


def _paragraph(words: str) -> str:
    return f'<p class="lw-note">{marks.marked(words)}</p>'
