"""From a replay's outcome to the plain result that is kept and shown."""

from __future__ import annotations

from analysis_core.compression.measuring.shares import metrics_of, paired_difference
from analysis_core.probe.replay import Outcome
from analysis_core.results import SubsetResult
from analysis_core.tasks.base import Task
from analysis_core.vocabulary import Direction


def subset_result(outcome: Outcome, intact: Outcome, task: Task) -> SubsetResult:
    """One measured outcome, paired with the intact model's.

    The metric's standard error is that of :func:`~analysis_core.compression.measuring.shares.paired_difference`.
    """
    sign = 1.0 if task.direction is Direction.HIGHER_IS_BETTER else -1.0
    differences = outcome.losses - intact.losses
    count = len(differences)
    drop, drop_error = paired_difference(intact.metric, outcome.metric, task.metric_of)
    return SubsetResult(
        removed=tuple(sorted(outcome.removed)),
        loss=float(outcome.losses.mean()),
        loss_increase=float(differences.mean()),
        loss_increase_std_error=float(differences.std(ddof=1)) / count**0.5 if count > 1 else 0.0,
        metric=float(metrics_of(task.metric_of, outcome.metric.mean())),
        metric_drop=sign * drop,
        metric_drop_std_error=drop_error,
        examples=count,
    )
