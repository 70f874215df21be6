"""Which column of a table means what: the guess, its reason, and a way to say otherwise."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analysis_core.data.columns import ColumnMapping
from analysis_core.data.own import Purpose
from analysis_core.data.preview import TableLook, look_at_table, meanings_for
from pages.ui import markup
from pages.ui.sentences import sentence
from pages.ui.strings import text

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
SEVERAL = "numbers"
IN_A_ROW = 3


def applies(path: Path, purpose: Purpose) -> bool:
    """Whether somebody may say what columns mean: a table, for a task that tables serve, and not one made for it."""
    if path.suffix.lower() not in TABLE_SUFFIXES or not meanings_for(purpose.modality, purpose.task):
        return False
    return not purpose.columns or not set(purpose.columns) <= set(_look(str(path), path.stat().st_mtime_ns).columns)


def draw(key: str, path: Path, purpose: Purpose) -> dict[str, str | tuple[str, ...]]:
    """One box a meaning, filled with the guess; what is chosen, by meaning.

    Raises:
        LayerwiseError: the table cannot be read.
    """
    look = _look(str(path), path.stat().st_mtime_ns)
    markup.group(text("columns_title"), "")
    chosen: dict[str, str | tuple[str, ...]] = {}
    meanings = meanings_for(purpose.modality, purpose.task)
    for place, meaning in zip(st.columns(IN_A_ROW), meanings, strict=False):
        with place:
            value = _box(f"column-{key}-{purpose.task}-{meaning}", meaning, look)
            if value:
                chosen[meaning] = value
            why = _why(look.mapping, meaning, value)
            if why:
                markup.note(text("column_why", why=sentence(why)))
    return chosen


def _box(key: str, meaning: str, look: TableLook) -> str | tuple[str, ...] | None:
    guessed = look.mapping.columns.get(meaning, ())
    label = text(f"column_{meaning}")
    if meaning == SEVERAL:
        return tuple(st.multiselect(label, look.columns, default=list(guessed), key=key))
    at = look.columns.index(guessed[0]) if guessed else None
    return st.selectbox(label, look.columns, index=at, key=key, placeholder=text("column_none"))


def _why(mapping: ColumnMapping, meaning: str, value: str | tuple[str, ...] | None) -> str:
    """The reason of the guess, as long as it stands."""
    chosen = (value,) if isinstance(value, str) else value or ()
    return mapping.reasons.get(meaning, "") if chosen and chosen == mapping.columns.get(meaning) else ""


@st.cache_data(max_entries=8, show_spinner=False)
def _look(path: str, _changed_ns: int) -> TableLook:
    return look_at_table(Path(path))
