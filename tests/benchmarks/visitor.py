"""A scripted visitor of the app: speaks with the server as the browser's part does, and times its answers.

No browser stands between: what is timed is the server, from the message of a click to the end of the script's answer.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 60.0
LARGEST_MESSAGE_BYTES = 100_000_000


@dataclass
class Control:
    """Something on the page that can be clicked or moved, with the values that it offers."""

    widget: str
    fragment: str
    values: list[str]


@dataclass
class Visitor:
    """One open tab.

    Args:
        address: of the server, as ``localhost:8501``.
    """

    address: str
    controls: dict[str, Control] = field(default_factory=dict)
    """By the label of a slider, or the key of a chart that takes clicks."""
    failed: bool = False
    _stack: ExitStack = field(default_factory=ExitStack)
    _connection: ClientConnection | None = None
    _page: str = ""
    _query: str = ""
    _script: str = ""
    _states: dict[str, WidgetState] = field(default_factory=dict)

    def __enter__(self) -> Self:
        stream = connect(
            f"ws://{self.address}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=LARGEST_MESSAGE_BYTES,
        )
        self._connection = self._stack.enter_context(stream)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def open(self, page: str = "", **parameters: str) -> float:
        """Open a page; returns the seconds until all of it was sent."""
        self.controls, self._states, self._page, self._query = {}, {}, page, urlencode(parameters)
        return self._ask("", by_name=True)

    def move(self, label: str, value: str) -> float:
        """Set a slider; returns the seconds until the answer was complete."""
        control = self.controls[label]
        state = WidgetState(id=control.widget)
        state.string_array_value.data.append(value)
        return self._change(control, state)

    def click(self, chart: str, point: list[Any]) -> float:
        """Click the point of a chart that carries these custom data."""
        control = self.controls[chart]
        picked = {"points": [{"customdata": point}], "point_indices": [0], "box": [], "lasso": []}
        return self._change(control, WidgetState(id=control.widget, string_value=json.dumps({"selection": picked})))

    def _change(self, control: Control, state: WidgetState) -> float:
        self._states[control.widget] = state
        return self._ask(control.fragment)

    def _ask(self, fragment: str, *, by_name: bool = False) -> float:
        assert self._connection is not None
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.fragment_id = self._query, fragment
        asked.widget_states.widgets.extend(self._states.values())
        asked.context_info.color_scheme, asked.context_info.locale = "light", "en-US"
        asked.context_info.url = f"http://{self.address}/{self._page}"
        if by_name:
            asked.page_name = self._page
        else:
            asked.page_script_hash = self._script
        began = time.perf_counter()
        self._connection.send(message.SerializeToString())
        while self._heard(ForwardMsg.FromString(self._received())) is False:
            pass
        return time.perf_counter() - began

    def _received(self) -> bytes:
        assert self._connection is not None
        data = self._connection.recv(PATIENCE_SECONDS)
        return data if isinstance(data, bytes) else data.encode()

    def _heard(self, message: ForwardMsg) -> bool:
        """Take in what the server says; whether that was the end of an answer."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._script = message.new_session.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._note(message.delta.new_element, message.delta.fragment_id)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _note(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "slider":
            found = element.slider
            self.controls[found.label] = Control(found.id, fragment, list(found.options))
        elif kind == "plotly_chart" and element.plotly_chart.id:
            found = element.plotly_chart
            self.controls[found.id.split("-", 2)[-1]] = Control(found.id, fragment, [])  # after `$$ID`, a hash: the key
        elif kind == "exception" or (kind == "html" and "lw-state is-failed" in element.html.body):
            self.failed = True
