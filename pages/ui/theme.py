"""The look at run time: which palette the reader sees, and charts that follow it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from analysis_core.report.palette import DARK, LIGHT, Palette, stack_colour
from pages.ui.terms import marks

ASSETS = Path(__file__).resolve().parents[2] / "assets"
CHART_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "displayNotifier": False,
    "scrollZoom": False,
    "doubleClick": False,
    "responsive": True,
}
SAVED_SCALE = 2
"""So many pixels of a saved picture for each on the page: sharp in print and on a projector."""


def palette() -> Palette:
    """The palette of the appearance that the reader has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def styles() -> None:
    """Put the style sheet onto the page, with the palette's colours as its variables."""
    shown = palette()
    names = {name: getattr(shown, name) for name in ("paper", "ink", "muted", "grid", "accent", "kept")}
    edge = "#CFCABD" if shown is LIGHT else "#3A4352"
    stacks = {f"stack-{place}": stack_colour(place) for place in range(4)}
    variables = "".join(f"--lw-{name}:{colour};" for name, colour in {**names, **stacks, "edge": edge}.items())
    st.html(f"<style>:root{{{variables}--lw-logo:url('{_logo()}');}}{_sheet()}</style>")


def chart(figure: Any, key: str, alt: str, on_select: Callable[[], None] | None = None) -> None:
    """Draw a plotly figure with its text alternative, and below it a mark for every term that it names.

    Args:
        figure: the figure.
        key: by which clicks are asked for; the name of a saved picture, too.
        alt: the text alternative.
        on_select: called after a click on one of the points.
    """
    st.plotly_chart(
        figure,
        key=key,
        theme=None,
        alt=alt,
        config={**CHART_CONFIG, "toImageButtonOptions": _saved(key)},
        on_select=on_select or "ignore",
        selection_mode="points",
    )
    terms = marks.row(figure)
    if terms:
        st.html(terms)


def _saved(key: str) -> dict[str, Any]:
    """How the chart of this key is saved from its own menu; :mod:`chart_menu` adds SVG."""
    return {"format": "png", "scale": SAVED_SCALE, "filename": f"layerwise-{key}"}


def clicked(key: str) -> list[Any] | None:
    """The custom data of the point that was clicked in the chart of this key; None when there is none."""
    selection = (st.session_state.get(key) or {}).get("selection") or {}
    found = selection.get("points") or []
    return list(found[0]["customdata"]) if found and found[0].get("customdata") is not None else None


@lru_cache(maxsize=1)
def _logo() -> str:
    """The mark as a data address: Streamlit takes SVG elements out of HTML."""
    return "data:image/svg+xml," + quote((ASSETS / "logo.svg").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _sheet() -> str:
    return (ASSETS / "styles" / "app.css").read_text(encoding="utf-8")
