"""The address carries the state: what is in it opens the same view in another browser."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

SEPARATOR = "-"
NO_LAYERS = "none"


def read(name: str) -> str | None:
    """A parameter of the address; None when it is missing or empty."""
    return st.query_params.get(name) or None


def write(**values: str | int | None) -> None:
    """Change parameters of the address; None takes one out. What is not named stays."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)


def tell() -> None:
    """Have the browser show the address that the page is drawn for.

    A link to the very page that one is on changes the address for the script alone: without this the browser would
    keep the old one, copy it, and send it with the next click.
    """
    st.query_params.from_dict(st.query_params.to_dict())


def read_number(name: str) -> float | None:
    """A parameter that is a number; None when it is missing or something else."""
    try:
        return float(read(name) or "")
    except ValueError:
        return None


def read_layer(layers: int) -> int | None:
    """The selected layer; None when there is none, or the model has no such layer."""
    number = read_number("layer")
    return int(number) if number is not None and number in range(layers) else None


def layers_as_text(indices: Iterable[int]) -> str:
    """Layer numbers as they stand in the address, e.g. ``3-4-7``."""
    return SEPARATOR.join(str(index) for index in sorted(indices)) or NO_LAYERS


def read_layers(name: str, layers: int) -> tuple[int, ...] | None:
    """Layer numbers of a parameter; None when it is missing or names a layer that does not exist."""
    text = read(name)
    if text is None:
        return None
    if text == NO_LAYERS:
        return ()
    parts = text.split(SEPARATOR)
    if not all(part.isdecimal() and int(part) < layers for part in parts):
        return None
    return tuple(sorted({int(part) for part in parts}))
