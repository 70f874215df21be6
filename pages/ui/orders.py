"""What a reader can have done about a plan: measure it, search for a better one, export the smaller model."""

from __future__ import annotations

import streamlit as st

from analysis_core import service
from analysis_core.config import CompressionConfig
from analysis_core.errors import RunError
from analysis_core.report import numbers
from analysis_core.results import CompressionOutcome, CompressionPlan
from analysis_core.vocabulary import RunState
from pages.ui import address, choice, controls, markup, progress
from pages.ui.choice import GREEDY, Source
from pages.ui.strings import text

LOADING = {
    "transformers": "from transformers import AutoModelForSequenceClassification\n\n"
    'model = AutoModelForSequenceClassification.from_pretrained("unzipped/")',
}


def draw(source: Source, plan: CompressionPlan, outcome: CompressionOutcome | None) -> None:
    """The order that is under way, or the buttons."""
    if _under_way(source):
        return
    if plan.remove:
        with st.container(horizontal=True):
            if outcome is None:
                _button("measure", choice.compression(source, plan.remove), primary=True)
            known = choice.exported(source, plan.remove)
            if known is None:
                config = choice.compression(source, plan.remove, export=True)
                _button("export", config, primary=outcome is not None)
        if known is not None:
            _download(known)
    else:
        markup.note(text("nothing_removed"))
    if GREEDY not in choice.strategies(source):
        ratio = max(plan.ratio, 2.0)
        markup.note(text("search_note"))
        _button("search", choice.compression(source, None, ratio=ratio), ratio=numbers.times(ratio))


def _button(name: str, config: CompressionConfig, *, primary: bool = False, **values: str) -> None:
    st.button(
        text(name, **values),
        key=f"order-{name}",
        type="primary" if primary else "secondary",
        help=text(f"{name}_help"),
        on_click=_start,
        args=(config,),
    )


def _start(config: CompressionConfig) -> None:
    known = service.find_finished(config)
    if known is None:
        address.write(job=service.start(config))


def _under_way(source: Source) -> bool:
    """Show the order in the address; true while it is still going on."""
    job = address.read("job")
    if job is None:
        return False
    try:
        view = service.follow(job)
    except RunError:
        address.write(job=None)
        return False
    state = RunState(view.state)
    if not state.is_over:
        markup.kicker(view.title)
        progress.job(job)
        return True
    if state is RunState.FINISHED:
        address.write(job=None)
        if view.config.get("remove") is None:
            controls.follow_search(source)
    elif state is RunState.FAILED:
        markup.state(text("order_failed_title"), [view.error or text("failed_unknown")], failed=True)
    else:
        markup.state(text("cancelled_title"), [text("order_cancelled")])
    return False


def _download(outcome: CompressionOutcome) -> None:
    """The smaller model as a zip, offered only after a fresh process has loaded it and computed the same."""
    if not outcome.reload_equal or outcome.run is None:
        markup.state(text("not_equal_title"), [text("not_equal")], failed=True)
        return
    run_id, layers = outcome.run, outcome.plan.compressed_layers
    st.download_button(
        text("download", layers=layers, size=numbers.size(outcome.measurement.bytes_compressed)),
        data=lambda: service.export_archive(run_id).read_bytes(),
        file_name=f"{str(outcome.model.get('id', 'model')).replace('/', '-')}-{layers}-layers.zip",
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download",
    )
    markup.note(text("reload_equal"))
    snippet = LOADING.get(str(outcome.model.get("library", "")))
    if snippet:
        st.code(snippet, language="python", wrap_lines=True)
