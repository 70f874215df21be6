"""A run's settings as a beginning for a new one: ``?clone=ID`` fills Explore's pickers once, to change and start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from analysis_core import service
from analysis_core.errors import RunError
from analysis_core.methods import METHODS
from analysis_core.models import catalog
from analysis_core.vocabulary import Granularity, RunKind
from pages.ui import address, markup, run_titles
from pages.ui.choosing import own_data, pickers, proposal, subject
from pages.ui.strings import text

PARAMETER = "clone"


def apply() -> None:
    """Take over the settings of the run that the address names, if it names one; before the pickers are drawn."""
    run_id = address.read(PARAMETER)
    if run_id is None:
        return
    address.write(**{PARAMETER: None})
    try:
        view = service.follow(run_id)
    except RunError as error:
        markup.state(text("gone_what"), [error.what, text("clone_gone")])
        return
    _fill(view.config, is_analysis=view.kind == RunKind.ANALYSIS)
    st.toast(text("clone_done", run=run_titles.title(view)), icon=":material/content_copy:")


def _fill(settings: Mapping[str, Any], *, is_analysis: bool) -> None:
    state = st.session_state
    data = _place(settings.get("data"), own_data.UPLOAD, own_data.PLACE)
    address.write(
        model=_model(str(settings["model_name"])),
        modality=settings.get("modality_type"),
        task=settings.get("task_type"),
        data=data,
    )
    if data is None:
        state[pickers.DATA_SOURCE] = pickers.SAMPLE
    else:
        state[pickers.DATA_SOURCE] = pickers.OWN
        _fill_columns(data, settings)
    state[pickers.EXAMPLES_KEY] = int(settings.get("max_samples", pickers.EXAMPLES[-1]))
    state[pickers.SEED_KEY] = int(settings.get("seed", 0))
    if is_analysis:
        state[pickers.GRANULARITY_KEY] = str(settings.get("granularity") or Granularity.BLOCK)
        named = list(settings.get("analysis_methods", ()))
        for method in METHODS:
            state[proposal.tick_key(method)] = named == ["all"] or method in named


def _model(name: str) -> str:
    """How the address names a model."""
    if catalog.card_of(name) is not None:
        return name
    if Path(name).is_absolute():
        return str(_place(name, subject.UPLOAD, subject.FOLDER))
    return subject.HUB + name


def _place(path: str | None, upload: str, elsewhere: str) -> str | None:
    """How the address names a file or folder: an upload by its key, anything else by its path."""
    if path is None:
        return None
    uploads = subject.uploads_folder().resolve()
    try:
        return upload + Path(path).resolve().relative_to(uploads).parts[0]
    except (ValueError, IndexError):
        return elsewhere + path


def _fill_columns(data: str, settings: Mapping[str, Any]) -> None:
    """What the reader had said of the data's form and columns."""
    task = settings.get("task_type") or _task_of(str(settings["model_name"]))
    st.session_state[f"data-form-{data}-{task}"] = settings.get("data_format", "")
    for meaning, column in dict(settings.get("data_columns") or {}).items():
        value = list(column) if isinstance(column, list | tuple) else column
        st.session_state[f"column-{data}-{task}-{meaning}"] = value


def _task_of(model: str) -> str:
    card = catalog.card_of(model)
    return card.task.value if card is not None else ""
