"""A stream of requests under a load that one changes: the controller holds a latency with the depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.figures.stream import SHOWN, Call, StreamWords, share_within, stream_chart
from pages.ui import frame, markup, theme
from pages.ui.live import depths
from pages.ui.live.model import LiveModel
from pages.ui.strings import metric_name, text
from pages.ui.terms.entries import helped

TICK_SECONDS = 0.6
CALLS_A_TICK = 12
KEPT_CALLS = 2400
HELD, FIXED = "held", "fixed"
TARGETS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 12.0, 16.0, 24.0)
"""Times the whole model's time for one request."""
FIRST_TARGET = 2.8


def draw(model: LiveModel) -> None:
    """The controls, and the chart that follows the stream."""
    markup.step(text("live_stream_title"))
    markup.note(text("live_stream_lead"))
    targets = [_rounded(factor * model.costs[model.layers]) for factor in TARGETS]
    first_target = _rounded(FIRST_TARGET * model.costs[model.layers])
    first, second, third = st.columns([3, 3, 2], gap="medium")
    with first:
        st.select_slider(
            text("live_target"), targets, first_target, key=_target_key(model), format_func=numbers.milliseconds,
            help=helped(text("live_target_help"), "latency", "controller"),
        )  # fmt: skip
    with second:
        st.select_slider(
            text("live_at_once"), _loads(model.most_at_once), key=model.key("at-once"), help=text("live_at_once_help")
        )
    with third:
        st.segmented_control(
            text("live_who"), [HELD, FIXED], key=model.key("who"), default=HELD, required=True,
            format_func=lambda who: text(f"live_who_{who}"),
        )  # fmt: skip
    on = st.toggle(text("live_run"), key=model.key("on"))
    st.fragment(_follow, run_every=TICK_SECONDS if on else None)(model, on)


def _follow(model: LiveModel, on: bool) -> None:
    with frame.guarded():
        calls: list[Call] = st.session_state.setdefault(model.key("calls"), [])
        in_reach = True
        if on:
            found = _served(model, calls)
            model, in_reach = model.learn(found), bool(found["in_reach"])
        if not calls:
            markup.note(text("live_stream_empty"))
            return
        _chart(model, calls)
        if not in_reach:
            markup.note(text("live_out_of_reach"))
        if st.button(text("live_clear"), key=model.key("clear"), icon=":material/restart_alt:"):
            calls.clear()
            st.rerun(scope="fragment")


def _served(model: LiveModel, calls: list[Call]) -> Mapping[str, Any]:
    """Let some more calls be served, and add them to the others."""
    state = st.session_state
    target, at_once = float(state[_target_key(model)]), int(state[model.key("at-once")])
    depth = None if state[model.key("who")] == HELD else model.depth()
    found = model.ask(do="stream", stream=model.who, at_once=at_once, calls=CALLS_A_TICK, target_ms=target, depth=depth)
    for ran, spent in found["calls"]:
        calls.append(Call(calls[-1].number + 1 if calls else 1, int(ran), float(spent), target, at_once))
    del calls[:-KEPT_CALLS]
    return found


def _chart(model: LiveModel, calls: list[Call]) -> None:
    shown = calls[-SHOWN:]
    depth = sum(call.depth for call in shown) / len(shown)
    finding = text(
        "live_stream_finding",
        share=numbers.percent(share_within(calls)),
        calls=len(shown),
        depth=numbers.significant(depth),
    )
    words = StreamWords(
        text("live_mark_target"),
        text("live_mark_within"),
        text("live_mark_late"),
        text("live_axis_call"),
        text("live_axis_layers"),
        text("live_axis_at_once"),
    )
    latency = numbers.milliseconds(calls[-1].latency_ms)
    alt = text("live_stream_alt", finding=finding, latency=latency, depth=calls[-1].depth)
    theme.chart(stream_chart(calls, model.layers, theme.palette(), finding, words), model.key("chart"), alt)
    markup.note(_mean_quality(model, shown))


def _mean_quality(model: LiveModel, calls: list[Call]) -> str:
    if not {model.layers, *(call.depth for call in calls)} <= set(model.qualities):
        return depths.quality_line(model, calls[-1].depth)
    mean = sum(model.qualities[call.depth] for call in calls) / len(calls)
    return text(
        "live_stream_quality",
        metric=metric_name(model.metric),
        mean=numbers.metric(model.metric, mean),
        whole=numbers.metric(model.metric, model.qualities[model.layers]),
    )


def _target_key(model: LiveModel) -> str:
    """A session that was started again has other costs, and with them other targets to choose from."""
    return model.key(f"target-{model.costs[model.layers]:g}")


def _loads(most: int) -> list[int]:
    return [load for load in (1, 2, 4, 8, 16, 32, 64) if load <= most]


def _rounded(milliseconds: float) -> float:
    """With two digits, so that the slider reads well."""
    return float(f"{milliseconds:.2g}")
