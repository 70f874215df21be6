"""The work itself: ``layerwise analyze`` and ``compress``, as runs in the foreground."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from analysis_core.cli.options import (
    Data,
    DataColumns,
    DataCompanion,
    DataFormat,
    Json,
    Model,
    Samples,
    Seed,
    data_settings,
)
from analysis_core.cli.printing import print_json, print_outcome, print_report, progress_line
from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig
from analysis_core.documents import analysis_document, compression_document
from analysis_core.errors import ConfigurationError, ExportError, LayerwiseError, RunError
from analysis_core.results import RunView
from analysis_core.vocabulary import RunState


def analyze(
    model: Model,
    method_names: Annotated[str, typer.Option("--methods", help="Names with commas between, or 'all'.")] = "all",
    samples: Samples = 512,
    data: Data = None,
    data_format: DataFormat = "",
    data_columns: DataColumns = "",
    data_companion: DataCompanion = None,
    granularity: Annotated[str, typer.Option(help="What counts as one layer.")] = "block",
    batch_size: Annotated[int, typer.Option(help="Examples per forward pass.")] = 32,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Score the layers of a model and store the run."""
    from analysis_core import service  # the store's libraries cost a second

    config = AnalysisConfig.from_dict(
        {
            "model_name": model,
            "analysis_methods": method_names,
            "max_samples": samples,
            "data": data,
            **data_settings(data_format, data_columns, data_companion),
            "granularity": granularity,
            "batch_size": batch_size,
            "seed": seed,
        }
    )
    report = service.report(_run_in_foreground(config))
    if as_json:
        print_json(analysis_document(report))
    else:
        print_report(report)


def compress(
    model: Model,
    ratio: Annotated[float | None, typer.Option(help="Before / after; may be left out with --largest-drop.")] = None,
    ratio_of: Annotated[str, typer.Option("--of", help="layers, parameters, flops, latency or memory.")] = "layers",
    largest_drop: Annotated[
        float | None, typer.Option(help="How much of the metric may be lost, in its own unit, e.g. 0.02.")
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="greedy, beam, evolutionary, consensus, or a method's name.")
    ] = "greedy",
    protect: Annotated[str, typer.Option(help="Layers that must stay, with commas between; else both ends.")] = "",
    search_seconds: Annotated[float | None, typer.Option(help="How long the search may take.")] = None,
    search_evaluations: Annotated[
        float | None, typer.Option(help="How many passes over the examples the search may take.")
    ] = None,
    granularity: Annotated[
        str, typer.Option(help="What counts as one layer: block, sublayer (attention, MLP) or stage.")
    ] = "block",
    heal: Annotated[str, typer.Option(help="What mends the gap: none, linear, distill or lora.")] = "none",
    heal_seconds: Annotated[float, typer.Option(help="How long distill or lora may train.")] = 60.0,
    quantize: Annotated[str, typer.Option(help="How linear layers that stay are stored: none or int8.")] = "none",
    low_rank: Annotated[
        float | None, typer.Option(help="Share of the weights of each linear layer that stays, e.g. 0.5.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the smaller model; must not exist.")] = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write model.onnx there too, where that is possible.")] = False,
    samples: Samples = 512,
    data: Data = None,
    data_format: DataFormat = "",
    data_columns: DataColumns = "",
    data_companion: DataCompanion = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Remove layers, measure what that costs, and write the smaller model."""
    from analysis_core import service  # the store's libraries cost a second

    if out is not None and out.exists():
        raise ConfigurationError("The folder exists already.", where=str(out), remedy="Choose another, or remove it.")
    if onnx and out is None:
        raise ConfigurationError("There is no folder for model.onnx.", where="--onnx", remedy="Name one with --out.")
    config = CompressionConfig(
        model_name=model,
        target_ratio=ratio,
        ratio_of=ratio_of,  # type: ignore[arg-type]  # checked and turned into a RatioOf there
        largest_drop=largest_drop,
        strategy=strategy,
        protect=_indices(protect),
        search_seconds=search_seconds,
        search_evaluations=search_evaluations,
        granularity=granularity,  # type: ignore[arg-type]  # checked and turned into a Granularity there
        heal=heal,  # type: ignore[arg-type]  # checked and turned into a HealWay there
        heal_seconds=heal_seconds,
        quantize=quantize,  # type: ignore[arg-type]  # checked and turned into a Quantization there
        low_rank=low_rank,
        export=out is not None,
        onnx=onnx,
        data=data,
        **data_settings(data_format, data_columns, data_companion),
        max_samples=samples,
        seed=seed,
    )
    run = _run_in_foreground(config)
    outcome = service.outcome(run)
    if out is not None:
        _copy_export(run, out)
    document = compression_document(outcome, export=str(out) if out is not None else None)
    if as_json:
        print_json(document)
    else:
        print_outcome(outcome, out)


def _indices(listed: str) -> tuple[int, ...] | None:
    """Layer numbers from a list with commas; None for an empty one."""
    parts = [part.strip() for part in listed.split(",") if part.strip()]
    if not all(part.isdigit() for part in parts):
        raise ConfigurationError(f"'{listed}' is no list of layers.", where="--protect", remedy="Write e.g. 0,1,11.")
    return tuple(int(part) for part in parts) or None


def _run_in_foreground(config: RunConfig) -> str:
    """Start a run and follow it to its end; an interrupt cancels it.

    Raises:
        RunError: the run failed or was cancelled.
        LayerwiseError: it failed for its model, its data or its settings.
    """
    from analysis_core import service  # the store's libraries cost a second

    run = service.start(config)
    show = progress_line()
    try:
        while True:
            view = service.wait(run, timeout_seconds=0.3)
            show(view.progress, view.message)
            if RunState(view.state).is_over:
                break
    except KeyboardInterrupt:
        service.cancel(run)
        raise RunError("The run was cancelled.", where=run) from None
    if sys.stderr.isatty():
        typer.echo("", err=True)
    _raise_unless_finished(view)
    return run


def _raise_unless_finished(view: RunView) -> None:
    if view.state == RunState.FINISHED:
        return
    if view.error and view.input_at_fault:
        raise LayerwiseError(view.error)
    raise RunError(view.error or f"The run is {view.state}.", where=f"run {view.id}")


def _copy_export(run: str, out: Path) -> None:
    """Unpack a run's export beside its place and rename it, so that it is there whole or not at all."""
    from analysis_core import service  # the store's libraries cost a second

    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as draft:
            with zipfile.ZipFile(service.export_archive(run)) as members:
                members.extractall(Path(draft) / out.name)  # our own archive, its files checked against their hashes
            (Path(draft) / out.name).rename(out)
    except OSError as error:
        raise ExportError(
            f"The smaller model could not be written there ({error.strerror}).",
            where=str(out),
            remedy=f"It is kept with run {run}.",
        ) from error
