"""What lessons are laid out from: their words beside their figure, the way into the app, the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from analysis_core.report.lessons.question import Question
from pages.ui import markup
from pages.ui.frame import guarded
from pages.ui.strings import text
from pages.ui.terms.entries import helped
from pages.ui.terms.marks import terms_in

SOLVED = "learn-solved"


@dataclass(frozen=True)
class Words:
    """What stands beside a lesson's figure.

    Args:
        text: the lesson itself, a few sentences.
        terms: what the signs of its formulas mean, as Markdown for the help mark.
        formulas: in LaTeX, one at least.
        papers: where to read on.
        page: the page on which one does it oneself.
        label: of the link to it.
        parameters: what opens it at the right place.
    """

    text: str
    terms: str
    formulas: Sequence[str]
    papers: str
    page: str
    label: str
    parameters: Mapping[str, str]


def lay_out(words: Words, figure_side: Callable[[], None]) -> None:
    """The words on the left, the control and its figure on the right."""
    left, right = st.columns([5, 7], gap="large")
    with left, st.container(key="lw-learn-words"):
        markup.prose(words.text)
        for place, formula in enumerate(words.formulas):
            st.latex(formula, help=None if place else words.terms)
        if words.papers:
            markup.note(text("learn_read", papers=words.papers))
        do_it(words.page, words.label, words.parameters)
    with right:
        figure_side()


def do_it(page: str, label: str, parameters: Mapping[str, str]) -> None:
    """The way into the real app, at the place that the lesson is about."""
    with st.container(border=True, key="lw-learn-do"):
        markup.kicker(text("learn_do_it"))
        st.page_link(
            page, label=label, icon=":material/arrow_forward:", icon_position="right", query_params=dict(parameters)
        )


@st.fragment
def ask(name: str, question: Question) -> None:
    """A question with its answers; what is right is known from the data and shown after a check.

    Args:
        name: of the lesson.
        question: what is asked.
    """
    with guarded(), st.container(border=True, key="lw-learn-question"):
        markup.kicker(text("learn_question"))
        key = f"learn-answer-{name}"
        chosen = st.radio(
            question.asked,
            range(len(question.options)),
            index=None,
            key=key,
            format_func=lambda place: question.options[place],
            horizontal=True,
            help=helped("", *terms_in(question.asked)) or None,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            checked = st.button(text("learn_check"), key=f"{key}-check", type="primary")
            shown = st.button(text("learn_show"), key=f"{key}-show", type="tertiary")
        if shown:
            markup.state(text("learn_answer", answer=question.answer), [question.because])
        elif checked:
            _verdict(name, question, chosen)


def solved() -> set[str]:
    """Names of the lessons whose question was answered rightly in this visit."""
    found: set[str] = st.session_state.setdefault(SOLVED, set())
    return found


def _verdict(name: str, question: Question, chosen: int | None) -> None:
    if chosen is None:
        markup.note(text("learn_pick_first"))
    elif chosen == question.right:
        solved().add(name)
        markup.state(text("learn_right"), [question.because])
    else:
        markup.state(text("learn_wrong"), [text("learn_wrong_hint")], failed=True)
