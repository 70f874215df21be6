"""Taking files from people: one uploader, what it refuses as a sentence, and nothing else on the page touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from analysis_core.data.accepted import Accepted
from analysis_core.data.uploads import Upload, receive
from analysis_core.errors import LayerwiseError
from pages.ui import markup, uploading
from pages.ui.choosing.subject import uploads_folder
from pages.ui.strings import text

MOST_MB = 200
CODE = "python -c "


def uploader(name: str, label: str, explained: str, accepted: Accepted, then: Callable[[Upload], None]) -> None:
    """An uploader whose files are stored at once; the page is drawn anew when they were taken.

    Args:
        name: of this uploader, for the session state.
        label, explained: the words.
        accepted: what may be in it.
        then: is told what was received; what it raises is shown as a refusal.
    """
    state = st.session_state
    turn, told = f"uploader-turn-{name}", f"uploader-told-{name}"
    key = f"uploader-{name}-{state.setdefault(turn, 0)}"
    files = uploading.uploader(label, key=key, most_mb=MOST_MB, several=True, explained=explained)
    if not files:
        state.pop(told, None)
        return
    ids = tuple(file.file_id for file in files)
    if told not in state or state[told][0] != ids:
        try:
            then(receive([(file.name, file) for file in files], uploads_folder(), accepted))
        except LayerwiseError as error:
            state[told] = (ids, error)
        else:
            state[turn] += 1  # an empty uploader in its place: the files are stored, and need no memory here
            st.rerun()
    refusal(state[told][1])


def refusal(error: LayerwiseError, title: str = "", more: Sequence[str] = ()) -> None:
    """An error as a sentence with its remedy; a command in it is set apart, to be copied."""
    what = f"{error.where}: {error.what}" if error.where else error.what
    remedy, found, command = error.remedy.partition(CODE)
    lines = [what, *(more or [text("refused_kept")]), remedy.strip()]
    markup.state(title or text("refused_title"), lines, failed=True)
    if found:
        st.code(CODE + command, language="bash", wrap_lines=True)
