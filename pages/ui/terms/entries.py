"""What the glossary says of a term or a method, in the reader's language."""

from __future__ import annotations

from typing import NamedTuple

from pages.ui import translated
from pages.ui.strings import text
from pages.ui.terms.catalog import TERMS
from pages.ui.terms.metrics import METRICS

KNOWN = {**TERMS, **METRICS}
"""Terms that are no methods."""


class Entry(NamedTuple):
    """One entry: a name, a sentence or two, and formula and source where there are any."""

    name: str
    sentence: str
    formula: str
    source: str


def entry(key: str) -> Entry:
    """The entry of a term, or of a registered method.

    Raises:
        KeyError: neither knows it.
    """
    term = KNOWN.get(key)
    if term is not None:
        return Entry(text(f"term_{key}"), text(f"term_{key}_is"), term.formula, term.source)
    from analysis_core.methods import METHODS  # with numpy: a headline does without

    if key not in METHODS:
        raise KeyError(key)
    said, method = translated.method(key), METHODS.get(key)
    return Entry(said.title, f"{said.question} {said.caveat}", method.formula, method.paper)


def helped(said: str, *keys: str) -> str:
    """Words for a help mark of Streamlit's own, followed by the entries of the terms that stand beside it."""
    return "\n\n".join((*filter(None, [said]), *map(_as_markdown, keys)))


def _as_markdown(key: str) -> str:
    found = entry(key)
    lines = [text("term_line", name=found.name, sentence=found.sentence)]
    lines += [f"`{found.formula}`"] if found.formula else []
    lines += [text("term_source", source=found.source)] if found.source else []
    return "  \n".join(lines)
