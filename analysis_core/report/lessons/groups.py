"""Lesson 6: stretches of layers whose representations are alike by CKA, and what that says of leaving them out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analysis_core.report import numbers
from analysis_core.report.findings import single_costs
from analysis_core.report.lessons.question import Question
from analysis_core.report.phrases import Phrases, layer_list, listed, metric_name
from analysis_core.results import AnalysisReport

METHOD = "layer_correlation"
Table = Sequence[Sequence[float | None]]
OFFERED = 4


def similarities(report: AnalysisReport) -> Table | None:
    """CKA between every two layers' outputs; None where the report has none."""
    table: Table | None = report[METHOD].extras.get("cka_map") if METHOD in report else None
    return table


def groups(table: Table, threshold: float) -> list[list[int]]:
    """The layers in order, cut wherever the next one is not alike to all before it in its group."""
    found: list[list[int]] = []
    for layer in range(len(table)):
        if found and all(_value(table, layer, other) >= threshold for other in found[-1]):
            found[-1].append(layer)
        else:
            found.append([layer])
    return found


def finding(table: Table, threshold: float, phrases: Phrases) -> str:
    """Into how many groups the layers fall."""
    found = groups(table, threshold)
    words = {"threshold": numbers.significant(threshold, 2), "layers": len(table), "groups": len(found)}
    if len(found) == 1:
        return phrases["lesson_groups_one"].format(**words)
    if len(found) == len(table):
        return phrases["lesson_groups_none"].format(**words)
    if len(found) > 4:
        largest = max(found, key=len)
        return phrases["lesson_groups_many"].format(**words, largest=layer_list(largest, phrases))
    named = listed([_stretch(group) for group in found], phrases)
    return phrases["lesson_groups_finding"].format(**words, named=named)


def costs_line(report: AnalysisReport, table: Table, threshold: float, phrases: Phrases) -> str:
    """What leaving out single layers of the largest group costs: alike is not the same as free."""
    largest = max(groups(table, threshold), key=len)
    known = single_costs(report)
    costs = [known[layer] for layer in largest if layer in known]
    if len(largest) < 2 or not costs:
        return ""
    written = numbers.points if report.metric in numbers.SHARES else numbers.significant
    return phrases["lesson_groups_costs"].format(
        layers=_stretch(largest),
        least=written(min(cost.drop for cost in costs)),
        most=written(max(cost.drop for cost in costs)),
        metric=metric_name(report.metric, phrases),
        certain=sum(cost.low > 0 for cost in costs),
        count=len(costs),
    )


def question(table: Table, phrases: Phrases) -> Question:
    """Between which two neighbours the representation changes most."""
    steps = sorted((_value(table, one, other), one) for one, other in pairwise(range(len(table))))
    stride = (len(steps) - 1) / (OFFERED - 1)
    offered = sorted({steps[round(place * stride)][1] for place in range(OFFERED)})
    value, first = steps[0]
    why = phrases["lesson_groups_because"].format(
        first=first,
        second=first + 1,
        value=numbers.significant(value, 2),
        next_first=steps[1][1],
        next_second=steps[1][1] + 1,
        next_value=numbers.significant(steps[1][0], 2),
    )
    options = tuple(phrases["lesson_neighbours"].format(one=layer, other=layer + 1) for layer in offered)
    return Question(phrases["lesson_groups_question"], options, offered.index(first), why)


def _stretch(group: Sequence[int]) -> str:
    return f"{group[0]}{numbers.EN_DASH}{group[-1]}" if len(group) > 1 else str(group[0])


def _value(table: Table, one: int, other: int) -> float:
    """Two layers without a number are not alike."""
    return table[one][other] or 0.0
