"""What runs side by side say, in one sentence computed from their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_core.report import numbers
from analysis_core.report.comparison import CONSENSUS, Agreement, Comparison, Side
from analysis_core.report.comparison_ranks import FEWEST_PLACES, FloatArray, chance_level, places, shares
from analysis_core.report.insight_findings import interval_words
from analysis_core.report.layer_names import named
from analysis_core.report.phrases import ENGLISH, Phrases, listed
from analysis_core.results import Layer

THIRDS = ("compared_first", "compared_middle", "compared_last")


@dataclass(frozen=True)
class Parting:
    """Where two runs rank one place most differently, by one measure."""

    measure: str
    place: int
    one: float
    other: float
    known: int


def measure_title(comparison: Comparison, measure: str, phrases: Phrases = ENGLISH) -> str:
    """A measure's name for people."""
    return phrases["consensus"] if measure == CONSENSUS else comparison.title(measure)


def common_layers(comparison: Comparison) -> Sequence[Layer]:
    """The layers by which places are named: those of all runs, or none where their stacks are not the same."""
    stacks = {tuple(layer.stack for layer in side.report.layers) for side in comparison.sides}
    return comparison.sides[0].report.layers if len(stacks) == 1 else ()


def comparison_finding(comparison: Comparison, measure: str, phrases: Phrases = ENGLISH) -> str:
    """Which part of the network the runs put on top, and where they disagree most."""
    sides = comparison.with_method(measure)
    rows = [comparison.aligned(side, measure) for side in sides]
    known = _known(rows)
    if len(sides) < 2 or known.sum() < 2:
        return phrases["compared_nothing"].format(measure=measure_title(comparison, measure, phrases))
    ranked = np.array([places(np.where(known, row, np.nan)) for row in rows])
    spread = np.where(known, ranked.max(0) - ranked.min(0), -1.0)
    if not spread.max() > 0:
        most = phrases["compared_alike"]
    elif comparison.same_depth:
        most = phrases["compared_layer"].format(layer=named(int(spread.argmax()), common_layers(comparison), phrases))
    else:
        most = phrases["compared_depth"].format(depth=_depth(comparison, int(spread.argmax())))
    return phrases["compared_join"].format(thirds=_thirds(comparison, sides, rows, phrases), most=most)


def correlation_finding(comparison: Comparison, measure: str, phrases: Phrases = ENGLISH) -> str:
    """How far the runs agree; of more than two, the least and the most."""
    found = [item for item in comparison.agreements(measure) if item.value is not None]
    if not found:
        return phrases["compared_no_correlation"]
    if len(found) == 1:
        words = "compared_correlation" if comparison.same_depth else "compared_correlation_depths"
        interval = interval_words(found[0].low, found[0].high, phrases)
        value = numbers.significant(found[0].value, 2)
        return phrases[words].format(value=value, interval=interval, places=found[0].places)
    ordered = sorted(found, key=lambda item: item.value or 0.0)
    least, most = ordered[0], ordered[-1]
    return phrases["compared_correlations"].format(
        least=numbers.significant(least.value, 2),
        least_pair=pair_words(least, phrases),
        most=numbers.significant(most.value, 2),
        most_pair=pair_words(most, phrases),
    )


def chance_finding(comparison: Comparison, measure: str, phrases: Phrases = ENGLISH) -> str:
    """How much agreement so few places show by chance alone; of two runs, whether theirs is more than that."""
    found = [item for item in comparison.agreements(measure) if item.value is not None]
    if not found:
        return ""
    fewest = min(item.places for item in found)
    level = chance_level(fewest)
    verdict = ""
    if len(found) == 1:
        value = found[0].value or 0.0
        within = abs(value) <= level
        verdict = phrases[f"compared_chance_{'within' if within else 'beyond' if value > 0 else 'negative'}"]
    return phrases["compared_chance"].format(places=fewest, level=numbers.significant(level, 2), verdict=verdict)


def pair_words(agreement: Agreement, phrases: Phrases = ENGLISH) -> str:
    """``A and B``."""
    return phrases["compared_pair"].format(one=agreement.one.letter, other=agreement.other.letter)


def ranks_of_pair(comparison: Comparison, one: Side, other: Side, measure: str) -> tuple[FloatArray, FloatArray]:
    """Ranks of both sides at the common places that both score, 1 for the highest; NaN elsewhere."""

    def make() -> tuple[FloatArray, FloatArray]:
        rows = [comparison.aligned(side, measure) for side in (one, other)]
        known = _known(rows)
        first, second = (places(np.where(known, row, np.nan)) for row in rows)
        return first, second

    return comparison.kept(("ranks", one.place, other.place, measure), make)


