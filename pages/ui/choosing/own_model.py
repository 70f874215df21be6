"""Bringing one's own model: as an upload, as a folder of this server, or by its name on the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from analysis_core.data.accepted import MODEL_FILES
from analysis_core.data.uploads import Upload
from analysis_core.errors import LayerwiseError
from analysis_core.models.catalog import local_hub_cache
from analysis_core.models.files import CONFIG_FILE, check_folder
from analysis_core.models.peek import peek
from pages.ui import address, markup
from pages.ui.choosing import roots, subject
from pages.ui.choosing.receiving import MOST_MB, refusal, uploader
from pages.ui.strings import text

TOLD = "own-model-told"
MOST_LISTED = 200


def draw() -> None:
    """The ways in, folded away until somebody wants them."""
    with st.expander(text("own_model"), icon=":material/add:", key="own-model"):
        markup.note(text("own_model_hint"))
        upload, folder, hub = st.tabs([text("own_way_upload"), text("own_way_folder"), text("own_way_hub")])
        with upload:
            words = text("own_upload_model"), text("own_upload_model_help", most=MOST_MB)
            uploader("model", *words, MODEL_FILES, _take_upload)
        with folder:
            _folder()
        with hub:
            _hub()


def put_aside() -> None:
    """Forget one's own model; what else was chosen stays."""
    address.write(model=None)


def _take_upload(upload: Upload) -> None:
    peek(upload.path)
    _use(subject.UPLOAD + upload.key)


def _folder() -> None:
    allowed = roots.configured()
    if not allowed:
        markup.note(text("own_folder_none"))
        return
    chosen = st.selectbox(
        text("own_folder_model"),
        _model_folders(allowed),
        index=None,
        accept_new_options=True,
        key="own-folder",
        help=text("own_folder_help", roots=", ".join(map(str, allowed))),
    )
    _offer("folder", chosen, _check_folder)


def _model_folders(allowed: tuple[Path, ...]) -> list[str]:
    """Folders with a configuration, in the roots and one folder below."""
    found = (path.parent for root in allowed for depth in ("*", "*/*") for path in root.glob(f"{depth}/{CONFIG_FILE}"))
    return sorted({str(folder) for folder in found})[:MOST_LISTED]


def _check_folder(name: str) -> str:
    folder = check_folder(name, roots.configured())
    peek(folder)
    return f"{subject.FOLDER}{folder}"


def _hub() -> None:
    typed = st.text_input(
        text("own_hub"), key="own-hub", placeholder=text("own_hub_placeholder"), help=text("own_hub_help")
    )
    _offer("hub", typed.strip(), _check_hub)
    cached = local_hub_cache()[:MOST_LISTED]
    if not cached:
        markup.note(text("own_hub_nothing_cached"))
        return
    st.pills(text("own_hub_cached"), cached, key="own-hub-cached", on_change=_pick_cached)


def _pick_cached() -> None:
    """One of the models that lie here already; it is looked into like any other."""
    picked = st.session_state["own-hub-cached"]
    if picked:
        st.session_state["own-hub"] = picked
        _try("hub", picked, _check_hub)


def _check_hub(name: str) -> str:
    key = subject.HUB + name
    if subject.of_hub(key).is_unseen and not name.startswith(subject.TIMM):
        from analysis_core.models.hub import look_up  # brings in the hub's client, which nobody else needs

        look_up(name)
    return key


def _offer(way: str, chosen: str | None, check: Callable[[str], str]) -> None:
    """The button, and why the last try was refused as long as the same name stands there."""
    st.button(text("own_use"), key=f"own-use-{way}", disabled=not chosen, on_click=_try, args=(way, chosen, check))
    tried, error = st.session_state.get(f"{TOLD}-{way}", (None, None))
    if error is not None and tried == chosen:
        refusal(error)


def _try(way: str, name: str, check: Callable[[str], str]) -> None:
    try:
        _use(check(name))
        st.session_state.pop(f"{TOLD}-{way}", None)
    except LayerwiseError as error:
        st.session_state[f"{TOLD}-{way}"] = (name, error)


def _use(key: str) -> None:
    address.write(model=key, modality=None, task=None)
