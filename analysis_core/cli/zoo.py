"""``layerwise zoo``: the embedded models and the recipes that train them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis_core.cli.options import Seed
from analysis_core.cli.printing import progress_line

zoo_app = typer.Typer(help="The embedded models and the recipes that train them.", no_args_is_help=True)


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
    card = train_recipe(name, folder, progress_line(), seed=seed)
    typer.echo(f"\n{name}: {card['baseline']}", err=True)


@zoo_app.command("variants")
def variants(
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: variants in $LAYERWISE_HOME.")] = None,
) -> None:
    """Train small relatives of the embedded models: other seeds, depths, shares of the data. Takes most of an hour."""
    from analysis_core.runs.paths import home
    from analysis_core.zoo.variants import train_variants

    folder = out if out is not None else home() / "variants"
    for trained in train_variants(folder, progress_line()):
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
    from analysis_core.zoo.meta.training import make_card

    card = make_card(
        out if out is not None else shipped_card(),
        variants if variants is not None else home() / "variants",
        runs if runs is not None else home() / "meta",
        progress_line(),
    )
    typer.echo(f"\n{len(card['models'])} models, {len(card['runs'])} runs. {card['verdict']}", err=True)


@zoo_app.command("showcase")
def showcase(
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: the app's own.")] = None,
) -> None:
    """Make the result again that the app opens with."""
    from analysis_core.resources import assets_folder
    from analysis_core.zoo.showcase import make_showcase

    make_showcase(out if out is not None else assets_folder() / "showcase", progress_line())


@zoo_app.command("lessons")
def lessons(
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: the app's own.")] = None,
    seed: Seed = 0,
) -> None:
    """Make the results again that the lessons show. Takes some minutes."""
    from analysis_core.resources import assets_folder
    from analysis_core.zoo.lessons import make_lessons

    make_lessons(out if out is not None else assets_folder() / "lessons", progress_line(), seed=seed)
