"""The room of a live session: a model at all its depths, and everything that may be asked of it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis_core.compression.depth.depth_measures import quality_of
from analysis_core.data.batches import Batch
from analysis_core.data.loading import load_examples
from analysis_core.errors import ConfigurationError, DataError, LayerwiseError
from analysis_core.live.answers import answers
from analysis_core.live.inputs import batch_of, examples_to_show, kind_of
from analysis_core.live.play import Stage
from analysis_core.live.removal import Notes, deepest_cut, quick_order
from analysis_core.live.streams import Streams
from analysis_core.models.loading import load_model

QUALITY_EXAMPLES = 192
BATCH = 8
PAUSE_SECONDS = 0.02
MOST_AT_ONCE = 32
Words = Callable[[str], None]


def make_room(name: str, order: tuple[int, ...] | None, folder: Path, say: Words) -> LiveRoom:
    """Load a model and make all its depths.

    Args:
        name: id of the catalog, or a path.
        order: the layers in the order in which they go; None finds one, and keeps it.
        folder: for notes on models.
        say: hears what is being done.

    Raises:
        LayerwiseError: the model cannot be loaded, is no kind that can be asked here, or cannot be cut.
    """
    say("Loading the model")
    model: Any = load_model(name, device="cpu")
    return LiveRoom(model, order, Notes(folder, model), say)


class LiveRoom:
    """A model at all its depths.

    Args:
        model: reads examples, and has some of its own.
        order: the layers in the order in which they go; None finds one.
        notes: what was found before.
        say: hears what is being done.

    Raises:
        DataError: what it reads cannot be typed, picked or played.
    """

    def __init__(self, model: Any, order: tuple[int, ...] | None, notes: Notes, say: Words) -> None:
        kind = kind_of(tuple(getattr(model, "columns", ())))
        if kind is None:
            raise DataError("This model reads something that cannot be handed in here.", where=model.name)
        self.kind, self._model, self._notes = kind, model, notes
        examples = load_examples(model)
        known = notes.read()
        found = order or tuple(known.get("order", ())) or quick_order(model, examples, say)
        notes.add(order=found)
        self.dynamic = deepest_cut(model, found, say)
        self._examples = examples.split("test")
        self._labels = tuple(map(str, examples.class_names))
        say("Timing all depths")
        costs = self.dynamic.measure_latency(self._requests(1), rounds=5)
        self.costs = dict(sorted(costs.items()))
        self._streams = Streams(self.dynamic, costs)
        self._stage = Stage(str(model.summary.get("environment", "")))
        self._busy = threading.Lock()
        self._asked = {"describe": self._describe, "answer": self._answer, "stream": self._stream, "play": self._play}
        if known.get("order") == list(found):
            self.dynamic.qualities.update({int(depth): float(q) for depth, q in known.get("qualities", {}).items()})
        threading.Thread(target=self._measure, name="qualities", daemon=True).start()

    def handle(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a request; one at a time.

        Raises:
            LayerwiseError: it cannot be met.
        """
        ask = self._asked.get(str(request.get("do")))
        if ask is None:
            raise ConfigurationError(f"A session cannot do '{request.get('do')}'.", where="do")
        if ask == self._describe:  # which computes nothing, and need not wait for what does
            return self._describe(request)
        with self._busy:
            return {**ask(request), "qualities": dict(self.dynamic.qualities)}

    def _describe(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "layers": len(self._model.layers),
            "keep_sets": {depth: list(kept) for depth, kept in self.dynamic.keep_sets.items()},
            "costs": self.costs,
            "metric": self.dynamic.task.metric,
            "higher_is_better": self.dynamic.task.direction == "higher",
            "qualities": dict(self.dynamic.qualities),
            "quality_examples": min(QUALITY_EXAMPLES, len(self._examples)),
            "most_at_once": MOST_AT_ONCE,
            "examples": [] if self.kind == "play" else examples_to_show(self._examples, self.kind),
        }

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        batch = batch_of(self._model, request.get("input", {}))
        depth = _integer(request, "depth", len(self._model.layers))
        here, whole = self.dynamic.at(depth), self.dynamic.at(max(self.dynamic.keep_sets))
        found = answers([here, whole] if here is not whole else [here], batch, self._labels)
        return {"depth": depth, "answer": found[0], "whole": found[-1]}

    def _stream(self, request: Mapping[str, Any]) -> dict[str, Any]:
        at_once = max(1, min(_integer(request, "at_once", 1), MOST_AT_ONCE))
        depth = request.get("depth")
        return self._streams.serve(
            str(request.get("stream", ""))[:64],
            self._requests(at_once),
            _integer(request, "calls", 10),
            _positive(request, "target_ms"),
            None if depth is None else _integer(request, "depth", 1),
        )

    def _play(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self.kind != "play":
            raise DataError("This model does not act.", remedy="Choose a policy.")
        depth = _integer(request, "depth", len(self._model.layers))
        name, steps = str(request.get("stream", ""))[:64], _integer(request, "steps", 10)
        return self._stage.play(name, self.dynamic.at(depth), steps, _integer(request, "seed", 0))

    def _requests(self, at_once: int) -> Batch:
        """So many test examples, the same ones each time."""
        rows = self._examples.frame.iloc[np.arange(at_once) % len(self._examples)].reset_index(drop=True)
        found: Batch = next(iter(self._model.batches(replace(self._examples, frame=rows), at_once)))
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One batch of the measuring; a pause behind it lets those in who wait."""
        with self._busy:
            yield
        time.sleep(PAUSE_SECONDS)

    def _measure(self) -> None:
        """Measure the quality of one depth after the other, giving way to whoever asks something meanwhile."""
        batches = list(self._model.batches(self._examples.head(QUALITY_EXAMPLES), BATCH))
        for depth in sorted(self.dynamic.keep_sets, reverse=True):
            if depth not in self.dynamic.qualities:
                try:
                    quality = quality_of(self.dynamic.at(depth), batches, self.dynamic.task, self._turn)
                except LayerwiseError:
                    continue  # it stays unknown, and is shown so
                self.dynamic.qualities[depth] = quality
                self._notes.add(qualities=dict(self.dynamic.qualities))


def _integer(request: Mapping[str, Any], name: str, default: int) -> int:
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"'{name}' must be a whole number.", where=name)
    return value


def _positive(request: Mapping[str, Any], name: str) -> float:
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise ConfigurationError(f"'{name}' must be a positive number.", where=name)
    return float(value)
