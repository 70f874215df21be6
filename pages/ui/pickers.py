"""Choosing what to analyse: modality, task, model, data, methods. Only what fits is offered."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.models.catalog import ModelCard, catalog
from analysis_core.report import numbers
from analysis_core.vocabulary import Granularity
from pages.ui import address, markup, method_picker
from pages.ui.frame import EXPLORE
from pages.ui.proposal import Task, cost_line
from pages.ui.strings import text

EXAMPLES = (64, 128, 256, 512)
CARDS_IN_A_ROW = 2


def draw() -> AnalysisConfig | None:
    """All pickers; the configuration once the start button was pressed."""
    cards = catalog()
    if not cards:
        markup.state(text("no_models_title"), [text("no_models")])
        return None
    card = _model(cards)
    examples, seed = _data(card)
    task = Task(card, examples, _granularity())
    methods = method_picker.draw(task)
    return _start(task, seed, methods)


def _model(cards: Sequence[ModelCard]) -> ModelCard:
    """Modality, then task, then one of the models that fit; the address keeps the model."""
    chosen = next((card for card in cards if card.id == address.read("model")), cards[0])
    markup.kicker(text("step_model"))
    with st.container(horizontal=True, gap="medium"):
        modality = _choice("modality", [card.modality.value for card in cards], chosen.modality.value)
        fitting = [card for card in cards if card.modality == modality]
        task = _choice("task", [card.task.value for card in fitting], chosen.task.value)
    fitting = [card for card in fitting if card.task == task]
    if chosen not in fitting:
        chosen = fitting[0]
    for first in range(0, len(fitting), CARDS_IN_A_ROW):
        for place, card in zip(st.columns(CARDS_IN_A_ROW), fitting[first : first + CARDS_IN_A_ROW], strict=False):
            with place:
                _card(card, card.id == chosen.id)
    return chosen


def _choice(name: str, options: Sequence[str], default: str) -> str:
    """One of a few words, as buttons; a single word is shown all the same, so that the order is seen."""
    unique = list(dict.fromkeys(options))
    key = f"pick-{name}"
    if st.session_state.get(key) not in unique:
        st.session_state[key] = default if default in unique else unique[0]
    picked = st.segmented_control(
        text(name),
        unique,
        key=key,
        required=True,
        format_func=lambda word: word.replace("_", " ").capitalize(),
        on_change=address.write,
        kwargs={"model": None},
    )
    return picked or unique[0]


def _card(card: ModelCard, chosen: bool) -> None:
    key = f"card-{'chosen-' if chosen else ''}{card.id.replace('/', '-')}"
    with st.container(border=True, key=key, height="stretch"):
        accuracy = card.baseline.get("accuracy")
        facts = [
            (text("fact_layers"), str(card.layers)),
            (text("fact_parameters"), numbers.count(card.parameters)),
        ]
        if accuracy is not None:
            facts.append((text("fact_accuracy"), numbers.percent(accuracy)))
            facts.append((text("fact_majority"), numbers.percent(card.majority_class_share)))
        st.html(markup.card_title(card.title) + markup.facts(facts))
        markup.note(card.description)
        st.button(
            text("card_chosen" if chosen else "card_choose"),
            key=f"choose-{card.id}",
            type="primary" if chosen else "secondary",
            icon=":material/check:" if chosen else None,
            on_click=address.write,
            kwargs={"model": card.id},
            help=card.id,
        )


def _data(card: ModelCard) -> tuple[int, int]:
    """How many examples of the sample are used, and the seed."""
    markup.kicker(text("step_data"))
    name = card.data.get("name", text("held_out_sample"))
    licence = card.data.get("licence")
    markup.note(text("data_of", name=name, licence=licence) if licence else name)
    slider, seed = st.columns([3, 1], gap="medium")
    with slider:
        examples = st.select_slider(
            text("examples"), options=EXAMPLES, value=EXAMPLES[-1], key="pick-examples", help=text("examples_help")
        )
    with seed:
        number = st.number_input(
            text("seed"), min_value=0, max_value=2**31 - 1, value=0, step=1, key="pick-seed", help=text("seed_help")
        )
    return int(examples), int(number or 0)


def _granularity() -> Granularity:
    """What counts as one layer."""
    picked = st.segmented_control(
        text("granularity"),
        [item.value for item in Granularity],
        default=Granularity.BLOCK.value,
        key="pick-granularity",
        required=True,
        format_func=lambda name: text(f"granularity_{name}"),
        help=text("granularity_help"),
    )
    return Granularity(picked or Granularity.BLOCK)


def _start(task: Task, seed: int, methods: list[str]) -> AnalysisConfig | None:
    """The button, and what stands beside it: what will be done, or that it has been done before."""
    st.space("small")
    if not methods:
        markup.state(text("no_methods_title"), [text("no_methods")])
        return None
    config = AnalysisConfig(
        model_name=task.card.id,
        analysis_methods=tuple(methods),
        max_samples=task.examples,
        granularity=task.granularity,
        seed=seed,
    )
    known = service.find_finished(config)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            text("run_again" if known else "start"), type="secondary" if known else "primary", key="start"
        )
        if known:
            st.page_link(EXPLORE, label=text("open_known"), query_params={"run": known}, icon=":material/history:")
        else:
            amount = text("will_run", methods=len(methods), examples=task.examples, layers=task.card.layers)
            markup.note(amount, cost_line(task, methods))
    return config if pressed else None
