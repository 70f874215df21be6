"""Streamlit's uploader with its own words in the reader's language: by itself it speaks English alone.

A style sheet takes its words out of sight, and with that out of its button's accessible name, and puts others in their
place; a script gives the button its name for those who hear it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from pages.ui import language
from pages.ui.strings import text
from pages.ui.theme import ASSETS

_SPOKEN_BY_STREAMLIT = "en"
_ZONE, _LIMITS = '[data-testid="stFileUploaderDropzone"]', '[data-testid="stFileUploaderDropzoneInstructions"]'
_BUTTON, _OVER = f"{_ZONE} > span > button p", f"{_ZONE} > input + div:has(> span:only-child) > span"
"""What opens the list of files, and what lies over all while files are dragged."""


def uploader(
    label: str,
    *,
    key: str,
    most_mb: int,
    types: Sequence[str] | None = None,
    several: bool = False,
    explained: str = "",
) -> Any:
    """The files that were handed in: one or None, or a list where there may be several.

    Args:
        label: what it is for.
        key: of the widget.
        most_mb: the largest file that is taken.
        types: endings of names; None takes all.
        several: whether more than one file may be there.
        explained: the help beside the label.
    """
    if language.current() != _SPOKEN_BY_STREAMLIT:
        st.html(
            f"<style>{_sheet(key, most_mb, types or ())}</style><script>{_naming(key)}</script>",
            unsafe_allow_javascript=True,
        )
    return st.file_uploader(
        label,
        type=types,
        accept_multiple_files=several,
        key=key,
        help=explained or None,
        max_upload_size=most_mb,
    )


def _sheet(key: str, most_mb: int, types: Sequence[str]) -> str:
    """Rules for one uploader; the limit and the endings differ."""
    here = _place(key)
    endings = language.phrases()["comma"].join(ending.upper() for ending in types)
    limit = text("upload_limit_of", most=most_mb, endings=endings) if endings else text("upload_limit", most=most_mb)
    return (
        f"{here} :is({_BUTTON}, {_LIMITS} span) {{display:none}}"
        f"{here} {_ZONE} > span > button :has(> p)::after {{content:{_quoted(text('upload_choose'))}}}"
        f"{here} {_LIMITS} > div::after "
        f"{{content:{_quoted(limit)};color:var(--lw-muted);font-size:0.875rem;overflow:hidden;text-overflow:ellipsis}}"
        f"{here} {_OVER} {{font-size:0}}"
        f"{here} {_OVER}::after {{content:{_quoted(text('upload_drop'))};font-size:0.875rem}}"
    )


def _place(key: str) -> str:
    return ".st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())


def _naming(key: str) -> str:
    """The script that names the button of one uploader; in a string of a script, "</" would end the script."""
    place, name = json.dumps(f"{_place(key)} {_ZONE} > span > button"), json.dumps(text("upload_choose"))
    return _script().replace("WHERE", place).replace("NAME", name.replace("</", "<\\/"))


@lru_cache(maxsize=1)
def _script() -> str:
    return (ASSETS / "scripts" / "uploader.js").read_text(encoding="utf-8")


def _quoted(words: str) -> str:
    """A string of a style sheet, which has the escapes of JSON for what may stand in a phrase."""
    return json.dumps(words, ensure_ascii=False)
