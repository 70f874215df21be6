"""CartPole: the policy plays while one looks on, and takes layers away."""

from __future__ import annotations

import math
from html import escape
from urllib.parse import quote

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.palette import Palette
from pages.ui import frame, markup, theme
from pages.ui.live import depths
from pages.ui.live.model import LiveModel
from pages.ui.strings import text

STEPS_A_TICK = 25
TICK_SECONDS = 0.5
"""As long as these steps take in the environment itself, which counts 0.02 s a step."""
WIDTH, HEIGHT = 480, 190
EDGE = 2.4
"""Where the rail ends, in the environment's units."""
POLE = 110
LAST_EPISODES = 5


def draw(model: LiveModel) -> None:
    """Depth on the left, the cart on the right."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.fragment(_controls)(model)
    with right:
        on = st.toggle(text("live_play"), key=model.key("playing"))
        st.fragment(_follow, run_every=TICK_SECONDS if on else None)(model, on)


def _controls(model: LiveModel) -> None:
    with frame.guarded():
        depth = depths.slider(model)
        markup.note(depths.quality_line(model, depth))


def _follow(model: LiveModel, on: bool) -> None:
    with frame.guarded():
        state = st.session_state
        ended: list[int] = state.setdefault(model.key("ended"), [])
        frames = state.get(model.key("frames"), [[0.0, 0.0, 0.0, 0.0]])
        said = text("live_play_empty")
        if on:
            found = model.ask(do="play", stream=model.who, depth=model.depth(), steps=STEPS_A_TICK, seed=len(ended))
            frames = [frames[-1], *found["frames"]]
            reward, latency = int(found["reward"]), numbers.milliseconds(found["latency_ms"])
            said = text("live_play_reward", reward=reward, latency=latency)
            if found["ended"]:
                ended.append(reward)
        state[model.key("frames")] = frames[-1:] if not on else frames
        source = "data:image/svg+xml," + quote(cart_picture(frames, theme.palette()))
        st.html(f'<img class="lw-live-cart" src="{source}" alt="{escape(text("live_play_alt"))}" width="{WIDTH}">')
        last = text("live_play_last", lengths=", ".join(map(str, ended[-LAST_EPISODES:]))) if ended else ""
        markup.note(said, *([last] if last else []))


def cart_picture(frames: list[list[float]], palette: Palette) -> str:
    """The cart and its pole as an SVG that moves through the frames and stays at the last one.

    Args:
        frames: place of the cart and angle of the pole in their first and third number.
        palette: light or dark.
    """
    places = [WIDTH / 2 + frame[0] / EDGE * (WIDTH / 2 - 40) for frame in frames]
    angles = [math.degrees(frame[2]) for frame in frames]
    duration = f'dur="{TICK_SECONDS}s" fill="freeze"'
    rail = HEIGHT - 40
    slide = ";".join(f"{place:.1f} {rail}" for place in places)
    swing = ";".join(f"{angle:.2f}" for angle in angles)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<line x1="20" y1="{rail + 14}" x2="{WIDTH - 20}" y2="{rail + 14}" stroke="{palette.muted}"/>'
        f'<g transform="translate({places[-1]:.1f} {rail})">'
        f'<animateTransform attributeName="transform" type="translate" values="{slide}" {duration}/>'
        f'<rect x="-30" y="-14" width="60" height="28" rx="4" fill="{palette.kept}"/>'
        f'<g transform="rotate({angles[-1]:.2f})">'
        f'<animateTransform attributeName="transform" type="rotate" values="{swing}" {duration}/>'
        f'<rect x="-4" y="{-POLE}" width="8" height="{POLE}" rx="4" fill="{palette.accent}"/></g>'
        f'<circle r="5" fill="{palette.ink}"/></g></svg>'
    )
