"""HTML pages that stand alone: one file, nothing fetched, light and dark, good on paper. No torch here.

The ground of all of them is ``sheet.html.j2``; a template that lies beside the code that fills it extends it.
"""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template


@cache
def template(package: str, name: str) -> Template:
    """A template of a package; everything that is filled in is escaped.

    Args:
        package: importable name of the package in whose folder the template lies.
        name: its file.
    """
    loader = ChoiceLoader([PackageLoader(package, "."), PackageLoader("analysis_core.sheets", ".")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
