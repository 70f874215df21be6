"""What the runs were asked: a table in which only what differs stands out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape

import streamlit as st

from analysis_core.report import numbers
from analysis_core.report.comparison import Comparison, Side
from analysis_core.report.comparison_names import data_name, granularity, title_of_model
from analysis_core.report.figures.side_marks import run_colour
from analysis_core.report.phrases import sentence_case
from pages.ui import moments
from pages.ui.frame import EXPLORE
from pages.ui.strings import listed, metric_name, text
from pages.ui.terms import marks

HASH_LENGTH, NAMED_METHODS = 8, 3
ASIDE = frozenset({"compare_when", "compare_machine", "compare_took"})
"""These differ nearly always, and change no score."""
Told = Callable[[Side, Comparison], str]


def draw(comparison: Comparison) -> None:
    """The table, and a way to each run by itself."""
    rows = []
    for name, tell in FACTS.items():
        values = [tell(side, comparison) or numbers.EN_DASH for side in comparison.sides]
        if len(set(values)) == 1:
            rows.append(_alike(text(name), values))
        else:
            rows.append(_differing(text(name), values, "is-aside" if name in ASIDE else "is-different"))
    head = "".join(f'<th scope="col">{badge(side)} {escape(side.name)}</th>' for side in comparison.sides)
    caption = escape(text("compare_differs_caption"))
    st.html(
        f'<div class="lw-scroll"><table class="lw-table lw-sides" aria-label="{caption}">'
        f"<thead><tr><th scope='col'>{escape(text('compare_differs'))}</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def badge(side: Side) -> str:
    """A run's letter on its colour, as markup."""
    return f'<span class="lw-run" style="--lw-run:{run_colour(side)}">{side.letter}</span>'


def links(comparison: Comparison) -> None:
    """Every stored run by itself."""
    with st.container(horizontal=True):
        for side in comparison.sides:
            if side.report.run is not None:
                label = text("compare_see", run=f"{side.letter} · {side.name}")
                st.page_link(EXPLORE, label=label, query_params={"run": side.key})


def kinds(comparison: Comparison) -> list[str]:
    """What counts as a layer in each run."""
    return [text(f"granularity_{granularity(side.report)}") for side in comparison.sides]


def _alike(name: str, values: Sequence[str]) -> str:
    told = marks.marked(text("compare_all_alike", value=values[0]))
    return f'<tr class="is-alike"><th scope="row">{marks.marked(name)}</th><td colspan="{len(values)}">{told}</td></tr>'


def _differing(name: str, values: Sequence[str], mood: str) -> str:
    cells = "".join(f"<td>{marks.marked(value)}</td>" for value in values)
    return f'<tr class="{mood}"><th scope="row">{marks.marked(name)}</th>{cells}</tr>'


def _model(side: Side, _: Comparison) -> str:
    model = side.report.model
    parts = [title_of_model(side.report), str(model.get("id") or "")]
    return " · ".join(dict.fromkeys(part for part in parts if part))


def _task(side: Side, _: Comparison) -> str:
    model = side.report.model
    found = [(kind, str(model.get(kind) or "")) for kind in ("modality", "task")]
    return " · ".join(text(f"{kind}_{value}") for kind, value in found if value)


def _layers(side: Side, _: Comparison) -> str:
    return text(f"compare_layers_{granularity(side.report)}", count=side.layers)


def _data(side: Side, comparison: Comparison) -> str:
    """Its name; with the beginning of its hash where data of one name differ."""
    name, own = data_name(side.report), _hash(side)
    hashes = {_hash(other) for other in comparison.sides if data_name(other.report) == name}
    return text("compare_data_hash", name=name, hash=own) if own and len(hashes) > 1 else name or own


def _hash(side: Side) -> str:
    data = side.report.provenance.get("data")
    return str(data.get("sha256") or "")[:HASH_LENGTH] if isinstance(data, dict) else ""


def _methods(side: Side, comparison: Comparison) -> str:
    """How many are shared, and by name what this run has beside them."""
    more = [result.title for name, result in side.report.methods.items() if name not in comparison.shared]
    if len(more) > NAMED_METHODS:
        return text("compare_methods_many", count=len(comparison.shared), more=len(more))
    words = "compare_methods_more" if more else "compare_methods_shared"
    return text(words, count=len(comparison.shared), more=listed(more))


def _intact(side: Side, _: Comparison) -> str:
    metric = side.report.metric
    value = numbers.metric(metric, side.report.baseline.get(metric))
    return f"{sentence_case(metric_name(metric))} {value}"


def _when(side: Side, _: Comparison) -> str:
    at = side.report.provenance.get("at")
    return moments.clock(datetime.fromisoformat(str(at))) if at else ""


def _took(side: Side, _: Comparison) -> str:
    spent = side.report.provenance.get("seconds")
    return numbers.seconds(float(spent)) if isinstance(spent, int | float) else ""


def _plain(name: str) -> Told:
    return lambda side, _: str(side.report.provenance.get(name, ""))


FACTS: dict[str, Told] = {
    "compare_model": _model,
    "compare_task": _task,
    "compare_layers": _layers,
    "compare_data": _data,
    "compare_examples": _plain("examples"),
    "compare_seed": _plain("seed"),
    "compare_methods": _methods,
    "compare_intact": _intact,
    "compare_when": _when,
    "compare_machine": _plain("machine"),
    "compare_took": _took,
}
"""Words -> what they stand for."""
