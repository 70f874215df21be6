"""What stays open: ``layerwise worker`` and ``app``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def worker(context: typer.Context) -> None:
    """Work on queued runs until stopped; ``layerwise worker --help`` tells its options."""
    from analysis_core.runs.supervisor import main as serve

    serve(context.args)


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
