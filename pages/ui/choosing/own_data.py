"""Bringing one's own data: the forms that serve the task, an upload or a path below the roots, what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import streamlit as st

from analysis_core.data.accepted import DATA_FILES
from analysis_core.data.format_samples import SAMPLES
from analysis_core.data.formats import Format, find_format, formats_for
from analysis_core.data.options import ReadOptions
from analysis_core.data.own import Purpose
from analysis_core.data.preview import TABLE, Preview, preview
from analysis_core.data.uploads import Upload, find_upload
from analysis_core.errors import DataError, LayerwiseError
from analysis_core.models.files import check_below
from analysis_core.report import numbers
from pages.ui import address, markup
from pages.ui.choosing import column_picker, roots
from pages.ui.choosing.receiving import MOST_MB, refusal, uploader
from pages.ui.choosing.subject import uploads_folder
from pages.ui.sentences import sentence
from pages.ui.strings import text

UPLOAD, PLACE = "upload:", "path:"
LARGEST_READ_BYTES = 32 * 2**20
"""Larger data are not read by the page: that would take longer than people wait for a page."""
NAMED_CLASSES = 6


@dataclass(frozen=True)
class Data:
    """What a run is given.

    Args:
        path: of one's own data; None takes the model's sample.
        form: name of its form; recognised when empty.
        columns: which column of a table means what.
        examples: how many there are; None where that is not known before the run.
    """

    path: str | None = None
    form: str = ""
    columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    examples: int | None = None


def draw(purpose: Purpose) -> Data | None:
    """The whole panel; None as long as there is nothing that a run could use."""
    key = address.read("data")
    if key is None:
        _offer(purpose)
        return None
    try:
        path = _find(key)
    except LayerwiseError as error:
        address.write(data=None)
        refusal(error)
        _offer(purpose)
        return None
    return _found(key, path, purpose)


def is_chosen() -> bool:
    """Whether the address names data of one's own."""
    return address.read("data") is not None


def put_aside() -> None:
    """Forget one's own data; what else was chosen stays."""
    address.write(data=None)


def _find(key: str) -> Path:
    if key.startswith(UPLOAD):
        return find_upload(key.removeprefix(UPLOAD), uploads_folder()).path
    return check_below(key.removeprefix(PLACE), roots.configured())


def _offer(purpose: Purpose) -> None:
    """The forms that serve this task, each with an example, and the ways in."""
    forms = formats_for(purpose.modality, purpose.task)
    if forms:
        st.html(f'<div class="lw-forms">{"".join(map(_form, forms))}</div>')
    if purpose.columns:
        words = "data_ready_made" if forms else "data_only_ready_made"
        markup.note(text(words, columns=", ".join(purpose.columns)))
    explained = text("data_upload_help", most=MOST_MB)
    uploader("data", text("data_upload"), explained, DATA_FILES, _take_upload)
    allowed = roots.configured()
    if allowed:
        explained = text("own_folder_help", roots=", ".join(map(str, allowed)))
        typed = st.text_input(text("data_folder"), key="own-data-path", help=explained)
        st.button(text("data_use_path"), key="own-data-use", disabled=not typed, on_click=_use_path, args=(typed,))
        tried, error = st.session_state.get("own-data-told", (None, None))
        if error is not None and tried == typed:
            refusal(error)


def _form(form: Format) -> str:
    sample = escape(SAMPLES[form.name])
    looks = text("data_form_looks", looks=sentence(form.looks_like))
    return f'<div class="lw-form"><p><b>{escape(sentence(form.title))}</b> {escape(looks)}</p><pre>{sample}</pre></div>'


def _take_upload(upload: Upload) -> None:
    address.write(data=UPLOAD + upload.key)


def _use_path(typed: str) -> None:
    try:
        address.write(data=f"{PLACE}{check_below(typed, roots.configured())}")
    except LayerwiseError as error:
        st.session_state["own-data-told"] = (typed, error)


def _found(key: str, path: Path, purpose: Purpose) -> Data | None:
    """What was found, or what is wrong with it; the form and the columns can be changed either way."""
    size = _bytes_in(path)
    told = st.container()
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        form = _pick_form(key, purpose)
    with right:
        st.button(text("data_other"), key="data-other", icon=":material/close:", on_click=put_aside)
    if size > LARGEST_READ_BYTES:
        with told:
            markup.note(text("data_too_large", name=path.name, size=numbers.size(size)))
        return Data(str(path), form)
    columns: dict[str, str | tuple[str, ...]] = {}
    try:
        if form in ("", TABLE) and column_picker.applies(path, purpose):
            columns = column_picker.draw(key, path, purpose)
        seen = _read(str(path), _changed(path), purpose, columns, form)
        if isinstance(seen, LayerwiseError):
            raise seen
    except LayerwiseError as error:
        with told:
            refusal(error, more=[text("data_first_line")])
        return None
    with told:
        _tell(path, seen, purpose)
    return Data(str(path), form, columns, seen.examples)


def _pick_form(key: str, purpose: Purpose) -> str:
    forms = ["", *(form.name for form in formats_for(purpose.modality, purpose.task))]
    return st.selectbox(
        text("data_form"),
        forms,
        key=f"data-form-{key}-{purpose.task}",
        format_func=lambda name: sentence(find_format(name).title) if name else text("data_form_auto"),
    )


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs={Purpose: repr})
def _read(
    path: str, _changed_ns: int, purpose: Purpose, columns: dict[str, str | tuple[str, ...]], form: str
) -> Preview | LayerwiseError:
    """What is in the data, or what is wrong with it; read once, not on every click."""
    try:
        found = preview(Path(path), purpose, ReadOptions(columns), form)
    except LayerwiseError as error:
        return error
    if found.examples < 1:
        return DataError("There is no example in it.", where=Path(path).name, remedy="Give at least one.")
    return found


def _tell(path: Path, seen: Preview, purpose: Purpose) -> None:
    splits = ", ".join(text(f"part_{name}", count=count) for name, count in seen.splits.items())
    lines = [text("data_found", name=path.name, count=seen.examples, splits=splits)]
    title = sentence(find_format(seen.form).title)
    if seen.reason:
        lines.append(text("data_recognised", form=title, reason=sentence(seen.reason)))
    else:
        lines.append(text("data_read_as", form=title))
    if seen.class_names and not purpose.class_names:
        shown = ", ".join(seen.class_names[:NAMED_CLASSES])
        more = ", …" if len(seen.class_names) > NAMED_CLASSES else ""
        lines.append(text("data_classes", count=len(seen.class_names), names=shown + more))
    markup.state(text("data_taken_title"), lines)


def _bytes_in(path: Path) -> int:
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return sum(item.stat().st_size for item in files)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns
