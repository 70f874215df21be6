"""The command line: ``layerwise models | methods | analyze | compress | runs | worker | app | zoo``.

Progress goes to standard error. With ``--json`` one JSON document goes to standard output. Bad input ends with exit
code 2 and one sentence; a run that fails ends with exit code 1 and its reason.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis_core.config import AnalysisConfig, CompressionConfig, RunConfig
from analysis_core.documents import analysis_document, compression_document
from analysis_core.errors import ConfigurationError, ExportError, LayerwiseError, RunError
from analysis_core.results import AnalysisReport, CompressionOutcome, HealReport, RunView
from analysis_core.vocabulary import RunState

app = typer.Typer(help=(__doc__ or "").splitlines()[0], no_args_is_help=True, add_completion=False)
zoo_app = typer.Typer(help="The embedded models and the recipes that train them.", no_args_is_help=True)
app.add_typer(zoo_app, name="zoo")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Model = Annotated[str, typer.Argument(help="zoo/NAME, a local folder, or a hub id.")]
Data = Annotated[str | None, typer.Option(help="Your own data, a file or folder; default: the model's sample.")]
DataFormat = Annotated[str, typer.Option("--format", help="Form of your data; recognised when left out.")]
DataColumns = Annotated[str, typer.Option("--columns", help="What columns mean, such as text=review,label=stars.")]
DataCompanion = Annotated[str | None, typer.Option("--companion", help="The second of two files, such as the target.")]
Samples = Annotated[int, typer.Option(help="At most so many examples are used.")]
Seed = Annotated[int, typer.Option(help="Of every random choice.")]

WIDEST = 100
"""Characters of a line of running text, on however wide a terminal."""


def main() -> None:
    """Entry point of the installed command."""
    with _one_sentence():
        app()


@app.command()
def models(as_json: Json = False) -> None:
    """List the embedded models."""
    from analysis_core.models.catalog import catalog

    cards = catalog()
    if as_json:
        _print_json([card.to_dict() for card in cards])
        return
    rows = [
        (
            card.id,
            card.modality,
            card.task,
            card.architecture,
            f"{card.layers}",
            f"{card.parameters:,}",
            _baseline(card),
        )
        for card in cards
    ]
    _print_table(("id", "modality", "task", "architecture", "layers", "parameters", "baseline"), rows)


@app.command()
def methods(
    short: Annotated[bool, typer.Option("--short", help="Only a table of names, units and costs.")] = False,
    as_json: Json = False,
) -> None:
    """List the methods: what each asks, its formula, its paper, its caveat, and what it costs."""
    from analysis_core.methods import METHODS

    found = [METHODS.get(name).describe() for name in METHODS.names()]
    if as_json:
        _print_json(found)
        return
    if short:
        columns = ("name", "title", "unit", "cost")
        _print_table(columns, [tuple(method[key] for key in columns) for method in found])
        return
    width = min(WIDEST, shutil.get_terminal_size().columns)
    for method in found:
        typer.echo(f"{method['name']}  ({method['title']}, in {method['unit']})")
        for key in ("question", "formula", "paper", "caveat", "cost"):
            typer.echo(textwrap.fill(f"{key}: {method[key]}", width, initial_indent="  ", subsequent_indent="    "))


@app.command()
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
            **_data_settings(data_format, data_columns, data_companion),
            "granularity": granularity,
            "batch_size": batch_size,
            "seed": seed,
        }
    )
    report = service.report(_run_in_foreground(config))
    if as_json:
        _print_json(analysis_document(report))
    else:
        _print_report(report)


@app.command()
def compress(
    model: Model,
    ratio: Annotated[float, typer.Option(help="Layers before / layers after.")],
    strategy: Annotated[str, typer.Option(help="greedy, consensus, or a method's name.")] = "greedy",
    heal: Annotated[str, typer.Option(help="What mends the gap: none, linear or distill.")] = "none",
    heal_seconds: Annotated[float, typer.Option(help="How long a distillation may take.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="Folder for the smaller model; must not exist.")] = None,
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
        raise ExportError("The folder exists already.", where=str(out), remedy="Choose another one, or remove it.")
    config = CompressionConfig(
        model_name=model,
        target_ratio=ratio,
        strategy=strategy,
        heal=heal,  # type: ignore[arg-type]  # checked and turned into a HealWay there
        heal_seconds=heal_seconds,
        export=out is not None,
        data=data,
        **_data_settings(data_format, data_columns, data_companion),
        max_samples=samples,
        seed=seed,
    )
    run = _run_in_foreground(config)
    outcome = service.outcome(run)
    if out is not None:
        _copy_export(run, out)
    document = compression_document(outcome, export=str(out) if out is not None else None)
    if as_json:
        _print_json(document)
    else:
        _print_outcome(outcome, out)


@app.command()
def runs(
    search: Annotated[str, typer.Option(help="Only runs whose title, model or id holds this.")] = "",
    as_json: Json = False,
) -> None:
    """List the stored runs."""
    from analysis_core import service  # the store's libraries cost a second

    found = service.runs(search=search)
    if as_json:
        _print_json([view.to_dict() for view in found])
        return
    _print_table(("id", "kind", "state", "title"), [(view.id, view.kind, view.state, view.title) for view in found])


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def worker(context: typer.Context) -> None:
    """Work on queued runs until stopped; ``layerwise worker --help`` tells its options."""
    from analysis_core.runs.supervisor import main as serve

    serve(context.args)


@app.command("app")
def open_app(
    port: Annotated[int, typer.Option(help="Where the app listens, on this machine only.")] = 8501,
) -> None:
    """Open the app in a browser."""
    from streamlit.web import bootstrap

    from analysis_core.resources import app_script

    script = str(app_script())
    sys.path.insert(0, str(app_script().parent))
    bootstrap.load_config_options({"server_port": port})
    bootstrap.run(script, False, [], {"server_port": port})


@zoo_app.command("train")
def train(
    name: Annotated[str, typer.Argument(help="Name of an embedded model, without zoo/.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: the zoo's own.")] = None,
    seed: Seed = 0,
) -> None:
    """Train an embedded model again by its recipe."""
    from analysis_core.models.catalog import zoo_folder
    from analysis_core.zoo import train as train_recipe

    folder = out if out is not None else zoo_folder() / name
    card = train_recipe(name, folder, _progress_line(), seed=seed)
    typer.echo(f"\n{name}: {card['baseline']}", err=True)


@zoo_app.command("variants")
def variants(
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: variants in $LAYERWISE_HOME.")] = None,
) -> None:
    """Train small relatives of the embedded models: other seeds, depths, shares of the data. Takes most of an hour."""
    from analysis_core.runs.paths import home
    from analysis_core.zoo.variants import train_variants

    folder = out if out is not None else home() / "variants"
    for trained in train_variants(folder, _progress_line()):
        typer.echo(f"\n{trained.folder}: accuracy {trained.accuracy:.3f}", err=True)


@zoo_app.command("meta")
def meta(
    variants: Annotated[Path | None, typer.Option(help="Folder of variants; default: in $LAYERWISE_HOME.")] = None,
    runs: Annotated[Path | None, typer.Option(help="Folder of stored analyses; default: in $LAYERWISE_HOME.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default: the one that is shipped.")] = None,
) -> None:
    """Train meta_learning again, from analyses of the embedded models and their variants."""
    from analysis_core.methods.meta_learning import shipped_card
    from analysis_core.runs.paths import home
    from analysis_core.zoo.meta import make_card

    card = make_card(
        out if out is not None else shipped_card(),
        variants if variants is not None else home() / "variants",
        runs if runs is not None else home() / "meta",
        _progress_line(),
    )
    typer.echo(f"\n{len(card['models'])} models, {len(card['runs'])} runs. {card['verdict']}", err=True)


@zoo_app.command("showcase")
def showcase(
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: the app's own.")] = None,
) -> None:
    """Make the result again that the app opens with."""
    from analysis_core.resources import assets_folder
    from analysis_core.zoo.showcase import make_showcase

    make_showcase(out if out is not None else assets_folder() / "showcase", _progress_line())


def _run_in_foreground(config: RunConfig) -> str:
    """Start a run and follow it to its end; an interrupt cancels it.

    Raises:
        RunError: the run failed or was cancelled.
    """
    from analysis_core import service  # the store's libraries cost a second

    run = service.start(config)
    show = _progress_line()
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
    raise RunError(view.error or f"The run is {view.state}.", where=f"run {view.id}")


def _progress_line() -> Callable[[float, str], None]:
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


def _data_settings(form: str, columns: str, companion: str | None) -> dict[str, Any]:
    """How own data is read, as settings of a run.

    Raises:
        ConfigurationError: the columns are not given as ``meaning=name``.
    """
    pairs = [pair.partition("=") for pair in columns.split(",") if pair.strip()]
    for meaning, sign, name in pairs:
        if not (meaning.strip() and sign and name.strip()):
            raise ConfigurationError(
                f"'{meaning}{sign}{name}' does not say what a column means.",
                where="--columns",
                remedy="Write meaning=name, with commas between, such as text=review,label=stars.",
            )
    named = {meaning.strip(): name.strip() for meaning, _, name in pairs}
    return {"data_format": form, "data_columns": named, "data_companion": companion}


def _baseline(card: Any) -> str:
    name, value = next(iter(card.baseline.items()))
    return f"{name} {value:.3g}"


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def _print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_report(report: AnalysisReport) -> None:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.3g}"

    header = ("layer", *report.methods, "consensus")
    rows = [
        (layer.name, *(shown(result.scores[layer.index]) for result in report.methods.values()), shown(rank))
        for layer, rank in zip(report.layers, report.consensus, strict=True)
    ]
    _print_table(header, rows)
    typer.echo(f"run {report.run}: {report.metric} {report.baseline[report.metric]:.3f} on the examples used")


def _print_outcome(outcome: CompressionOutcome, out: Path | None) -> None:
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
    if outcome.heal is not None:
        typer.echo(_heal_line(outcome.heal))
    if out is not None:
        typer.echo(f"written to {out}, loaded again in a fresh process with equal outputs: {outcome.reload_equal}")


def _heal_line(heal: HealReport) -> str:
    change = f"search loss {heal.loss_before:.3f} -> {heal.loss_reached:.3f} in {heal.seconds:.0f} s"
    if heal.helped:
        return f"healed by '{heal.way}': {change}"
    return f"healing by '{heal.way}' did not help ({change}); the smaller model was left as it was cut"


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn errors into one sentence and an exit code."""
    try:
        yield
    except RunError as error:
        typer.echo(error.sentence, err=True)
        raise SystemExit(1) from None
    except LayerwiseError as error:
        typer.echo(error.sentence, err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