def parting(comparison: Comparison, one: Side, other: Side, measures: Sequence[str]) -> Parting | None:
    """The largest difference of ranks between two sides; None where there is none at all."""
    best: Parting | None = None
    for measure in measures:
        first, second = ranks_of_pair(comparison, one, other, measure)
        apart = np.nan_to_num(np.abs(first - second))
        place = int(apart.argmax()) if apart.size else 0
        if apart.size and apart[place] > (abs(best.one - best.other) if best else 0.0):
            known = int((~np.isnan(first)).sum())
            best = Parting(measure, place, float(first[place]), float(second[place]), known)
    return best


def difference_finding(
    comparison: Comparison, one: Side, other: Side, measures: Sequence[str], phrases: Phrases = ENGLISH
) -> str:
    """Which method parts two runs most, and where."""
    found = parting(comparison, one, other, measures)
    if found is None:
        return phrases["compared_no_difference"]
    words = "compared_difference" if comparison.same_depth else "compared_difference_depth"
    where = (
        {"layer": named(found.place, common_layers(comparison), phrases)}
        if comparison.same_depth
        else {"depth": _depth(comparison, found.place)}
    )
    return phrases[words].format(
        **where,
        measure=measure_title(comparison, found.measure, phrases),
        one=numbers.rank(found.one),
        other=numbers.rank(found.other),
        known=found.known,
        first=one.letter,
        second=other.letter,
    )


def parallel_finding(comparison: Comparison, phrases: Phrases = ENGLISH) -> str:
    """By which of the shared methods the runs agree most, and by which least."""
    means: list[tuple[float, str]] = []
    for method in comparison.shared:
        values = [item.value for item in comparison.agreements(method) if item.value is not None]
        if values:
            means.append((float(np.mean(values)), measure_title(comparison, method, phrases)))
    if not means:
        return phrases["compared_parallel_none"]
    (most_value, most), (least_value, least) = max(means), min(means)
    words = {"most": most, "most_value": numbers.significant(most_value, 2)}
    if len(means) == 1:
        return phrases["compared_parallel_one"].format(**words)
    return phrases["compared_parallel"].format(**words, least=least, least_value=numbers.significant(least_value, 2))


def where_words(comparison: Comparison, place: int, phrases: Phrases = ENGLISH) -> str:
    """A place of the comparison in words: a layer where all have as many, else a relative depth."""
    if comparison.same_depth:
        return phrases["compared_where_layer"].format(layer=named(place, common_layers(comparison), phrases))
    return phrases["compared_where_depth"].format(depth=_depth(comparison, place))


def _known(rows: Sequence[FloatArray]) -> np.ndarray:
    return np.asarray(~np.isnan(np.array(rows)).any(0))


def _depth(comparison: Comparison, place: int) -> str:
    return f"{comparison.depths[place]:.2f}"


def _thirds(comparison: Comparison, sides: Sequence[Side], rows: Sequence[FloatArray], phrases: Phrases) -> str:
    """Which third of the depth scores highest on average, for all runs or for each."""
    tops = [_top_third(comparison.depths, row) for row in rows]
    if None in tops:
        return phrases["compared_no_thirds"]
    by_third: dict[str, list[str]] = {}
    for side, top in zip(sides, tops, strict=True):
        by_third.setdefault(THIRDS[top or 0], []).append(side.letter)
    if len(by_third) == 1 and len(sides) == len(comparison.sides):
        third = phrases[next(iter(by_third))]
        words = "compared_both" if len(sides) == 2 else "compared_all"
        return phrases[words].format(third=third, count=len(sides))
    comma = phrases["comma"]
    parts = [
        phrases["compared_split_one" if len(letters) == 1 else "compared_split_many"].format(
            runs=listed(letters, phrases), third=phrases[third]
        )
        for third, letters in by_third.items()
    ]
    return phrases["compared_split"].format(runs=comma.join(parts))


def _top_third(depths: FloatArray, row: FloatArray) -> int | None:
    """0, 1 or 2; None where a third has no ranked layer."""
    ranked = shares(row)
    third = np.minimum((depths * 3 + 1e-9).astype(int), 2)
    groups = [ranked[(third == part) & ~np.isnan(ranked)] for part in range(3)]
    if len(row) < FEWEST_PLACES or any(group.size == 0 for group in groups):
        return None
    return int(np.argmax([group.mean() for group in groups]))
