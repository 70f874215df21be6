"""Where figures come from: examples, seed, time, machine. Every result page has this line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analysis_core.report import numbers
from analysis_core.results import AnalysisReport, Measurement
from pages.ui import moments
from pages.ui.strings import text


def line(report: AnalysisReport) -> str:
    """One sentence on how an analysis came about; leaves out what is not known."""
    facts = report.provenance
    parts = [str(report.model.get("id", ""))]
    if "examples" in facts:
        parts.append(_examples(facts))
    if "seed" in facts:
        parts.append(text("seed_of", seed=facts["seed"]))
    if isinstance(facts.get("seconds"), int | float):
        parts.append(numbers.seconds(float(facts["seconds"])))
    parts.append(_machine(facts))
    return text("analysed", facts=" · ".join(part for part in parts if part))


def measured_line(measurement: Measurement) -> str:
    """One sentence on how a smaller model was measured."""
    return text(
        "measured_on",
        examples=measurement.examples,
        batch=measurement.batch_size,
        machine=measurement.machine,
        when=moments.clock(datetime.fromisoformat(measurement.measured_at)),
    )


def _examples(facts: Mapping[str, Any]) -> str:
    """How many, and of which data where that is known."""
    data = facts.get("data")
    name = data.get("name") if isinstance(data, Mapping) else None
    words = "examples_of_data" if name else "examples_of"
    return text(words, count=facts["examples"], name=name)


def _machine(facts: Mapping[str, Any]) -> str:
    machine = facts.get("machine", "")
    if isinstance(machine, Mapping):
        return ", ".join(str(value) for value in machine.values() if value)
    return str(machine)
