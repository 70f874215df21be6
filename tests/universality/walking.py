"""One model through everything: found, analysed, a layer removed, saved, loaded again in a fresh process.

:func:`walk` takes *cases*: names with functions that build a model and its inputs. Whatever a case does not survive is
kept as the reason in its :class:`Entry`; the walk goes on.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from analysis_core.compression.exporting import reload, reload_child
from analysis_core.compression.exporting.export import export
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.possible import first_cut
from analysis_core.compression.removal.surgery import compressed_model
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch, Inputs
from analysis_core.errors import NothingToCutError
from analysis_core.methods import METHODS
from analysis_core.models.plain import ModuleModel
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from tests.universality.cases import Built, Cases, DoesNotBuildError, Entry
from tests.universality.preparing import PooledModel, candidates, shake

SECONDS_A_MODEL = 240
"""Of the processor: on a busy machine a model takes longer by the clock."""
PASSES_A_METHOD = 30
"""A method that would take more forward passes than this, such as Shapley values, is left out."""
MODELS_A_PROCESS = 12


def walk(
    cases: Cases, *, methods: Sequence[str] | None = None, tell: Callable[[Entry], None] | None = None
) -> list[Entry]:
    """Every case through every stage.

    Args:
        cases: name -> function that builds it.
        methods: which to run; None takes all.
        tell: called with each entry once it is complete.

    Returns:
        One entry a case, in the same order.
    """
    names, entries = list(cases), []
    for start in range(0, len(names), MODELS_A_PROCESS):
        with tempfile.TemporaryDirectory(prefix="layerwise-walk-") as folder:
            visits = [
                _Visit(name, cases[name], Path(folder) / str(position), methods)
                for position, name in enumerate(names[start : start + MODELS_A_PROCESS])
            ]
            for visit in visits:
                visit.run()
            _reload(visits)
        for visit in visits:
            entries.append(visit.entry)
            if tell is not None:
                tell(visit.entry)
    return entries


class _Visit:
    """One case, up to the folder that a fresh process will load."""

    def __init__(
        self, name: str, build: Callable[[], Built], folder: Path, methods: Sequence[str] | None = None
    ) -> None:
        self.entry, self.build, self.methods = Entry(name), build, methods
        self.export, self.exchange = folder / "export", folder / "exchange"
        self.expected: dict[str, Tensor] = {}

    def run(self) -> None:
        """All stages but the last; the reason for an early end is kept."""
        began, entry = time.process_time(), self.entry
        try:
            with time_limit(SECONDS_A_MODEL):
                self._stages()
        except DoesNotBuildError as error:
            entry.builds, entry.reason = False, str(error)
        except Exception as error:  # noqa: BLE001 - this is what is being counted
            entry.reason = f"{type(error).__name__}: {_first_line(error)}"
        entry.seconds = time.process_time() - began
        gc.collect()

    def _stages(self) -> None:
        entry = self.entry
        torch.manual_seed(0)
        built = self.build()
        entry.model = type(built.module).__name__
        shake(built.module)
        batch = Batch(built.inputs, torch.arange(built.examples) % 2, built.examples)
        entry.reached = "built"
        model = self._taken_apart(built, batch)
        self._analyse(model, batch)
        if entry.removable and entry.layers > 1:  # else the analysis says, layer by layer, that nothing can be cut
            self._save(model, batch)

    def _taken_apart(self, built: Built, batch: Batch) -> PooledModel:
        settings: dict[str, Any] = {"library": built.library, "config_dict": built.config_dict}
        model = PooledModel(built.module, name=self.entry.name, modality=built.modality, example=batch, **settings)
        self.entry.layers = len(model.layers)
        self.entry.removable = sum(layer.removable for layer in model.layers)
        self.entry.stacks = dict(Counter(layer.stack for layer in model.layers))
        self.entry.reached = "layers found"
        return model

    def _analyse(self, model: PooledModel, batch: Batch) -> None:
        costs = {name: _passes(name, model, batch) for name in self.methods or METHODS.names()}
        names = tuple(name for name, passes in costs.items() if passes <= PASSES_A_METHOD)
        methods = {name: METHODS.get(name) for name in names}
        found = analyze(model, [batch], AnalysisConfig(analysis_methods=names), methods).methods
        self.entry.methods = [name for name, result in found.items() if len(result)]
        self.entry.silent = {n: str(r.not_applicable or r.reasons[0]) for n, r in found.items() if not len(r)}
        self.entry.silent |= {n: f"Left out: {passes:.0f} passes." for n, passes in costs.items() if n not in names}
        self.entry.reached = "analysed"

    def _save(self, model: PooledModel, batch: Batch) -> None:
        try:
            index, smaller = first_cut(model, candidates(model.layers))
        except NothingToCutError as error:
            self.entry.nothing_to_cut = _first_line(error)
            return
        twin = compressed_model(model, smaller, [index])
        self.entry.removed, self.entry.reached = model.layers[index].name, "layer removed"
        self._compare_with_skipping(model, twin, batch, index)
        export(twin, self.export, plan=plan_from_removed(model.layers, [index]))
        self.exchange.mkdir()
        reload._write_inputs(twin, batch, self.exchange)
        self._note_cache(model.module, batch.inputs)
        torch.manual_seed(reload_child.SEED)
        with torch.inference_mode():
            outputs = reload_child.flatten_outputs(ModuleModel.forward(twin, batch))
        self.expected = {name: tensor.clone() for name, tensor in outputs.items()}
        self.entry.reached = "saved"

    def _note_cache(self, original: Any, inputs: Inputs) -> None:
        """Let the fresh process compare generation with and without the cache, if they agree in the original."""
        if not isinstance(inputs, dict) or "input_ids" not in inputs or not getattr(original, "can_generate", bool)():
            return
        try:
            reload_child.check_cache(original, inputs["input_ids"])
        except Exception as error:  # noqa: BLE001 - the library's own affair
            self.entry.cache_fault = _first_line(error)
            settings = self.exchange / "inputs.json"
            settings.write_text(json.dumps({**json.loads(settings.read_text("utf-8")), "cache": False}), "utf-8")

    def _compare_with_skipping(self, model: ModuleModel, twin: Any, batch: Batch, index: int) -> None:
        task = task_for(model.task, model.modality)
        skipped = Replayer(model, task, [batch]).outcome([index]).losses
        with torch.inference_mode():
            losses = task.losses(twin.forward(batch), batch).double().numpy()
        self.entry.equals_skipping = bool(np.allclose(skipped, losses, rtol=1e-4, atol=1e-5))
        if not self.entry.equals_skipping:
            raise ValueError(f"Losses without the layer are {losses}, with it skipped {skipped}.")

    def settle(self) -> None:
        """Compare with what the fresh process left behind."""
        entry, written = self.entry, self.exchange / "outputs.safetensors"
        if not written.exists():
            error = self.exchange / "error.txt"
            why = error.read_text(encoding="utf-8") if error.exists() else "The fresh process ended before its turn."
            entry.reason = f"Loading again: {why.splitlines()[0] if why else 'no reason given'}"
            return
        theirs = load_file(written)
        gaps = {name: reload._difference(ours, theirs[name]) for name, ours in self.expected.items() if name in theirs}
        entry.reload_equal = bool(gaps) and len(gaps) == len(theirs) and max(gaps.values()) <= reload.TOLERANCE
        if entry.reload_equal:
            entry.reached = "loaded again"
        else:
            entry.reason = f"Loaded again it differs: {gaps or 'it puts out other tensors'}"


def _reload(visits: Sequence[_Visit]) -> None:
    """One fresh process, in which this project cannot be imported, loads what all visits saved."""
    saved = [visit for visit in visits if visit.expected]
    if not saved:
        return
    jobs = saved[0].exchange.parent.parent / "jobs.json"
    jobs.write_text(json.dumps([[str(visit.export), str(visit.exchange)] for visit in saved]), encoding="utf-8")
    script = Path(__file__).with_name("reload_many.py")
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    subprocess.run(
        [sys.executable, "-I", str(script), str(Path(reload_child.__file__)), str(jobs)],
        cwd=jobs.parent,
        env={**os.environ, **offline},
        capture_output=True,
        timeout=120 + SECONDS_A_MODEL * len(saved),
        check=False,
    )
    for visit in saved:
        visit.settle()


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise :class:`TimeoutError` in the main thread where the body takes longer."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"It took longer than {seconds} seconds of the processor's time.")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _passes(method: str, model: PooledModel, batch: Batch) -> float:
    """What a method costs at most, in forward passes."""
    needs = METHODS.get(method).needs(AnalysisConfig(analysis_methods=(method,)))  # type: ignore[attr-defined]
    return float(sum(need.passes(len(model.layers), batch.size) for need in needs))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:300]
