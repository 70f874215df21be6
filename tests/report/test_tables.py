"""Tables for other programs: what is in them is what the result says, to the last digit."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pandas
import pytest
from pyarrow import parquet

from analysis_core.report import tables
from analysis_core.report.tables import Table
from analysis_core.results import Agreement, AnalysisReport, Trust
from tests.pages import synthetic


def by_name(table: Table) -> list[dict[str, object]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def joined_by_ablation() -> AnalysisReport:
    report = synthetic.report()
    names = tuple(report.methods)
    square = tuple(tuple(0.5 + 0.01 * (one + other) for other in range(5)) for one in range(5))
    nothing = ((None,) * 5,) * 5
    trust = {"block_influence": Trust("block_influence", 0.7, 0.4, 0.9, 12), "x": Trust.unknown("x", "It is mute.")}
    return replace(report, agreement=Agreement(names, square, square, nothing), trust=trust)


def test_scores_hold_every_layer_of_every_method_unrounded() -> None:
    report = synthetic.report()
    rows = by_name(tables.scores(report))
    assert len(rows) == 5 * synthetic.LAYERS
    row = next(row for row in rows if (row["method"], row["layer"]) == ("layer_ablation", 3))
    result = report["layer_ablation"]
    assert row["score"] == result.scores[3]
    assert row["high_95"] == pytest.approx(result[3] + 1.959964 * (result.std_errors[3] or 0))
    best = max(range(synthetic.LAYERS), key=lambda index: result[index])
    assert [row["layer"] for row in rows if row["method"] == "layer_ablation" and row["rank"] == 1] == [best]


def test_a_layer_without_a_score_has_an_empty_cell_and_the_reason() -> None:
    report = synthetic.report(("block_influence", "layer_ablation"))
    found = report["block_influence"]
    mute = replace(
        found,
        scores=(None, *found.scores[1:]),
        std_errors=(None, *found.std_errors[1:]),
        reasons=("It changes the shape.", *(None,) * 11),
    )
    table = tables.scores(replace(report, methods={**report.methods, "block_influence": mute}))
    (row,) = (row for row in by_name(table) if row["method"] == "block_influence" and row["layer"] == 0)
    assert (row["score"], row["low_95"], row["rank"], row["why_none"]) == (None, None, None, "It changes the shape.")
    read = next(csv.DictReader(io.StringIO(table.as_csv().decode())))
    assert (read["score"], read["why_none"]) == ("", "It changes the shape.")


def test_csv_and_parquet_read_back_as_the_same_table() -> None:
    table = tables.scores(synthetic.report())
    from_csv = pandas.read_csv(io.BytesIO(table.as_csv()))
    from_parquet = pandas.read_parquet(io.BytesIO(table.as_parquet()))
    assert list(from_csv.columns) == list(from_parquet.columns) == list(table.columns)
    place = table.columns.index("score")
    assert list(from_csv["score"]) == list(from_parquet["score"]) == [row[place] for row in table.rows]


def test_a_column_without_a_value_is_still_a_number_in_parquet() -> None:
    written = Table(("layer", "nothing"), ((0, None), (1, None))).as_parquet()
    assert [str(field.type) for field in parquet.read_schema(io.BytesIO(written))] == ["int64", "double"]
    assert parquet.read_table(io.BytesIO(Table(("a",), ()).as_parquet())).num_rows == 0


def test_layers_carry_consensus_and_what_leaving_them_out_costs() -> None:
    report = replace(synthetic.report(), consensus_by_rule={"mean_rank": (0.5,) * 12, "borda": (0.25,) * 12})
    (row,) = (row for row in by_name(tables.layers(report)) if row["layer"] == 4)
    assert (row["consensus_mean_rank"], row["consensus_borda"]) == (0.5, 0.25)
    assert row["drop"] == synthetic.subset([4]).metric_drop
    assert isinstance(row["drop_low_95"], float) and row["drop_low_95"] < synthetic.subset([4]).metric_drop
    without = replace(report, measured=())
    assert {row["drop"] for row in by_name(tables.layers(without))} == {None}


def test_agreement_holds_each_pair_once_and_trust_the_reason() -> None:
    report = joined_by_ablation()
    pairs = by_name(tables.agreement(report))
    assert len({frozenset((row["method"], row["other_method"])) for row in pairs}) == len(pairs) == 10
    assert {row["high_95"] for row in pairs} == {None}
    known, mute = by_name(tables.trust(report))
    assert (known["spearman_rho"], mute["spearman_rho"], mute["why_none"]) == (0.7, None, "It is mute.")


def test_only_tables_with_rows_are_offered() -> None:
    for report in (synthetic.report(("block_influence",)), joined_by_ablation()):
        filled = [name for name, make in tables.TABLES.items() if make(report).rows]
        assert tables.names_of(report) == filled
    assert len(tables.names_of(joined_by_ablation())) == len(tables.TABLES)


def test_outcomes_are_a_row_each() -> None:
    path = [synthetic.outcome([5, 4], run="r1"), synthetic.outcome([6], "manual", run="r2")]
    first, second = by_name(tables.outcomes(path))
    assert (first["run"], first["strategy"], first["removed"], first["layers_after"]) == ("r1", "greedy", "4 5", 10)
    assert second["retention"] == path[1].measurement.retention.value
    assert tables.outcomes([]) == Table((), ())


def test_json_is_the_whole_result() -> None:
    report = joined_by_ablation()
    assert AnalysisReport.from_dict(json.loads(tables.as_json(report))) == report
    assert len(json.loads(tables.as_json(synthetic.greedy_path()))) == 11
