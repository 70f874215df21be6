"""The command line: ``layerwise models | methods | analyze | compress | runs | worker | app | zoo``.

Progress goes to standard error. With ``--json`` one JSON document goes to standard output. Bad input (a model, data or
settings that cannot be used) ends with exit code 2 and one sentence; what fails otherwise ends with exit code 1 and its
reason.
"""

from __future__ import annotations

import typer

from analysis_core.cli import listing, servers, work
from analysis_core.cli.printing import one_sentence
from analysis_core.cli.zoo import zoo_app

app = typer.Typer(help=(__doc__ or "").splitlines()[0], no_args_is_help=True, add_completion=False)
app.add_typer(zoo_app, name="zoo")
for _command in (listing.models, listing.methods, work.analyze, work.compress, listing.runs):
    app.command()(_command)
app.command("app")(servers.open_app)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)(
    servers.worker
)


def main() -> None:
    """Entry point of the installed command."""
    with one_sentence():
        app()
