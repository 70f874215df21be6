"""All methods together: what sharing one pass saves, what everything costs, and how others do on the same data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.insight.selection import predicted_seconds
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.probe.attention import eager_attention
from analysis_core.probe.needs import Need, Served
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.calibration import calibrate
from tests.benchmarks.subjects import SUBJECTS, zoo
from tests.benchmarks.test_speed import plain_step
from tests.benchmarks.timing import ratio, seconds

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]


def needs_of(name: str) -> tuple[Need, ...]:
    method = METHODS.get(name)
    return method.needs(AnalysisConfig(analysis_methods=(name,))) if isinstance(method, ProbeMethod) else ()


def shared_only() -> dict[str, tuple[Need, ...]]:
    """The methods that need nothing but the shared pass, with what they need."""
    found = {name: needs_of(name) for name in METHODS.names()}
    served = {name: all(need.served is Served.SHARED for need in needs) for name, needs in found.items()}
    return {name: needs for name, needs in found.items() if needs and served[name] and name != "meta_learning"}


def plain_eager_step(model: UniversalModel, batches: Sequence[Batch]) -> None:
    with eager_attention(model.module):
        plain_step(model, batches)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_methods_of_the_shared_pass_together(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task, methods = task_for(model.task), shared_only()
    union = [need for needs in methods.values() for need in needs]

    def together() -> Any:
        return run_shared_pass(model, batches, task, union)

    def one_by_one() -> None:
        for needs in methods.values():
            run_shared_pass(model, batches, task, needs)

    shared = ratio(together, lambda: plain_eager_step(model, batches))
    apart = ratio(one_by_one, together, rounds=3)
    statistics = together()
    own = {
        name: sum(statistics.seconds[need] for need in needs) / shared.reference_seconds
        for name, needs in methods.items()
    }
    share = ", ".join(f"{name} {part:.2f}" for name, part in sorted(own.items(), key=lambda item: -item[1]))
    record(f"{len(methods)} shared methods / plain eager forward+backward, {subject}", shared.value, 1.5, str(shared))
    record(f"the same one by one / together, {subject}", apart.value, 5.0, f"{apart}; shares of a step: {share}")


def test_all_methods_on_text_bert(record: Record) -> None:
    model, batches = zoo("zoo/text-bert", 256)
    names = tuple(METHODS.names())
    config = AnalysisConfig(model_name="zoo/text-bert", analysis_methods=names, max_samples=256)
    began, first = time.perf_counter(), []
    report = analyze(
        model, batches, config, {name: METHODS.get(name) for name in names},
        on_result=lambda _result: first.append(time.perf_counter() - began),
    )  # fmt: skip
    took = time.perf_counter() - began
    costs = ", ".join(f"{name} {result.seconds:.1f}" for name, result in report.methods.items())
    record(f"all {len(names)} methods, text-bert, 256 examples, seconds", took, 90, costs)
    record("first method's scores, text-bert, 256 examples, seconds", first[0], 3.0)
    assert took <= 90


@pytest.mark.parametrize("subject", ["zoo/text-bert", "zoo/vision-vit"])
@pytest.mark.parametrize("examples", [64, 256])
def test_predicted_cost(subject: str, examples: int, record: Record) -> None:
    """Each method alone and all together: predicted seconds against real ones."""
    model, batches = zoo(subject, examples)
    speed = calibrate(model, batches, task_for(model.task))
    ratios = {}
    for names in [(name,) for name in METHODS.names()] + [tuple(METHODS.names())]:
        config = AnalysisConfig(model_name=subject, analysis_methods=names)
        methods = {name: METHODS.get(name) for name in names}
        real = min(seconds(lambda m=methods, c=config: analyze(model, batches, c, m)) for _ in range(2))
        ratios["all" if len(names) > 1 else names[0]] = predicted_seconds(speed, methods, config, examples) / real
    worst = max(ratios.values(), key=lambda value: abs(np.log(value)))
    note = ", ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    record(f"predicted / real seconds of all methods, {subject}, {examples} examples", ratios["all"], None, note)
    record(f"worst predicted / real seconds of one method, {subject}, {examples} examples", worst, None, "goal 0.7-1.3")


@contextmanager
def threads(count: int) -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
