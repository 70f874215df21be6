"""What a reader can have done about a plan: measure it, search for a better one, export the smaller model."""

from __future__ import annotations

import re

import streamlit as st

from analysis_core import service
from analysis_core.config import CompressionConfig
from analysis_core.errors import RunError
from analysis_core.report import frontier, numbers
from analysis_core.report.recipes import Treatment
from analysis_core.results import CompressionOutcome, CompressionPlan
from analysis_core.vocabulary import RunState
from pages.ui import address, markup, progress, run_titles, units
from pages.ui.strings import text
from pages.ui.what_if import controls, targets, treatments, wishes
from pages.ui.what_if.choice import Source

CODE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


def draw(source: Source, plan: CompressionPlan, outcome: CompressionOutcome | None) -> None:
    """The order that is under way, or the buttons and the form.

    Args:
        source: the analysis.
        plan: the layers that go.
        outcome: the measurement of just these layers, treated as chosen; None where there is none.
    """
    treatment = treatments.chosen(source)
    treatments.draw(source)
    if _under_way(source):
        return
    if plan.remove or not treatment.keeps_weights:
        seconds = treatments.seconds(source)
        with st.container(horizontal=True):
            if outcome is None:
                _button("measure", wishes.measuring(source, plan, treatment, heal_seconds=seconds), primary=True)
            known = _exported(source, plan, treatment)
            if known is None:
                config = wishes.measuring(source, plan, treatment, heal_seconds=seconds, export=True)
                _button("export", config, primary=outcome is not None)
        if known is not None:
            _download(source, known)
    else:
        markup.note(units.words(source.report, "nothing_removed"))
    targets.draw(source, opened=_search_failed())


def _exported(source: Source, plan: CompressionPlan, treatment: Treatment) -> CompressionOutcome | None:
    """The newest outcome of exactly this choice whose model was written to disk."""
    return frontier.outcome_of([outcome for outcome in source.outcomes if outcome.export], plan.remove, treatment)


def _button(name: str, config: CompressionConfig, *, primary: bool = False) -> None:
    st.button(
        text(name),
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
        markup.kicker(run_titles.title(view))
        progress.job(job)
        return True
    if state is RunState.FINISHED:
        address.write(job=None)
        if view.config.get("remove") is None:
            controls.follow_search(source, service.outcome(job).plan)
    elif state is RunState.FAILED:
        markup.state(text("order_failed_title"), [view.error or text("failed_unknown")], failed=True)
    else:
        markup.state(text("cancelled_title"), [text("order_cancelled")])
    return False


def _search_failed() -> bool:
    """Whether the order that was just told of is a search that came to nothing: its goal can be mended in the form."""
    job = address.read("job")
    view = service.follow(job) if job is not None else None
    return view is not None and RunState(view.state) is RunState.FAILED and view.config.get("remove") is None


def _download(source: Source, outcome: CompressionOutcome) -> None:
    """The smaller model as a zip, offered only after a fresh process has loaded it and computed the same."""
    if not outcome.reload_equal or outcome.run is None:
        markup.state(text("not_equal_title"), [text("not_equal")], failed=True)
        return
    run_id, layers = outcome.run, outcome.plan.compressed_layers
    model = str(outcome.model.get("id", "model")).replace("/", "-")
    st.download_button(
        units.words(source.report, "download", layers=layers, size=numbers.size(outcome.measurement.bytes_compressed)),
        data=lambda: service.export_archive(run_id).read_bytes(),
        file_name=f"{model}-{layers}-of-{outcome.plan.original_layers}.zip",
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download",
    )
    markup.note(text("reload_equal"))
    found = CODE.search(service.export_readme(run_id))
    if found is not None:
        st.code(found[1], language="python", wrap_lines=True)
