"""The JSON documents that the command line prints. No torch here."""

from __future__ import annotations

from typing import Any

from analysis_core.results import AnalysisReport, CompressionOutcome

LAYER_KEYS = ("index", "name", "kind", "parameters", "removable", "why_not")
METHOD_KEYS = ("scores", "std_errors", "unit", "seconds", "passes", "not_applicable")


def analysis_document(report: AnalysisReport) -> dict[str, Any]:
    """What ``layerwise analyze --json`` prints."""
    whole = report.to_dict()
    return {
        "run": report.run,
        "model": whole["model"],
        "layers": [{key: layer[key] for key in LAYER_KEYS} for layer in whole["layers"]],
        "methods": {name: {key: found[key] for key in METHOD_KEYS} for name, found in whole["methods"].items()},
        "consensus": whole["consensus"],
        "baseline": whole["baseline"],
        "provenance": whole["provenance"],
    }


def compression_document(outcome: CompressionOutcome, export: str | None) -> dict[str, Any]:
    """What ``layerwise compress --json`` prints.

    Args:
        outcome: of a finished run.
        export: where the smaller model was written.
    """
    plan, found = outcome.plan, outcome.measurement
    return {
        "run": outcome.run,
        "plan": {
            "original_layers": plan.original_layers,
            "compressed_layers": plan.compressed_layers,
            "keep": list(plan.keep),
            "remove": list(plan.remove),
            "strategy": plan.strategy,
            "quantize": plan.quantize.value,
            "low_rank": plan.low_rank,
        },
        "metric": {
            "name": found.metric,
            "original": found.original,
            "compressed": found.compressed,
            "retention": found.retention.value,
            "low": found.retention.low,
            "high": found.retention.high,
        },
        "latency_ms": {
            "original": found.latency_original.median_ms,
            "compressed": found.latency_compressed.median_ms,
            "speedup": found.speedup.value,
        },
        "parameters": {"original": found.parameters_original, "compressed": found.parameters_compressed},
        "bytes": {"original": found.bytes_original, "compressed": found.bytes_compressed},
        "linear": [change.to_dict() for change in outcome.linear],
        "heal": outcome.heal.to_dict() if outcome.heal is not None else None,
        "export": export,
        "reload_equal": outcome.reload_equal,
        "onnx": outcome.onnx.to_dict() if outcome.onnx is not None else None,
        "provenance": dict(outcome.provenance),
    }
