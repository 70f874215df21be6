"""What the command line prints: tables, documents, results, progress, and errors as one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from analysis_core.errors import LayerwiseError
from analysis_core.results import AnalysisReport, CompressionOutcome, HealReport, LinearChange


def print_json(document: Any) -> None:
    """One JSON document."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_report(report: AnalysisReport) -> None:
    """The scores of an analysis, a row a layer."""

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.3g}"

    header = ("layer", *report.methods, "consensus")
    rows = [
        (layer.name, *(shown(result.scores[layer.index]) for result in report.methods.values()), shown(rank))
        for layer, rank in zip(report.layers, report.consensus, strict=True)
    ]
    print_table(header, rows)
    typer.echo(f"run {report.run}: {report.metric} {report.baseline[report.metric]:.3f} on the examples used")


def print_outcome(outcome: CompressionOutcome, out: Path | None) -> None:
    """What a compression kept, saved and wrote."""
    found, plan = outcome.measurement, outcome.plan
    gone = ", ".join(map(str, plan.remove))
    typer.echo(f"{plan.original_layers} -> {plan.compressed_layers} layers; removed {gone}")
    typer.echo(
        f"{found.metric} {found.original:.3f} -> {found.compressed:.3f}, kept {100 * found.retention.value:.1f} % "
        f"({100 * found.retention.low:.1f} to {100 * found.retention.high:.1f})"
    )
    typer.echo(
        f"latency {found.latency_original.median_ms:.2f} -> {found.latency_compressed.median_ms:.2f} ms, "
        f"{found.speedup.value:.2f}x; parameters {found.parameters_original:,} -> {found.parameters_compressed:,}"
    )
    typer.echo(f"bytes of weights {found.bytes_original:,} -> {found.bytes_compressed:,}")
    if found.flops_original is not None and found.flops_compressed is not None:
        typer.echo(
            f"FLOPs of a batch of {found.batch_size} {found.flops_original:,} -> {found.flops_compressed:,}; "
            f"not counted: {', '.join(found.flops_uncounted) or 'nothing'}"
        )
    if found.peak_bytes_original is not None and found.peak_bytes_compressed is not None:
        typer.echo(
            f"peak bytes of weights and live tensors {found.peak_bytes_original:,} -> {found.peak_bytes_compressed:,}"
        )
    if outcome.heal is not None:
        typer.echo(_heal_line(outcome.heal))
    if outcome.linear:
        typer.echo(_linear_line(outcome.linear))
    if out is not None:
        typer.echo(f"written to {out}, loaded again in a fresh process with equal outputs: {outcome.reload_equal}")
    if outcome.onnx is not None:
        typer.echo(outcome.onnx.sentence)


def _heal_line(heal: HealReport) -> str:
    change = f"search loss {heal.loss_before:.3f} -> {heal.loss_reached:.3f} in {heal.seconds:.0f} s"
    if heal.helped:
        return f"healed by '{heal.way}': {change}"
    return f"healing by '{heal.way}' did not help ({change}); the smaller model was left as it was cut"


def _linear_line(linear: Sequence[LinearChange]) -> str:
    """How many linear layers that stayed became what."""
    int8, thin = sum(change.int8 for change in linear), sum(change.rank is not None for change in linear)
    parts = [f"{int8} are int8"] if int8 else []
    parts += [f"{thin} became two thin ones"] if thin else []
    return f"of the linear layers that stay {' and '.join(parts)}"


def progress_line() -> Callable[[float, str], None]:
    """Shows progress on standard error: one line that is drawn over in a terminal, new lines elsewhere."""
    last = ""

    def show(done: float, message: str) -> None:
        nonlocal last
        line = f"{100 * done:3.0f} %  {message}"
        if line == last:
            return
        last = line
        if sys.stderr.isatty():
            typer.echo(f"\r\033[K{line}", nl=False, err=True)
        else:
            typer.echo(line, err=True)

    return show


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn errors into one sentence and an exit code."""
    try:
        yield
    except LayerwiseError as error:
        typer.echo(error.sentence, err=True)
        raise SystemExit(2 if error.input_at_fault else 1) from None
