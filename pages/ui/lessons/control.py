"""The one live control of a lesson: what the address says comes first, and what is chosen goes back into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from pages.ui import address

Choice = TypeVar("Choice", int, float, str)


def restore(key: str, parameter: str, options: Sequence[Choice], first: Choice) -> None:
    """Fill a control before it is drawn: from the address where that is possible, else as it was, else with `first`."""
    asked = address.read(parameter)
    named = next((option for option in options if asked is not None and written(option) == asked), None)
    if named is not None:
        st.session_state[key] = named
    elif st.session_state.get(key) not in options:
        st.session_state[key] = first


def remember(key: str, parameter: str) -> None:
    """Write what was chosen into the address."""
    address.write(**{parameter: written(st.session_state[key])})


def written(value: float | str) -> str:
    """A choice as it stands in the address."""
    return f"{value:g}" if isinstance(value, float) else str(value)
