"""A live session without a model: it answers by rule, from a thread of the test."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from typing import Any

from analysis_core.errors import DataError
from analysis_core.runs.session_process import SessionOrder, answer_requests
from analysis_core.runs.session_spool import Spool, key_of

LAYERS, SMALLEST = 12, 4
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class RuledRoom:
    """Below eight layers the answer is another one; a layer takes a millisecond."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.heard: list[Mapping[str, Any]] = []
        self.refuses = ""

    def handle(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.heard.append(request)
        if self.refuses and request["do"] != "describe":
            raise DataError(self.refuses, remedy="Pick another one.")
        answer: dict[str, Any] = getattr(self, f"_{request['do']}")(request)
        return {**answer, "qualities": self.qualities}

    @property
    def qualities(self) -> dict[int, float]:
        return {depth: depth / 20 for depth in range(SMALLEST, LAYERS + 1)}

    def _describe(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        encoded = base64.b64encode(PICTURE).decode()
        shown = {"text": "How are you?", "picture": encoded, "sound": encoded}
        return {
            "kind": self.kind,
            "layers": LAYERS,
            "keep_sets": {depth: [*range(depth - 1), LAYERS - 1] for depth in range(SMALLEST, LAYERS + 1)},
            "costs": {depth: float(depth) for depth in range(SMALLEST, LAYERS + 1)},
            "metric": "accuracy",
            "quality_examples": 192,
            "most_at_once": 32,
            "examples": [] if self.kind == "play" else [{self.kind: shown[self.kind], "truth": "a"}],
        }

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"answer": self._said(request["depth"]), "whole": self._said(LAYERS)}

    def _said(self, depth: int) -> dict[str, Any]:
        first, second = ("a", "b") if depth >= 8 else ("b", "a")
        return {"kind": "classes", "classes": [[first, 0.9], [second, 0.1]], "latency_ms": float(depth)}

    def _stream(self, request: Mapping[str, Any]) -> dict[str, Any]:
        depth = request["depth"] or SMALLEST
        return {"calls": [[depth, float(depth * request["at_once"])]] * request["calls"], "in_reach": depth != SMALLEST}

    def _play(self, request: Mapping[str, Any]) -> dict[str, Any]:
        frames = [[0.1, 0.0, 0.05, 0.0]] * request["steps"]
        return {"frames": frames, "actions": [1], "reward": 75.0, "ended": True, "latency_ms": 0.3}


def serve(model: str, room: RuledRoom) -> None:
    """Let a room answer for a model, in the home that is set, until the tests are over."""
    spool, key = Spool.at_home(), key_of(model)
    order = SessionOrder(key, spool.folder, model, None, "a secret", "")
    threading.Thread(target=answer_requests, args=(room, order, spool), daemon=True).start()
    while spool.door(key) is None:
        threading.Event().wait(0.01)
