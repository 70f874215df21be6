"""What there is: ``layerwise models``, ``methods``, ``runs``."""

from __future__ import annotations

import shutil
import textwrap
from typing import Annotated, Any

import typer

from analysis_core.cli.options import Json
from analysis_core.cli.printing import print_json, print_table

WIDEST = 100
"""Characters of a line of running text, on however wide a terminal."""


def models(as_json: Json = False) -> None:
    """List the embedded models."""
    from analysis_core.models.catalog import catalog

    cards = catalog()
    if as_json:
        print_json([card.to_dict() for card in cards])
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
    print_table(("id", "modality", "task", "architecture", "layers", "parameters", "baseline"), rows)


def methods(
    short: Annotated[bool, typer.Option("--short", help="Only a table of names, units and costs.")] = False,
    as_json: Json = False,
) -> None:
    """List the methods: what each asks, its formula, its paper, its caveat, and what it costs."""
    from analysis_core.methods import METHODS

    found = [METHODS.get(name).describe() for name in METHODS.names()]
    if as_json:
        print_json(found)
        return
    if short:
        columns = ("name", "title", "unit", "cost")
        print_table(columns, [tuple(method[key] for key in columns) for method in found])
        return
    width = min(WIDEST, shutil.get_terminal_size().columns)
    for method in found:
        typer.echo(f"{method['name']}  ({method['title']}, in {method['unit']})")
        for key in ("question", "formula", "paper", "caveat", "cost"):
            typer.echo(textwrap.fill(f"{key}: {method[key]}", width, initial_indent="  ", subsequent_indent="    "))


def runs(
    search: Annotated[str, typer.Option(help="Only runs whose title, model or id holds this.")] = "",
    as_json: Json = False,
) -> None:
    """List the stored runs."""
    from analysis_core import service  # the store's libraries cost a second

    found = service.runs(search=search)
    if as_json:
        print_json([view.to_dict() for view in found])
        return
    print_table(("id", "kind", "state", "title"), [(view.id, view.kind, view.state, view.title) for view in found])


def _baseline(card: Any) -> str:
    name, value = card.metric, card.baseline[card.metric]
    return f"{name} {value:.3g}"
