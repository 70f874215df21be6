"""Choosing what to analyse: modality, task, model, data, methods. Only what fits is offered."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.models.catalog import catalog
from analysis_core.vocabulary import Granularity
from pages.ui import markup, translated
from pages.ui.choosing import method_picker, model_picker, own_data
from pages.ui.choosing.model_picker import Picked
from pages.ui.choosing.own_data import Data
from pages.ui.choosing.proposal import Task, cost_line
from pages.ui.frame import EXPLORE
from pages.ui.strings import text
from pages.ui.terms.entries import helped

EXAMPLES = (64, 128, 256, 512)
SAMPLE, OWN = "sample", "own"
DATA_SOURCE = "pick-data-source"
EXAMPLES_KEY, SEED_KEY, GRANULARITY_KEY = "pick-examples", "pick-seed", "pick-granularity"


def draw() -> AnalysisConfig | None:
    """All pickers; the configuration once the start button was pressed."""
    cards = [translated.card(card) for card in catalog()]
    if not cards:
        markup.state(text("no_models_title"), [text("no_models")])
        return None
    picked = model_picker.draw(cards)
    if picked is None:
        return None
    data = _data(picked)
    examples, seed = _amount()
    subject = picked.subject
    task = Task(subject.id, picked.modality, picked.task, subject.layers, subject.parameters, examples, _granularity())
    methods = method_picker.draw(task)
    return _start(picked, data, task, seed, methods)


def _data(picked: Picked) -> Data | None:
    """The model's own sample or one's own data; None where there is nothing yet that a run could use."""
    markup.step(text("step_data"))
    purpose = picked.subject.purpose(picked.modality, picked.task)
    card = picked.subject.card
    if card is None:
        markup.note(text("data_needed"))
        return own_data.draw(purpose)
    if own_data.is_chosen():
        st.session_state.setdefault(DATA_SOURCE, OWN)
    source = st.segmented_control(
        text("data_source"),
        [SAMPLE, OWN],
        default=None if DATA_SOURCE in st.session_state else SAMPLE,
        key=DATA_SOURCE,
        required=True,
        format_func=lambda name: text(f"data_{name}"),
        label_visibility="collapsed",
    )
    if source == OWN:
        return own_data.draw(purpose)
    name, licence = card.data.get("name", text("held_out_sample")), card.data.get("licence")
    described = [str(card.data["description"])] if card.data.get("description") else []
    markup.note(text("data_of", name=name, licence=licence) if licence else str(name), *described)
    return Data()


def _amount() -> tuple[int, int]:
    """How many examples are used, and the seed."""
    slider, seed = st.columns([3, 1], gap="medium")
    asked = st.session_state.setdefault(EXAMPLES_KEY, EXAMPLES[-1])  # of a run begun elsewhere, any number
    st.session_state.setdefault(SEED_KEY, 0)
    with slider:
        examples = st.select_slider(
            text("examples"),
            options=sorted({*EXAMPLES, asked}),
            key=EXAMPLES_KEY,
            help=helped(text("examples_help"), "held_out"),
        )
    with seed:
        number = st.number_input(
            text("seed"), min_value=0, max_value=2**31 - 1, step=1, key=SEED_KEY, help=helped(text("seed_help"), "seed")
        )
    return int(examples), int(number or 0)


def _granularity() -> Granularity:
    """What counts as one layer."""
    st.session_state.setdefault(GRANULARITY_KEY, Granularity.BLOCK.value)
    picked = st.segmented_control(
        text("granularity"),
        [item.value for item in Granularity],
        key=GRANULARITY_KEY,
        required=True,
        format_func=lambda name: text(f"granularity_{name}"),
        help=helped(text("granularity_help"), "block", "part", "stage"),
    )
    return Granularity(picked or Granularity.BLOCK)


def _start(picked: Picked, data: Data | None, task: Task, seed: int, methods: Sequence[str]) -> AnalysisConfig | None:
    """The button, and what stands beside it: what will be done, or what is missing, or that it was done before."""
    st.space("small")
    if not methods:
        markup.state(text("no_methods_title"), [text("no_methods")])
        return None
    if data is None:
        markup.state(text("no_data_title"), [text("no_data")])
        return None
    config = _config(picked, data, task, seed, methods)
    known = service.find_finished(config)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            text("run_again" if known else "start"), type="secondary" if known else "primary", key="start"
        )
        if known:
            st.page_link(EXPLORE, label=text("open_known"), query_params={"run": known}, icon=":material/history:")
        else:
            examples = min(task.examples, data.examples) if data.examples else task.examples
            words = "will_run" if task.layers is not None else "will_run_unseen"
            amount = text(words, methods=len(methods), examples=examples, layers=task.layers)
            markup.note(amount, cost_line(task, methods))
    return config if pressed else None


def _config(picked: Picked, data: Data, task: Task, seed: int, methods: Sequence[str]) -> AnalysisConfig:
    """An embedded model says itself what it is for; of one's own it is said here."""
    own = picked.subject.card is None
    return AnalysisConfig(
        model_name=picked.subject.id,
        task_type=picked.task if own else None,
        modality_type=picked.modality if own else None,
        analysis_methods=tuple(methods),
        max_samples=task.examples,
        granularity=task.granularity,
        seed=seed,
        data=data.path,
        data_format=data.form,
        data_columns=data.columns,
    )
