"""What a result says as tables for other programs: CSV, Parquet, JSON. Numbers are whole, names of columns plain.

A table keeps one fact a cell and one subject a row, so that it can be joined and grouped; where nothing is known the
cell is empty, never 0.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from analysis_core.report.findings import Z_95, silence, single_costs
from analysis_core.report.recipes import recipe_of
from analysis_core.report.scaling import min_max, ranks
from analysis_core.results import AnalysisReport, CompressionOutcome, MethodResult, SubsetResult

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Args:
        columns: their names, in order.
        rows: cells in the order of the columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_csv(self) -> bytes:
        """UTF-8, a head line, commas; an empty cell where nothing is known."""
        sink = io.StringIO()
        writer = csv.writer(sink, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return sink.getvalue().encode()

    def as_parquet(self) -> bytes:
        """A Parquet file; columns keep their types, also where all cells are empty."""
        import pyarrow
        from pyarrow import parquet

        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.columns)
        arrays = [pyarrow.array(list(column)) for column in columns]
        # A column without a single value would have no type, which other readers refuse.
        arrays = [array.cast(pyarrow.float64()) if pyarrow.types.is_null(array.type) else array for array in arrays]
        sink = io.BytesIO()
        parquet.write_table(pyarrow.table(dict(zip(self.columns, arrays, strict=True))), sink)
        return sink.getvalue()


def scores(report: AnalysisReport) -> Table:
    """One row for every layer and method: raw score, interval, rank."""
    columns = ("layer", "layer_name", "method", "method_title", "score", "std_error", "low_95", "high_95",
               "normalised", "rank", "unit", "why_none")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for result in report.methods.values():
        placed, stretched = ranks(result.scores), min_max(result.scores)
        for layer in report.layers:
            at = layer.index
            low, high = _interval(result, at)
            why = silence(result, at) if result.scores[at] is None else None
            rows.append(
                (at, layer.name, result.method, result.title, result.scores[at], result.std_errors[at], low, high,
                 stretched[at], placed[at], result.unit, why)
            )  # fmt: skip
    return Table(columns, tuple(rows))


def layers(report: AnalysisReport) -> Table:
    """One row a layer: what it is, its consensus by every rule, what leaving it out costs."""
    rules = report.consensus_by_rule or {"mean_rank": report.consensus}
    costs = single_costs(report)
    columns = ("layer", "layer_name", "kind", "class_name", "stack", "parameters", "removable", "why_not",
               *(f"consensus_{rule}" for rule in rules), "metric", "drop", "drop_low_95", "drop_high_95")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for layer in report.layers:
        cost = costs.get(layer.index)
        found = (cost.drop, cost.low, cost.high) if cost else (None, None, None)
        voices = (places[layer.index] for places in rules.values())
        rows.append(
            (layer.index, layer.name, layer.kind.value, layer.class_name, layer.stack, layer.parameters,
             layer.removable, layer.why_not, *voices, report.metric, *found)
        )  # fmt: skip
    return Table(columns, tuple(rows))


def agreement(report: AnalysisReport) -> Table:
    """One row for every two methods: how alike they rank the layers."""
    columns = ("method", "other_method", "kendall_tau", "low_95", "high_95")
    found = report.agreement
    if found is None:
        return Table(columns, ())
    pairs = [(one, other) for one in range(len(found.methods)) for other in range(one)]
    return Table(
        columns,
        tuple(
            (found.methods[one], found.methods[other], found.tau[one][other], found.low[one][other],
             found.high[one][other])
            for one, other in pairs
        ),
    )  # fmt: skip


def trust(report: AnalysisReport) -> Table:
    """One row a method: how well its ranks agree with measured ablation."""
    columns = ("method", "spearman_rho", "low_95", "high_95", "layers", "why_none")
    rows = ((item.method, item.correlation, item.low, item.high, item.layers, item.why_not)
            for item in report.trust.values())  # fmt: skip
    return Table(columns, tuple(rows))


def subsets(measured: Sequence[SubsetResult], metric: str) -> Table:
    """One row for every set of layers that was skipped together."""
    columns = ("removed", "layers_removed", "loss", "loss_increase", "loss_increase_std_error", "metric",
               "metric_value", "metric_drop", "metric_drop_std_error", "examples")  # fmt: skip
    rows = (
        (_joined(item.removed), len(item.removed), item.loss, item.loss_increase, item.loss_increase_std_error,
         metric, item.metric, item.metric_drop, item.metric_drop_std_error, item.examples)
        for item in measured
    )  # fmt: skip
    return Table(columns, tuple(rows))


def outcomes(found: Sequence[CompressionOutcome]) -> Table:
    """One row for every smaller model that was built and measured."""
    facts = [_outcome(item) for item in found]
    return Table(tuple(facts[0]) if facts else (), tuple(tuple(item.values()) for item in facts))


TABLES: Mapping[str, Callable[[AnalysisReport], Table]] = MappingProxyType(
    {
        "scores": scores,
        "layers": layers,
        "agreement": agreement,
        "trust": trust,
        "subsets": lambda report: subsets(report.measured, report.metric),
    }
)
"""Every table of an analysis by its name."""


def names_of(report: AnalysisReport) -> list[str]:
    """The tables of an analysis that have rows."""
    filled = {
        "agreement": report.agreement is not None and len(report.agreement.methods) > 1,
        "trust": bool(report.trust),
        "subsets": bool(report.measured),
    }
    return [name for name in TABLES if filled.get(name, True)]


def as_json(result: AnalysisReport | CompressionOutcome | Sequence[CompressionOutcome]) -> bytes:
    """A whole result, or several, as they are stored."""
    plain: Any = [item.to_dict() for item in result] if isinstance(result, Sequence) else result.to_dict()
    return json.dumps(plain, indent=2, ensure_ascii=False).encode()


def _interval(result: MethodResult, layer: int) -> tuple[float | None, float | None]:
    score, error = result.scores[layer], result.std_errors[layer]
    if score is None or error is None:
        return None, None
    return score - Z_95 * error, score + Z_95 * error


def _outcome(item: CompressionOutcome) -> dict[str, Cell]:
    plan, found, recipe = item.plan, item.measurement, recipe_of(item)
    return {
        "run": item.run,
        "model": str(item.model.get("id", "")),
        "strategy": recipe.whole_strategy,
        "removed": _joined(plan.remove),
        "layers_before": plan.original_layers,
        "layers_after": plan.compressed_layers,
        "ratio": plan.ratio,
        "metric": found.metric,
        "metric_original": found.original,
        "metric_compressed": found.compressed,
        "retention": found.retention.value,
        "retention_low_95": found.retention.low,
        "retention_high_95": found.retention.high,
        "test_examples": found.examples,
        "speedup": found.speedup.value,
        "speedup_low_95": found.speedup.low,
        "speedup_high_95": found.speedup.high,
        "latency_original_ms": found.latency_original.median_ms,
        "latency_compressed_ms": found.latency_compressed.median_ms,
        "batch_size": found.batch_size,
        "parameters_original": found.parameters_original,
        "parameters_compressed": found.parameters_compressed,
        "bytes_original": found.bytes_original,
        "bytes_compressed": found.bytes_compressed,
        "flops_original": found.flops_original,
        "flops_compressed": found.flops_compressed,
        "peak_bytes_original": found.peak_bytes_original,
        "peak_bytes_compressed": found.peak_bytes_compressed,
        "seed": recipe.seed,
        "machine": found.machine,
        "measured_at": found.measured_at,
    }


def _joined(layers: Sequence[int]) -> str:
    return " ".join(map(str, layers))
