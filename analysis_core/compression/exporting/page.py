"""The page that goes with an exported model: one HTML file with what was done, measured and needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis_core.compression.exporting.card import loading_lines, rest_of
from analysis_core.models.base import UniversalModel
from analysis_core.results import CompressionPlan, HealReport, LinearChange, Measurement, OnnxReport
from analysis_core.sheets import template

ROW_LAYERS = 32
"""How many layers the picture of the plan draws side by side."""


def page(model: UniversalModel, library: str, record: Mapping[str, Any]) -> str:
    """The page of an exported model, without anything that lies elsewhere.

    Args:
        model: the smaller model.
        library: who builds it, as :func:`~analysis_core.compression.exporting.export.export_library` says.
        record: what ``compression.json`` holds.
    """
    plan = CompressionPlan.from_dict(record["plan"])
    heal, onnx, found = record["heal"], record["onnx"], record["measurement"]
    measured = Measurement.from_dict(found) if found else None
    return template("analysis_core.compression.exporting", "page.html.j2").render(
        name=model.name,
        title=str(model.summary.get("title") or model.name),
        described=record["model"],
        plan=plan,
        places=[(place, place in plan.keep) for place in range(plan.original_layers)],
        row=ROW_LAYERS,
        rest=rest_of(plan),
        measured=measured,
        rows=_rows(measured) if measured is not None else [],
        heal=HealReport.from_dict(heal) if heal else None,
        linear=_linear([LinearChange.from_dict(change) for change in record["linear"]]),
        onnx=OnnxReport.from_dict(onnx) if onnx else None,
        loading=loading_lines(model, library),
        repeat=_repeat(record, plan),
        data=_data(record["provenance"]),
        seed=record["provenance"].get("seed"),
        versions=record["versions"],
        checksums=record["sha256"],
    )


def _rows(found: Measurement) -> list[tuple[str, str, str, str]]:
    """What both models cost, and the second as a share of the first: name, original, smaller, share."""
    batch = f"batch of {found.batch_size}"
    counts: list[tuple[str, int | None, int | None]] = [
        ("Parameters", found.parameters_original, found.parameters_compressed),
        ("Bytes of weights", found.bytes_original, found.bytes_compressed),
        (f"FLOPs, {batch}", found.flops_original, found.flops_compressed),
        (f"Peak bytes, {batch}", found.peak_bytes_original, found.peak_bytes_compressed),
    ]
    before, after = found.latency_original, found.latency_compressed
    return [
        (found.metric, f"{found.original:.4f}", f"{found.compressed:.4f}", f"{found.retention.value:.1%}"),
        *(
            (f"Latency, {batch}, {name}", f"{first:.2f} ms", f"{second:.2f} ms", f"{second / first:.0%}")
            for name, first, second in (
                ("median", before.median_ms, after.median_ms),
                ("95th percentile", before.p95_ms, after.p95_ms),
            )
        ),
        *(
            (name, f"{first:,}", f"{second:,}", f"{second / first:.0%}" if first else "")
            for name, first, second in counts
            if first is not None and second is not None
        ),
    ]


def _linear(changes: list[LinearChange]) -> list[tuple[str, str]]:
    """Each linear layer that changed, and what it is now."""
    return [(change.path, ", ".join(_words(change))) for change in changes]


def _words(change: LinearChange) -> list[str]:
    thin = [f"two thin ones of rank {change.rank}"] if change.rank is not None else []
    kept = [f"{change.energy:.1%} of its outputs' mean square"] if change.energy is not None else []
    return [*thin, *kept, *(["int8"] if change.int8 else [])]


def _data(provenance: Mapping[str, Any]) -> list[tuple[str, str, int, str]]:
    """The examples by what they were used for: part, name, how many, checksum."""
    parts = provenance.get("data")
    listed = parts.items() if isinstance(parts, Mapping) else ()
    return [
        (str(part), str(facts.get("name", "")), int(facts.get("examples", 0)), str(facts["sha256"]))
        for part, facts in listed
        if isinstance(facts, Mapping) and "sha256" in facts
    ]


def _repeat(record: Mapping[str, Any], plan: CompressionPlan) -> str:
    """The command that was given; where there was none, the lines of Python that make the same model."""
    if command := record["provenance"].get("command"):
        return str(command)
    settings = {"quantize": plan.quantize.value} if plan.quantize != "none" else {}
    more: dict[str, Any] = {
        **({"heal": record["heal"]["way"]} if record["heal"] else {}),
        **settings,
        **({"low_rank": plan.low_rank} if plan.low_rank is not None else {}),
    }
    asked = "".join(f", {name}={value!r}" for name, value in more.items())
    return (
        "from analysis_core import create_analyzer\n"
        "from analysis_core.compression.plan import plan_from_removed\n\n"
        f'adapter = create_analyzer(model_name="{record["model"]["id"]}")\n'
        "model = adapter.load_model()\n"
        f"plan = plan_from_removed(model.layers, {list(plan.remove)})\n"
        f'adapter.compress(plan{asked}).export("smaller")'
    )
