"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from analysis_core.errors import ConfigurationError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Model = Annotated[str, typer.Argument(help="zoo/NAME, a local folder, or a hub id.")]
Data = Annotated[str | None, typer.Option(help="Your own data, a file or folder; default: the model's sample.")]
DataFormat = Annotated[str, typer.Option("--format", help="Form of your data; recognised when left out.")]
DataColumns = Annotated[str, typer.Option("--columns", help="What columns mean, such as text=review,label=stars.")]
DataCompanion = Annotated[str | None, typer.Option("--companion", help="The second of two files, such as the target.")]
Samples = Annotated[int, typer.Option(help="At most so many examples are used.")]
Seed = Annotated[int, typer.Option(help="Of every random choice.")]


def data_settings(form: str, columns: str, companion: str | None) -> dict[str, Any]:
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
