"""The Learn page: a list of lessons, or the one that the address names."""

from __future__ import annotations

from datetime import datetime
from html import escape
from urllib.parse import quote

import streamlit as st

from analysis_core.results import AnalysisReport
from pages.ui import address, markup, moments, provenance, showcase, theme
from pages.ui.frame import LEARN, guarded
from pages.ui.lessons import first_layer, parts, shipped
from pages.ui.lessons.catalog import LESSONS, Lesson, Shelf
from pages.ui.strings import text
from pages.ui.terms import marks

CARDS_IN_A_ROW = 3
VERSIONS = ("python", "torch", "transformers")
"""Of what decides the numbers, those that are named; all stand in the file."""


def draw() -> None:
    """The whole page."""
    data = shipped.load()
    if data is None:
        st.title(text("learn_title"), anchor=False)
        markup.state(text("learn_missing_title"), [text("learn_missing")])
        return
    shelf = Shelf(data, showcase.load())
    name = address.read("lesson")
    place = next((place for place, lesson in enumerate(LESSONS) if lesson.name == name), None)
    if place is None:
        _overview(shelf, name)
    else:
        _lesson(shelf, place)


def _overview(shelf: Shelf, unknown: str | None) -> None:
    """All lessons as cards, and the first one's figure."""
    st.title(text("learn_title"), anchor=False)
    markup.lead(text("learn_lead"))
    if unknown is not None:
        markup.state(text("learn_gone_title"), [text("learn_gone", name=unknown)])
    for start in range(0, len(LESSONS), CARDS_IN_A_ROW):
        row = LESSONS[start : start + CARDS_IN_A_ROW]
        for place, (column, lesson) in enumerate(zip(st.columns(CARDS_IN_A_ROW, gap="medium"), row, strict=True)):
            with column, guarded():
                _card(shelf, lesson, start + place)
    markup.kicker(text("learn_teaser"))
    figure, words = st.columns([7, 5], gap="large", vertical_alignment="center")
    with figure:
        first_layer.chart(shelf.data, 0, "learn-teaser")
    with words, guarded():
        markup.prose(first_layer.words(shelf.data))
    _made(shelf.data.report, "layerwise zoo lessons")


def _card(shelf: Shelf, lesson: Lesson, place: int) -> None:
    with st.container(border=True, key=f"card-lesson-{lesson.name}", height="stretch"):
        picture = lesson.picture(shelf, theme.palette())
        drawn = ""
        if picture is not None:
            drawn = f'<img class="lw-learn-picture" src="data:image/svg+xml,{quote(picture)}" alt="">'
        facts = [
            text("learn_of", number=place + 1, lessons=len(LESSONS)),
            text("learn_minutes", minutes=lesson.minutes),
        ]
        facts += [text("learn_solved")] if lesson.name in parts.solved() else []
        st.html(
            f'<p class="lw-kicker lw-learn-of">{escape(" · ".join(facts))}</p>{drawn}'
            + markup.card_title(text(lesson.title))
            + f'<p class="lw-note">{marks.marked(text(lesson.line))}</p>'
        )
        st.page_link(
            LEARN,
            label=text("learn_open", number=place + 1),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"lesson": lesson.name},
        )


def _lesson(shelf: Shelf, place: int) -> None:
    lesson = LESSONS[place]
    _progress(place)
    st.title(text(lesson.title), anchor=False)
    if lesson.from_showcase and shelf.shown is None:
        markup.state(text("learn_missing_title"), [text("learn_no_showcase")])
    else:
        with guarded():
            lesson.draw(shelf)
    _onwards(place)
    if lesson.from_showcase and shelf.shown is not None:
        _made(shelf.shown.report, "layerwise zoo showcase")
    else:
        _made(shelf.data.report, "layerwise zoo lessons")


def _made(report: AnalysisReport, command: str) -> None:
    """Where the figures come from, when they were measured, with which versions, and how to make them again."""
    facts = report.provenance
    versions = ", ".join(f"{name} {facts['versions'][name]}" for name in VERSIONS if name in facts.get("versions", {}))
    lines = [provenance.line(report)]
    if "at" in facts and versions:
        when = moments.clock(datetime.fromisoformat(str(facts["at"])))
        lines.append(text("learn_made", when=when, versions=versions, command=command))
    markup.note(*lines)


def _progress(place: int) -> None:
    """Six short bars: the present one, and those whose question was answered."""
    solved = parts.solved()
    bars = "".join(
        f'<span class="{"is-here" if at == place else ""} {"is-done" if lesson.name in solved else ""}"></span>'
        for at, lesson in enumerate(LESSONS)
    )
    label = text("learn_progress", number=place + 1, lessons=len(LESSONS), solved=len(solved))
    of = text("learn_of", number=place + 1, lessons=len(LESSONS))
    minutes = text("learn_minutes", minutes=LESSONS[place].minutes)
    st.html(
        f'<div class="lw-learn-progress"><p class="lw-kicker">{escape(of)} · {escape(minutes)}</p>'
        f'<div role="img" aria-label="{escape(label)}">{bars}</div></div>'
    )


def _onwards(place: int) -> None:
    """The lesson before, all lessons, the next one."""
    with st.container(horizontal=True, horizontal_alignment="distribute", key="lw-learn-onwards"):
        if place > 0:
            before = LESSONS[place - 1]
            st.page_link(
                LEARN,
                label=text("learn_previous", title=text(before.title)),
                icon=":material/arrow_back:",
                query_params={"lesson": before.name},
            )
        st.page_link(LEARN, label=text("learn_all"), icon=":material/apps:")
        if place + 1 < len(LESSONS):
            after = LESSONS[place + 1]
            st.page_link(
                LEARN,
                label=text("learn_next", title=text(after.title)),
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={"lesson": after.name},
            )
