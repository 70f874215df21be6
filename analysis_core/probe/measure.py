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
        on_statistics: called with what is known so far, first after the shared pass, then after each further need,
            the cheapest first.

    Raises:
        NumericalError, DataError: see the shared pass.
    """
    unique = list(dict.fromkeys(needs))
    shared = [need for need in unique if need.served is Served.SHARED]
    examples = sum(batch.size for batch in batches)
    others = sorted(
        (need for need in unique if need.served is not Served.SHARED),
        key=lambda need: need.passes(len(model.layers), examples),
    )
    report = progress or (lambda _done, _message: None)
    # A backward pass costs about two forward passes.
    shared_cost = 1.0 + 2.0 * len({need.backward for need in shared if need.backward is not None})
    costs = [max(0.1, need.passes(len(model.layers), examples)) for need in others]
    whole = shared_cost + sum(costs)

    report(0.0, "Shared pass")
    statistics = run_shared_pass(
        model,
        batches,
        task,
        shared,
        seed=seed,
        on_batch=lambda seen: report(
            shared_cost / whole * seen / examples, f"Shared pass: {seen} of {examples} examples"
        ),
    )
    if on_statistics is not None:
        on_statistics(statistics)
    subject, spent = Subject(model, task, batches, seed), shared_cost
    for need, cost in zip(others, costs, strict=True):
        statistics = _with(statistics, need, subject, _part(report, spent / whole, cost / whole))
        spent += cost
        if on_statistics is not None:
            on_statistics(statistics)
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
