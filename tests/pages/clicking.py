"""A click on a chart, as a browser reports it: the page's own callback hears of it."""

from __future__ import annotations

import json

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest


def click(test: AppTest, chart: str, *data: object) -> AppTest:
    """Run the page again after a click on a point with this custom data.

    Args:
        test: the opened page.
        chart: key of the chart.
        data: the point's custom data.
    """
    drawn = next(element.proto.id for element in test.get("plotly_chart") if element.proto.id.endswith(f"-{chart}"))
    selection = {"points": [{"customdata": list(data)}], "point_indices": [0], "box": [], "lasso": []}
    states = test._tree.get_widget_states()  # AppTest itself has no click on charts
    states.widgets.append(WidgetState(id=drawn, string_value=json.dumps({"selection": selection})))
    return test._run(states)
