"""Which runs an address of the Compare page means, and what to say where it means none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis_core import service
from analysis_core.errors import LayerwiseError, RunError
from analysis_core.report.comparison import MOST
from analysis_core.results import AnalysisReport, RunView
from analysis_core.vocabulary import RunKind, RunState
from pages.ui import address, recent, run_titles, showcase, translated
from pages.ui.strings import listed, text

SEPARATOR = ","
SHORTEST_PART = 6
"""So many characters of an id are needed to guess the rest."""


@dataclass(frozen=True)
class Trouble:
    """One thing in a link that does not hold.

    Args:
        sentence: what it is.
        see: the run that can be looked at elsewhere, if any.
    """

    sentence: str
    see: RunView | None = None


@dataclass
class Asked:
    """What an address asks for.

    Args:
        found: analyses that can be shown, by id, in the order of the address.
        troubles: everything else.
        named: whether the address names anything at all.
    """

    found: dict[str, AnalysisReport] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    named: bool = False


def read() -> Asked:
    """The runs of the present address: ``runs=ID,ID``, or ``run=ID`` as other pages write it."""
    parts = [part.strip() for part in (address.read("runs") or address.read("run") or "").split(SEPARATOR)]
    asked = Asked(named=any(parts))
    for part in dict.fromkeys(filter(None, parts)):
        _look_up(part, asked)
    names = list(asked.found)
    if len(names) > MOST:
        left_out = names[MOST:]
        asked.troubles.append(Trouble(text("compare_too_many", count=len(names), runs=listed(left_out))))
        asked.found = {name: asked.found[name] for name in names[:MOST]}
    return asked


def write(names: Sequence[str]) -> None:
    """Put the runs into the address."""
    address.write(runs=SEPARATOR.join(names) or None, run=None)


def open_report(name: str) -> AnalysisReport:
    """The report of a run, or the shipped one.

    Raises:
        RunError: there is none.
        StorageError: it is damaged.
    """
    if name != showcase.NAME:
        return translated.report(service.report(name))
    shown = showcase.load()
    if shown is None:
        raise RunError(text("compare_no_shipped"))
    return shown.report


def _look_up(part: str, asked: Asked) -> None:
    if part == showcase.NAME:
        _add(part, None, asked)
        return
    view: RunView | None
    try:
        view = service.follow(part)
    except RunError:
        view = _completed(part, asked)
    if view is not None:
        _sort_in(view, asked)


def _completed(part: str, asked: Asked) -> RunView | None:
    """The one run whose id begins like this; a link that was cut off often still tells."""
    fitting = recent.beginning_with(part)
    if len(part) < SHORTEST_PART or len(fitting) != 1:
        asked.troubles.append(Trouble(text("compare_gone", run=part)))
        return None
    asked.troubles.append(Trouble(text("compare_cut_off", part=part, run=fitting[0].title)))
    return service.follow(fitting[0].id)


def _sort_in(view: RunView, asked: Asked) -> None:
    """An analysis that is finished is found; anything else is named with what can be done."""
    state = RunState(view.state)
    if view.kind == RunKind.COMPRESSION:
        source = view.config.get("source_run")
        words = "compare_compression_source" if source else "compare_compression"
        asked.troubles.append(Trouble(text(words, run=run_titles.title(view)), view))
        if source:
            _look_up(str(source), asked)
    elif state is RunState.FINISHED:
        _add(view.id, view, asked)
    elif state is RunState.FAILED:
        error = view.error or text("failed_unknown")
        asked.troubles.append(Trouble(text("compare_failed", run=run_titles.title(view), error=error), view))
    else:
        words = "compare_cancelled" if state is RunState.CANCELLED else "compare_going"
        asked.troubles.append(Trouble(text(words, run=run_titles.title(view)), view))


def _add(name: str, view: RunView | None, asked: Asked) -> None:
    try:
        asked.found[name] = open_report(name)
    except LayerwiseError as error:
        if view is None:
            asked.troubles.append(Trouble(error.what))
        else:
            asked.troubles.append(
                Trouble(text("compare_unreadable", run=run_titles.title(view), error=error.sentence), view)
            )
