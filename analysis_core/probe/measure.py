"""Every need served in the cheapest way: what can be shared in one pass, and then what takes runs of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Need, Served, Statistics
from analysis_core.probe.runners import RUNNERS, Progress, Subject
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks.base import Task

StatisticsListener = Callable[[Statistics], None]


def measure(
    model: UniversalModel,
    batches: Sequence[Batch],
    task: Task,
    needs: Sequence[Need],
    *,
    seed: int = 0,
    progress: Progress | None = None,
    on_statistics: StatisticsListener | None = None,
) -> Statistics:
    """Measure every need over the batches.

    Args:
        model, batches, task, needs, seed: as in :func:`~analysis_core.probe.shared_pass.run_shared_pass`.
        progress: called with the done share, 0 … 1, and a few words; may raise to stop.
        on_statistics: called with what is known so far: first what the weights alone tell, at once, then after the
            shared pass, then after each further need, the cheapest first.

    Raises:
        NumericalError, DataError: see the shared pass.
    """
    unique, examples = list(dict.fromkeys(needs)), sum(batch.size for batch in batches)
    by_source = {source: [need for need in unique if need.served is source] for source in Served}
    shared = by_source[Served.SHARED]
    further = sorted(by_source[Served.FURTHER_RUNS], key=lambda need: need.passes(len(model.layers), examples))
    # A backward pass costs about two forward passes.
    shared_cost = 1.0 + 2.0 * len({need.backward for need in shared if need.backward is not None})
    costs = [max(0.1, need.passes(len(model.layers), examples)) for need in further]
    whole = shared_cost + sum(costs)
    report = progress or (lambda _done, _message: None)
    tell = on_statistics or (lambda _statistics: None)
    subject = Subject(model, task, batches, seed)

    report(0.0, "Weights" if by_source[Served.WEIGHTS] else "Shared pass")
    before = Statistics.nothing()
    for need in by_source[Served.WEIGHTS]:
        before = _with(before, need, subject, lambda _done, message: report(0.0, message))
        tell(before)
    passed = run_shared_pass(
        model,
        batches,
        task,
        shared,
        seed=seed,
        on_batch=lambda seen: report(
            shared_cost / whole * seen / examples, f"Shared pass: {seen} of {examples} examples"
        ),
    )
    statistics, spent = passed.beside(before), shared_cost
    tell(statistics)
    for need, cost in zip(further, costs, strict=True):
        statistics = _with(statistics, need, subject, _part(report, spent / whole, cost / whole))
        spent += cost
        tell(statistics)
    return statistics


def _part(report: Progress, start: float, share: float) -> Progress:
    return lambda done, message: report(start + share * done, message)


def _with(statistics: Statistics, need: Need, subject: Subject, progress: Progress) -> Statistics:
    """The statistics, and one need more."""
    began = time.perf_counter()
    value, passes = RUNNERS[type(need)](need, subject, progress)
    seconds = time.perf_counter() - began
    return replace(
        statistics,
        found={**statistics.found, need: value},
        seconds={**statistics.seconds, need: seconds},
        passes_of={**statistics.passes_of, need: passes},
        passes=statistics.passes + passes,
    )
