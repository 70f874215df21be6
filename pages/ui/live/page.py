"""The Live page: which model is at hand, and what may be done with it."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from analysis_core import service
from analysis_core.models.catalog import ModelCard, catalog
from analysis_core.results import CompressionOutcome
from analysis_core.runs import sessions
from analysis_core.runs.session_spool import Phase, SessionState
from analysis_core.runs.sessions import SessionGoneError
from analysis_core.vocabulary import ModalityType, RunKind, RunState, TaskType
from pages.ui import address, frame, markup, showcase, translated
from pages.ui.live import answer, play, stream
from pages.ui.live.model import LiveModel
from pages.ui.sentences import sentence
from pages.ui.strings import text

PICKER = "live-model"
LOOK_SECONDS = 0.5
OFFERED = frozenset(
    {
        (ModalityType.TEXT, TaskType.CLASSIFICATION),
        (ModalityType.TEXT, TaskType.GENERATION),
        (ModalityType.TEXT, TaskType.TRANSLATION),
        (ModalityType.TEXT, TaskType.SUMMARIZATION),
        (ModalityType.VISION, TaskType.CLASSIFICATION),
        (ModalityType.AUDIO, TaskType.CLASSIFICATION),
        (ModalityType.AUDIO, TaskType.GENERATION),
    }
)
"""What a person can hand something in to; policies are offered for their environment."""
ENVIRONMENT = "CartPole-v1"


def draw() -> None:
    """The whole page."""
    st.title(text("live_title"), anchor=False)
    markup.lead(text("live_lead"))
    cards = [translated.card(card) for card in catalog() if _is_offered(card)]
    if not cards:
        markup.state(text("live_none_title"), [text("live_none")])
        return
    card = _picked(cards)
    state = service.live(card.id, _known_order(card.id))
    if state.phase is Phase.READY:
        _at_hand(card)
    elif state.phase is Phase.FAILED:
        _failed(card, state)
    else:
        _starting(card)


def _is_offered(card: ModelCard) -> bool:
    return (card.modality, card.task) in OFFERED or (card.use or {}).get("environment") == ENVIRONMENT


def _kind(card: ModelCard) -> str:
    """What it reads, or that it acts."""
    acts = card.task is TaskType.REINFORCEMENT_LEARNING
    return text(f"task_{card.task}" if acts else f"modality_{card.modality}")


def _picked(cards: list[ModelCard]) -> ModelCard:
    by_id = {card.id: card for card in cards}
    names = list(by_id)
    asked = st.session_state.setdefault(f"{PICKER}-first", address.read("model"))
    with st.container(width=520):
        # The first choice is handed over as such: what is put into the session state instead, the browser may not have
        # heard of yet when it sends the next click, and then it sends the first option.
        chosen = st.selectbox(
            text("live_model"),
            names,
            index=names.index(asked) if asked in by_id else 0,
            key=PICKER,
            format_func=lambda name: text("live_option", title=by_id[name].title, kind=_kind(by_id[name])),
        )
    if asked is not None and asked not in by_id and chosen == names[0]:
        markup.note(text("live_not_asked", asked=asked))
    address.write(model=chosen)
    return by_id[chosen]


def _known_order(model: str) -> tuple[int, ...] | None:
    """In which order layers go, from the longest greedy removal of this model that there is; None where there is none.

    It is looked up once a tab and model: a session that has begun keeps its order.
    """
    key = f"live-order-{model}"
    if key not in st.session_state:
        shown = showcase.load()
        found = [outcome for outcome in (shown.outcomes if shown else ()) if outcome.model.get("id") == model]
        st.session_state[key] = _longest_order([*found, *_measured(model)])
    order: tuple[int, ...] | None = st.session_state[key]
    return order


def _longest_order(outcomes: list[CompressionOutcome]) -> tuple[int, ...] | None:
    plans = [outcome.plan for outcome in outcomes if outcome.plan.strategy == "greedy"]
    longest = max(plans, key=lambda plan: len(plan.removal_order), default=None)
    # An order that ends halfway would end the slider halfway.
    enough = longest is not None and 2 * len(longest.removal_order) >= longest.original_layers
    return longest.removal_order if longest is not None and enough else None


def _measured(model: str) -> list[CompressionOutcome]:
    views = service.runs(search=model, kind=RunKind.COMPRESSION, limit=20)
    mine = [view for view in views if view.state == RunState.FINISHED and view.config.get("model_name") == model]
    return [service.outcome(view.id) for view in mine]


@st.fragment(run_every=LOOK_SECONDS)
def _starting(card: ModelCard) -> None:
    with frame.guarded():
        state = service.live(card.id, _known_order(card.id))
        if state.phase in (Phase.READY, Phase.FAILED):
            st.rerun()
        markup.state(text("live_starting_title", title=card.title), [sentence(state.message), text("live_starting")])


def _failed(card: ModelCard, state: SessionState) -> None:
    markup.state(text("live_failed_title", title=card.title), [sentence(state.message)], failed=True)
    if st.button(text("live_again"), icon=":material/refresh:"):
        sessions.forget_session(card.id)
        st.rerun()


def _at_hand(card: ModelCard) -> None:
    try:
        model = _described(card)
    except SessionGoneError:  # it ended just now; the next run of the page starts it again
        st.rerun()
    if model.kind == "play":
        play.draw(model)
    else:
        answer.draw(model)
    stream.draw(model)


def _described(card: ModelCard) -> LiveModel:
    """What the session says of its model; examples are kept, measured qualities come in one by one."""
    st.session_state.setdefault("live-who", secrets.token_hex(8))
    facts: dict[str, Any] = sessions.ask_session(card.id, {"do": "describe"}, seconds=10)
    return LiveModel.from_facts(card.id, card.title, facts, st.session_state["live-who"])
