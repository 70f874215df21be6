"""What can be taken along from a result: tables as CSV and Parquet, the whole as JSON, a page for reading.

Files are built when somebody asks for one. What is built then runs without the page, so that the language is asked
before. Tables and JSON hold what is stored, whatever the language: other programs read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from analysis_core import service
from analysis_core.methods import METHODS
from analysis_core.report import tables
from analysis_core.results import AnalysisReport, CompressionOutcome
from pages.ui import language, markup, translated
from pages.ui.strings import text

PARQUET = "application/vnd.apache.parquet"
NAME_LENGTH = 60


def menu(report: AnalysisReport) -> None:
    """Everything of an analysis, folded into one button."""
    key = f"download-{report.run}"

    def stored() -> AnalysisReport:  # as it was written; one that belongs to no run is all that there is
        return service.report(report.run) if report.run is not None else report

    with st.popover(text("download_menu"), icon=":material/download:", type="tertiary"):
        name = st.selectbox(
            text("download_table"),
            tables.names_of(report),
            key=f"{key}-table",
            format_func=lambda table: text(f"download_table_{table}"),
        )
        _table_buttons(f"{file_name(report.model, report.run)}-{name}", key, lambda: tables.TABLES[name](stored()))
        st.space("small")
        markup.note(text("download_whole"))
        stem, build = file_name(report.model, report.run), _page_builder(report)
        with st.container(horizontal=True):
            _button("JSON", f"{key}-json", f"{stem}.json", "application/json", lambda: tables.as_json(stored()))
            _button("HTML", f"{key}-html", f"{stem}.html", "text/html", build)
        markup.note(text("download_charts"))


def outcomes(found: Sequence[CompressionOutcome], key: str, label: str = "") -> None:
    """Smaller models as they were measured, folded into one button.

    Args:
        found: at least one.
        key: tells this menu from others on the page.
        label: of the button.
    """
    stem, key = f"{file_name(found[0].model, found[0].run)}-measured", f"download-{key}"
    with st.popover(label or text("download_menu"), icon=":material/download:", type="tertiary"):
        markup.note(text("download_outcomes"))
        _table_buttons(stem, key, lambda: tables.outcomes(found))
        st.space("small")
        markup.note(text("download_whole"))
        with st.container(horizontal=True):
            _button("JSON", f"{key}-json", f"{stem}.json", "application/json", lambda: tables.as_json(found))


def file_name(model: Any, run: str | None) -> str:
    """The head of a file's name, without its kind: plain signs, so that every system takes it."""
    words = f"layerwise-{model.get('id', '')}-{run or ''}"
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:NAME_LENGTH].rstrip("-")


def _table_buttons(stem: str, key: str, make: Callable[[], tables.Table]) -> None:
    with st.container(horizontal=True):
        _button("CSV", f"{key}-csv", f"{stem}.csv", "text/csv", lambda: make().as_csv())
        _button("Parquet", f"{key}-parquet", f"{stem}.parquet", PARQUET, lambda: make().as_parquet())


def _button(label: str, key: str, name: str, kind: str, build: Callable[[], bytes]) -> None:
    st.download_button(
        label, data=build, file_name=name, mime=kind, key=key, on_click="ignore", help=text("download_as", name=name)
    )


def _page_builder(report: AnalysisReport) -> Callable[[], bytes]:
    """What makes the page in the language that the reader has now."""
    shown, phrases = translated.report(report), language.phrases()
    explained = {name: _explained(name) for name in report.methods if name in METHODS}

    def build() -> bytes:
        from analysis_core.report.page import page  # brings in a template engine, which the first paint does without

        if report.run is None:
            return page(shown, phrases, explained=explained).encode()
        measured, settings = service.outcomes_of(report.run), service.follow(report.run).config
        return page(shown, phrases, outcomes=measured, settings=settings, explained=explained).encode()

    return build


def _explained(name: str) -> dict[str, str]:
    method, said = METHODS.get(name), translated.method(name)
    return {"question": said.question, "formula": method.formula, "paper": method.paper, "caveat": said.caveat}
