"""What the model says of a text, a picture or a sound, at the chosen depth and as a whole."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from analysis_core.report import numbers
from pages.ui import frame, markup, uploading
from pages.ui.live import depths
from pages.ui.live.model import LiveModel
from pages.ui.strings import text
from pages.ui.terms import marks

MOST_MB = 8
SUFFIXES = {"picture": ["png", "jpg", "jpeg"], "sound": ["wav", "flac"]}


@st.fragment
def draw(model: LiveModel) -> None:
    """What is handed in on the left; depth and answers on the right."""
    with frame.guarded():
        left, right = st.columns([2, 3], gap="large")
        with left:
            given, truth = _given(model)
        with right:
            depth = depths.slider(model)
            if given is not None:
                found = model.ask(do="answer", input=given, depth=depth)
                model = model.learn(found)
                _answers(found, depth, model)
            markup.note(*([text("live_truth", truth=truth)] if truth else []), depths.quality_line(model, depth))


def _given(model: LiveModel) -> tuple[Mapping[str, Any] | None, str]:
    """What is handed in, as the session takes it, and what is true of it where that is known."""
    if model.kind == "text":
        return _text(model)
    number = _example(model)
    own = _own_file(model)
    content = own if own is not None else base64.b64decode(model.examples[number][model.kind])
    if model.kind == "picture":
        with st.container(key="lw-live-picture"):
            st.image(content, width=200, alt=text("live_picture_alt"))
    else:
        kind = "audio/flac" if content.startswith(b"fLaC") else "audio/wav"
        st.audio(content, format=kind, alt=text("live_sound_alt"))
    truth = "" if own is not None else str(model.examples[number].get("truth", ""))
    return {model.kind: base64.b64encode(content).decode()}, truth


def _text(model: LiveModel) -> tuple[Mapping[str, Any] | None, str]:
    key = model.key("text")
    number = _example(model)
    example = str(model.examples[number]["text"])
    if st.session_state.get(model.key("text-of")) != number:
        st.session_state[model.key("text-of")], st.session_state[key] = number, example
    written = st.text_area(text("live_text"), key=key, height=150, max_chars=4000, help=text("live_text_help"))
    truth = str(model.examples[number].get("truth", "")) if written == example else ""
    return ({"text": written} if written.strip() else None), truth


def _example(model: LiveModel) -> int:
    def name(number: int) -> str:
        truth = str(model.examples[number].get("truth", ""))
        if not truth or model.kind == "text":
            return text("live_example_of", number=number + 1)
        return text("live_example_truth", number=number + 1, truth=truth)

    return int(
        st.selectbox(text("live_example"), range(len(model.examples)), key=model.key("example"), format_func=name)
    )


def _own_file(model: LiveModel) -> bytes | None:
    """A file that was uploaded or recorded; the recording counts if both are there."""
    handed = uploading.uploader(
        text("live_upload_picture" if model.kind == "picture" else "live_upload_sound"),
        key=model.key("file"),
        most_mb=MOST_MB,
        types=SUFFIXES[model.kind],
    )
    if model.kind == "sound":
        handed = st.audio_input(text("live_record"), key=model.key("record")) or handed
    return bytes(handed.getvalue()) if handed is not None else None


def _answers(found: Mapping[str, Any], depth: int, model: LiveModel) -> None:
    here, whole = found["answer"], found["whole"]
    times = {
        "here": numbers.milliseconds(here["latency_ms"]),
        "whole": numbers.milliseconds(whole["latency_ms"]),
    }
    titles = [text("live_here", depth=depth, layers=model.layers), text("live_whole")]
    cards = [_card(title, answer) for title, answer in zip(titles, (here, whole), strict=True)]
    st.html(f'<div class="lw-live-answers">{"".join(cards)}</div>')
    if depth == model.layers:
        st.html(f'<p class="lw-live-verdict">{escape(text("live_whole_alone", whole=times["whole"]))}</p>')
        return
    same = _said(here) == _said(whole)
    verdict = text("live_same" if same else "live_other", **times)
    st.html(f'<p class="lw-live-verdict{"" if same else " is-other"}">{escape(verdict)}</p>')


def _card(title: str, answer: Mapping[str, Any]) -> str:
    latency = numbers.milliseconds(answer["latency_ms"])
    head = f'<div class="lw-name"><span>{escape(title)}</span><span>{marks.mark("latency", latency)}</span></div>'
    if answer["kind"] == "text":
        body = f'<p class="lw-live-text">{escape(answer["text"] or text("live_writes_nothing"))}</p>'
    else:
        body = _bars(answer["classes"])
    return f'<div class="lw-figure is-measured">{head}{body}</div>'


def _bars(classes: list[tuple[str, float]]) -> str:
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="lw-live-bar"><span style="width:{100 * share:.1f}%"></span></td>'
        f'<td class="num">{escape(numbers.percent(share))}</td></tr>'
        for name, share in classes
    )
    return f'<table class="lw-live-classes" aria-label="{escape(text("live_probability"))}">{rows}</table>'


def _said(answer: Mapping[str, Any]) -> str:
    return str(answer["text"]) if answer["kind"] == "text" else str(answer["classes"][0][0])
