"""The first screen: a real result to play with, and the ways in."""

from __future__ import annotations

import streamlit as st

from pages.ui import markup
from pages.ui.frame import EXPLORE, WHAT_IF
from pages.ui.strings import text

OWN_MODEL = """\
from analysis_core import create_analyzer

adapter = create_analyzer(task_type="classification")
adapter.load_model(my_module)        # any torch.nn.Module
report = adapter.analyze_importance(my_loader)
plan = adapter.generate_compression_plan(target_ratio=2)
"""


def draw() -> None:
    """The whole page."""
    st.title(text("home_title"), anchor=False)
    markup.lead(text("home_lead"))
    from pages.ui import hero, showcase  # figures take their time to be brought in: the headline need not wait for it

    shown = showcase.load()
    if shown is not None:
        hero.draw(shown)
    ways_in()


def ways_in() -> None:
    """Three doors: rank layers, drop layers, bring a model."""
    explore, what_if, own = st.columns(3, gap="medium")
    with explore, st.container(border=True, key="card-explore", height="stretch"):
        st.html(markup.card_title(text("way_explore")))
        markup.note(text("way_explore_text"))
        st.page_link(EXPLORE, label=text("way_explore_link"), icon=":material/arrow_forward:", icon_position="right")
    with what_if, st.container(border=True, key="card-what-if", height="stretch"):
        st.html(markup.card_title(text("way_what_if")))
        markup.note(text("way_what_if_text"))
        st.page_link(WHAT_IF, label=text("way_what_if_link"), icon=":material/arrow_forward:", icon_position="right")
    with own, st.container(border=True, key="card-own", height="stretch"):
        st.html(markup.card_title(text("way_own")))
        markup.note(text("way_own_text"))
        st.page_link(EXPLORE, label=text("way_own_upload"), icon=":material/arrow_forward:", icon_position="right")
        with st.popover(text("way_own_link"), type="tertiary"):
            st.code(OWN_MODEL, language="python")
