"""Every figure that a test draws is checked by plotly, and held to be sent as plotly itself would send it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from analysis_core.report.figures.base import Drawing


def checked(drawing: Drawing, parts: dict[str, Any]) -> None:
    """In the place of :class:`Drawing`'s construction.

    Raises:
        ValueError: plotly takes the figure for wrong.
        AssertionError: plotly would send something else.
    """
    whole = go.Figure({**parts, "layout": {"template": "none", **parts["layout"]}}).to_dict()
    whole["layout"].pop("template", None)
    assert _plain(parts) == _plain(whole)
    drawing.__dict__["_parts"] = parts


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain for key, item in value.items() if (plain := _plain(item)) not in (None, [], {})}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
