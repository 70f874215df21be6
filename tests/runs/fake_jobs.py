"""Jobs that stand in for the real ones: the name of the model says what happens to the run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.errors import NumericalError
from analysis_core.results import (
    AnalysisReport,
    CompressionOutcome,
    CompressionPlan,
    Interval,
    Latency,
    Layer,
    Measurement,
    MethodResult,
    SubsetResult,
)
from analysis_core.runs import archive
from analysis_core.runs.jobs import JobContext
from analysis_core.vocabulary import Direction, LayerKind

LAYERS = 4


def method_result(name: str) -> MethodResult:
    return MethodResult(name, name.title(), (1.0, 2.0, 3.0, 4.0), (None,) * LAYERS, "nats", examples=8)


def subset(*removed: int) -> SubsetResult:
    return SubsetResult(removed, 1.0, 0.1 * len(removed), 0.01, 0.8, 0.05, 0.01, 100)


def report_of(methods: tuple[str, ...], model: str = "toy") -> AnalysisReport:
    return AnalysisReport(
        model={"id": model},
        layers=tuple(Layer(i, f"blocks.{i}", LayerKind.MLP, "Block", 10) for i in range(LAYERS)),
        methods={name: method_result(name) for name in methods},
        consensus=(0.0, 0.3, 0.7, 1.0),
        baseline={"accuracy": 0.9},
        metric="accuracy",
        metric_direction=Direction.HIGHER_IS_BETTER,
        measured=(subset(), subset(1)),
    )


def outcome_of(model: str, removed: tuple[int, ...], export: str | None) -> CompressionOutcome:
    keep = tuple(index for index in range(LAYERS) if index not in removed)
    interval, latency = Interval(1.0, 0.9, 1.1), Latency(1.0, 1.2)
    measurement = Measurement(
        "accuracy", Direction.HIGHER_IS_BETTER, 0.9, 0.8, interval, interval, 100, latency, latency, interval,
        8, 40, 10 * len(keep), 160, 40 * len(keep), "test", "2026-01-01",
    )  # fmt: skip
    plan = CompressionPlan(LAYERS, len(keep), keep, removed, "greedy", None, LAYERS / len(keep))
    searched = (subset(1), subset(*removed))
    return CompressionOutcome({"id": model}, plan, measurement, searched, export)


def analysis_config(context: JobContext) -> AnalysisConfig:
    return cast(AnalysisConfig, context.config)


def steps(context: JobContext) -> None:
    """Takes `seed` milliseconds a method; what it has stored, it acknowledges in a file."""
    methods = analysis_config(context).analysis_methods
    for number, name in enumerate(methods):
        context.progress(number / len(methods), f"Computing {name}")
        time.sleep(context.config.seed / 1000)
        context.on_result(method_result(name))
        with open(context.folder / "acknowledged", "a") as file:
            file.write(f"{name}\n")
            file.flush()
            os.fsync(file.fileno())


def listens(context: JobContext) -> None:
    """Goes on until it is asked to stop."""
    context.on_result(method_result("first"))
    while True:
        context.progress(0.5, "Listening")
        time.sleep(0.01)


def deaf(context: JobContext) -> None:
    """Never asks whether it should stop, and has started a process of its own."""
    context.on_result(method_result("first"))
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (context.folder / "helper").write_text(str(helper.pid))
    context.progress(0.25, "Counting sheep")
    time.sleep(600)


def not_finite(_context: JobContext) -> None:
    raise NumericalError("The loss of example 3 is nan.", remedy="Check that example.")


def has_a_bug(context: JobContext) -> None:
    context.progress(0.1, "Dividing")
    raise ZeroDivisionError("secret detail")


def imports_what_is_broken(context: JobContext) -> None:
    context.progress(0.1, "Loading the model")
    try:
        import tests.runs.broken_library  # noqa: F401 - it cannot
    except OSError as error:
        raise ImportError("As transformers does it.") from error


def takes_all_memory(context: JobContext) -> None:
    context.progress(0.1, "Filling memory")
    held = []
    while True:
        held.append(bytearray(b"x") * (32 << 20))
        time.sleep(0.01)


def out_of_memory(context: JobContext) -> None:
    context.progress(0.1, "Allocating")
    bytearray(1 << 50)


def kills_itself(context: JobContext) -> None:
    context.on_result(method_result("first"))
    context.progress(0.4, "Holding on")
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def fills_the_disk(_context: JobContext) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")


def tells_environment(context: JobContext) -> None:
    with open(context.folder / "environ", "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in os.environ.items())
    (context.folder / "torch").write_text(str("torch" in sys.modules))
    threads = len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))
    (context.folder / "threads").write_text(str(threads))


BEHAVIOURS: dict[str, Callable[[JobContext], None]] = {
    function.__name__: function
    for function in (
        steps, listens, deaf, not_finite, has_a_bug, imports_what_is_broken, takes_all_memory, out_of_memory,
        kills_itself, fills_the_disk, tells_environment,
    )
}  # fmt: skip


def analyse(context: JobContext) -> AnalysisReport:
    config = analysis_config(context)
    BEHAVIOURS.get(config.model_name, steps)(context)
    return report_of(config.analysis_methods, config.model_name)


def compress(context: JobContext) -> CompressionOutcome:
    """Removes what was asked for; says in its plan's file what it knew before."""
    config = cast(CompressionConfig, context.config)
    if config.source_run is not None:
        known = archive.measured_subsets(context.store, config.source_run)
        (context.folder / "known").write_text(" ".join(str(item.removed) for item in known))
    export = None
    if config.export:
        export = archive.EXPORT_FOLDER
        (context.folder / export / "sub").mkdir(parents=True)
        (context.folder / export / "model.safetensors").write_bytes(b"weights" * 1000)
        (context.folder / export / "sub" / "config.json").write_text("{}")
    return outcome_of(config.model_name, config.remove or (2,), export)
