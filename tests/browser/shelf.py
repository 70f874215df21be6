"""Runs that are there before a walk begins: real results that ship with the app, put into a store without a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from analysis_core.config import AnalysisConfig
from analysis_core.report.lessons.data import LessonData
from analysis_core.results import AnalysisReport, CompressionOutcome, MethodResult
from pages.ui.address import layers_as_text
from tests.pages import filling

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TOLD = "The model's file weights.bin is damaged: it ends in the middle of a tensor."
SEED, EXAMPLES, SMALLER = 7, 512, 4


@dataclass(frozen=True)
class Shelf:
    """Ids of runs by what they are.

    Args:
        analysis: a finished analysis.
        again: the same with another seed.
        other: of another model.
        failed: an analysis that ended badly.
        removed: the layers without which the model of ``again`` was measured, as they stand in the address.
    """

    analysis: str
    again: str
    other: str
    failed: str
    removed: str


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """This process looks into the store of that home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERWISE_HOME", str(home))
        patch.setenv("LAYERWISE_AUTOSTART", "0")
        yield


def fill(home: Path) -> Shelf:
    """An analysis, one with another seed and a model measured from it, one of another model, and one that failed."""
    first = AnalysisReport.from_dict(shipped("showcase/analysis.json"))
    other = LessonData.from_dict(shipped("lessons/text-llama.json")).report
    smaller = CompressionOutcome.from_dict(shipped("showcase/outcomes.json")[SMALLER])
    with at_home(home):
        again = filling.finished(_settings(first, SEED), _shaken(first))
        filling.finished(filling.compression(again, smaller.plan.remove), smaller)
        return Shelf(
            analysis=filling.finished(_settings(first), first),
            again=again,
            other=filling.finished(_settings(other), other),
            failed=filling.failed(_settings(first), TOLD, tuple(first.methods.values())[:2]),
            removed=layers_as_text(smaller.plan.remove),
        )


def shipped(name: str) -> Any:
    """A result that ships with the app, as JSON types."""
    return json.loads((ASSETS / name).read_text(encoding="utf-8"))


def _settings(report: AnalysisReport, seed: int = 0) -> AnalysisConfig:
    name, methods = str(report.model["id"]), tuple(report.methods)
    return AnalysisConfig(model_name=name, analysis_methods=methods, max_samples=EXAMPLES, seed=seed)


def _shaken(report: AnalysisReport) -> AnalysisReport:
    """As other examples might have had it: every score a standard error higher or lower, by turns."""
    moved = {name: _moved(result) for name, result in report.methods.items()}
    return replace(report, methods=moved, provenance={**report.provenance, "seed": SEED})


def _moved(result: MethodResult) -> MethodResult:
    pairs = zip(result.scores, result.std_errors, strict=True)
    moved = [
        score if score is None or error is None else score + (error if place % 2 else -error)
        for place, (score, error) in enumerate(pairs)
    ]
    return replace(result, scores=tuple(moved))
