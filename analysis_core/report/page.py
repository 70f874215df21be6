"""An analysis as one HTML file: what was found, how, and what is needed to repeat it. Nothing in it lies elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_core.methods import METHODS
from analysis_core.methods.base import EXPLAINED
from analysis_core.report import findings, numbers
from analysis_core.report.columns import columns_of
from analysis_core.report.figures.curve import strategy_title
from analysis_core.report.findings import Z_95
from analysis_core.report.insight_findings import agreement_finding, title_of, trust_finding, trusted
from analysis_core.report.layer_names import named_list
from analysis_core.report.origin import origin
from analysis_core.report.page_pictures import BarPicture, bar_picture, heat_picture, scale_colours
from analysis_core.report.palette import colour_of
from analysis_core.report.phrases import ENGLISH, Phrases, metric_name, sentence_case
from analysis_core.report.recipes import python_call, recipe_of
from analysis_core.report.scaling import ranks
from analysis_core.results import AnalysisReport, CompressionOutcome, Interval, MethodResult
from analysis_core.sheets import template


@dataclass(frozen=True)
class Chapter:
    """One method on the page."""

    title: str
    finding: str
    picture: BarPicture | None
    colour: str
    silent: str
    explained: tuple[tuple[str, str], ...]
    unit: str
    rows: tuple[tuple[str, ...], ...]


def page(
    report: AnalysisReport,
    phrases: Phrases = ENGLISH,
    *,
    outcomes: Sequence[CompressionOutcome] = (),
    settings: Mapping[str, Any] | None = None,
    explained: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """The page of a finished analysis.

    Args:
        report: the analysis.
        phrases: the words, of one language.
        outcomes: smaller models that were measured from it.
        settings: of its run, as JSON types; with them the page says how to repeat it.
        explained: by method, its question, formula, paper and caveat; None takes what the method says itself.
    """
    finding = findings.layers_finding(report, phrases)
    return template("analysis_core.report", "page.html.j2").render(
        words=phrases,
        title=str(report.model.get("title") or report.model.get("id")),
        about=_about(report, phrases),
        finding=finding,
        headline=_headline(report, phrases),
        heat=heat_picture(report, phrases),
        scale=scale_colours(),
        heat_alt=phrases["heatmap_alt"].format(methods=len(report.methods), layers=len(report.layers), finding=finding),
        costs=_costs(report, phrases),
        costs_note=_costs_note(report, phrases),
        metric=metric_name(report.metric, phrases),
        points=report.metric in numbers.SHARES,
        layer_count=len(report.layers),
        chapters=[_chapter(result, report, phrases, explained) for result in report.methods.values()],
        together=_together(report, phrases),
        trust=_trust(report),
        measured=[_measured(outcome, report, phrases) for outcome in outcomes],
        origin=origin(report.run, report.provenance, phrases),
        repeat=_repeat(settings) if settings else "",
    )


def _about(report: AnalysisReport, phrases: Phrases) -> str:
    model = report.model
    task, modality = str(model.get("task", "")), str(model.get("modality", ""))
    return phrases["page_about"].format(
        model=model.get("id", ""),
        task=phrases.get(f"task_name_{task}", task),
        modality=phrases.get(f"modality_name_{modality}", modality),
    )


def _headline(report: AnalysisReport, phrases: Phrases) -> list[tuple[str, str]]:
    """The first numbers: value, name."""
    intact = report.baseline.get(report.metric)
    parameters, examples = report.model.get("parameters"), report.provenance.get("examples")
    name = sentence_case(phrases["page_intact"].format(metric=metric_name(report.metric, phrases)))
    return [
        (numbers.metric(report.metric, intact), name),
        (str(len(report.layers)), phrases["page_layers"]),
        *([(numbers.count(float(parameters)), phrases["page_parameters"])] if parameters else []),
        (str(len(report.methods)), phrases["page_methods"]),
        *([(f"{examples}", phrases["page_examples"])] if examples else []),
    ]


def _costs(report: AnalysisReport, phrases: Phrases) -> BarPicture | None:
    """What leaving out each layer costs, in points where the metric is a share; None where nothing was measured."""
    found = findings.single_costs(report)
    factor = 100 if report.metric in numbers.SHARES else 1
    places = [found.get(layer.index) for layer in report.layers]
    return bar_picture(
        [None if cost is None else factor * cost.drop for cost in places],
        [None if cost is None else factor * cost.low for cost in places],
        [None if cost is None else factor * cost.high for cost in places],
        [findings.layer_finding(report, layer.index, phrases) for layer in report.layers],
        columns=columns_of(report.layers, phrases).closed_up(),
    )


def _costs_note(report: AnalysisReport, phrases: Phrases) -> str:
    singles = [subset.examples for subset in report.measured if len(subset.removed) == 1]
    return phrases["page_costs_note"].format(
        metric=metric_name(report.metric, phrases), examples=max(singles, default=0)
    )


def _chapter(
    result: MethodResult,
    report: AnalysisReport,
    phrases: Phrases,
    explained: Mapping[str, Mapping[str, str]] | None,
) -> Chapter:
    spreads = [None if error is None else Z_95 * error for error in result.std_errors]
    pairs = list(zip(result.scores, spreads, strict=True))
    low = [None if score is None or spread is None else score - spread for score, spread in pairs]
    high = [None if score is None or spread is None else score + spread for score, spread in pairs]
    rows = [
        (f"{layer.index}", layer.name, numbers.significant(score), numbers.significant(spread), numbers.rank(place))
        for layer, (score, spread), place in zip(report.layers, pairs, ranks(result.scores), strict=True)
    ]
    columns = columns_of(report.layers, phrases).closed_up()
    hovers = [f"{place.title}: {row[2]} ± {row[3]}" for place, row in zip(columns.columns, rows, strict=True)]
    silent = result.not_applicable
    return Chapter(
        title=result.title,
        finding="" if silent else findings.method_finding(result, phrases, report.layers),
        picture=None if silent else bar_picture(result.scores, low, high, hovers, columns=columns),
        colour=colour_of(result.method),
        silent=phrases["page_silent"].format(why=silent) if silent else "",
        explained=_explained(result.method, explained),
        unit=result.unit,
        rows=() if silent else tuple(rows),
    )


def _explained(method: str, given: Mapping[str, Mapping[str, str]] | None) -> tuple[tuple[str, str], ...]:
    """What is said of a method: the key of the word before it, and the text."""
    if given is not None:
        said = given.get(method, {})
    else:
        said = {name: getattr(METHODS.get(method), name) for name in EXPLAINED} if method in METHODS else {}
    return tuple((f"page_{name}", said[name]) for name in EXPLAINED if said.get(name))


def _together(report: AnalysisReport, phrases: Phrases) -> list[str]:
    """What the methods say jointly, a sentence each; nothing of a single method."""
    if report.agreement is None or len(report.agreement.methods) < 2:
        return []
    said = [agreement_finding(report, report.agreement, phrases)]
    return [*said, trust_finding(report, phrases)] if trusted(report) else said


def _trust(report: AnalysisReport) -> list[tuple[str, str, str]]:
    return [
        (title_of(report, item.method), numbers.significant(item.correlation, 2), _span(item.low, item.high))
        for item in trusted(report)
    ]


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return numbers.EN_DASH
    return f"{numbers.significant(low, 2)} … {numbers.significant(high, 2)}"


def _measured(outcome: CompressionOutcome, report: AnalysisReport, phrases: Phrases) -> tuple[str, str, str, str, str]:
    """A row of the table of smaller models: removed, chosen by, kept, speed-up, parameters."""
    found = outcome.measurement
    share = found.parameters_compressed / found.parameters_original if found.parameters_original else None
    return (
        named_list(outcome.plan.remove, report.layers, phrases) or phrases["none"],
        strategy_title(recipe_of(outcome).whole_strategy, phrases),
        _with_interval(found.retention, numbers.percent),
        _with_interval(found.speedup, numbers.times),
        numbers.percent(share),
    )


def _with_interval(found: Interval, written: Any) -> str:
    return f"{written(found.value)} ({written(found.low)} … {written(found.high)})"


def _repeat(settings: Mapping[str, Any]) -> str:
    """Python that makes the same analysis again."""
    given = {name: value for name, value in settings.items() if value not in (None, "", {}, [])}
    return python_call("AnalysisConfig", given)
