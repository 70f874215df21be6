"""Choosing the model: what it reads, what it does, and one of those that fit, or one's own. The address keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from analysis_core.errors import LayerwiseError
from analysis_core.models.catalog import ModelCard
from analysis_core.vocabulary import ModalityType, TaskType
from pages.ui import address, markup
from pages.ui.choosing import model_cards, own_model, subject
from pages.ui.choosing.receiving import refusal
from pages.ui.choosing.subject import Subject
from pages.ui.strings import text

MODALITY, TASK, PURPOSE = "pick-modality", "pick-task", "pick-purpose"
Pair = tuple[ModalityType, TaskType]


@dataclass(frozen=True)
class Picked:
    """A model and what it is used for."""

    subject: Subject
    modality: ModalityType
    task: TaskType


def draw(cards: Sequence[ModelCard]) -> Picked | None:
    """Modality, task and model; None as long as somebody must say what their own model is for."""
    markup.step(text("step_model"))
    named = _named(cards)
    own = named if named is not None and named.card is None else None
    wanted = _wanted(named)
    if own is not None and wanted is None:  # until it is said what for, nothing else could fit
        model_cards.draw([own], own, _choose)
        _beside_own(own, wanted)
        return None
    offered = _offered(cards, wanted if own else None)
    modality, task = _ask(wanted or _from_address(offered), offered)
    fitting = [subject.of_card(card) for card in cards if (card.modality, card.task) == (modality, task)]
    chosen = named or fitting[0]
    model_cards.draw([own, *fitting] if own else fitting, chosen, _choose)
    if own is not None:
        _beside_own(own, wanted)
    own_model.draw()
    return Picked(chosen, modality, task)


def purpose_name(modality: ModalityType, task: TaskType) -> str:
    """What a model does, for people."""
    return text("task_generation_audio" if (modality, task) == _TRANSCRIPTION else f"task_{task}")


_TRANSCRIPTION = (ModalityType.AUDIO, TaskType.GENERATION)


def _named(cards: Sequence[ModelCard]) -> Subject | None:
    """The model of the address; what is wrong with it is said, and the others are offered."""
    key = address.read("model")
    if key is None:
        return None
    try:
        return subject.find(key, cards)
    except LayerwiseError as error:
        refusal(error, text("own_gone_title"), [text("own_back")])
        return None


def _wanted(named: Subject | None) -> Pair | None:
    """What the named model is for; of one that leaves it open, what the address says."""
    if named is None:
        return None
    if not named.is_open:
        return named.purposes[0]
    asked = (address.read("modality"), address.read("task"))
    return next((pair for pair in named.purposes if pair == asked), None)


def _from_address(offered: Sequence[Pair]) -> Pair:
    """The pair that comes nearest to the address; else the first."""
    modality, task = address.read("modality"), address.read("task")
    return max(offered, key=lambda pair: (pair[0] == modality, pair[1] == task and pair[0] == modality))


def _offered(cards: Sequence[ModelCard], own: Pair | None) -> list[Pair]:
    """What the embedded models do, and one's own, in the order of the vocabulary."""
    pairs = {(card.modality, card.task) for card in cards} | ({own} if own else set())
    return sorted(pairs, key=lambda pair: (list(ModalityType).index(pair[0]), list(TaskType).index(pair[1])))


def _ask(wanted: Pair, offered: Sequence[Pair]) -> Pair:
    """Two rows of words; a row with a single word is shown all the same, so that the order is seen."""
    modality, task = wanted
    modalities = list(dict.fromkeys(pair[0] for pair in offered))
    st.session_state[MODALITY] = modality
    st.segmented_control(
        text("modality"),
        modalities,
        key=MODALITY,
        required=True,
        format_func=lambda item: text(f"modality_{item}"),
        on_change=_other_modality,
    )
    tasks = [pair[1] for pair in offered if pair[0] == modality]
    st.session_state[TASK] = task
    st.segmented_control(
        text("task"),
        tasks,
        key=TASK,
        required=True,
        format_func=lambda item: purpose_name(modality, item),
        on_change=_other_task,
        args=(modality,),
    )
    return modality, task


def _other_modality() -> None:
    address.write(model=None, task=None, modality=st.session_state[MODALITY])


def _other_task(modality: ModalityType) -> None:
    address.write(model=None, modality=modality, task=st.session_state[TASK])


def _choose(key: str) -> None:
    address.write(model=key)


def _beside_own(own: Subject, wanted: Pair | None) -> None:
    """What can be done about one's own model: say what it is for, where its configuration leaves that open; put it
    aside.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if own.is_open:
            key = f"{PURPOSE}-{own.key}"
            st.session_state[key] = wanted
            st.selectbox(
                text("own_purpose"),
                own.purposes,
                index=None,
                key=key,
                format_func=lambda pair: f"{text(f'modality_{pair[0]}')}: {purpose_name(*pair)}",
                placeholder=text("own_purpose_pick"),
                help=text("own_purpose_help"),
                on_change=_say_purpose,
                args=(key,),
                width=420,
            )
        st.button(text("own_aside"), key="own-aside", icon=":material/close:", on_click=own_model.put_aside)


def _say_purpose(key: str) -> None:
    modality, task = st.session_state[key] or (None, None)
    address.write(modality=modality, task=task)
