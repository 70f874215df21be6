"""The rows of the heatmap: what each cell is coloured by, what is written into it, and what it says under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_core.report import numbers
from analysis_core.report.columns import Columns
from analysis_core.report.findings import Z_95, silence
from analysis_core.report.phrases import Phrases
from analysis_core.report.scaling import Scale, Scores, colours, min_max, ranks
from analysis_core.results import MethodResult

CONSENSUS = "consensus"
SMALL = '<br><span style="font-size:9.5px">{}</span>'
"""The second line of a cell."""


@dataclass(frozen=True)
class Row:
    """One row, one entry a column.

    Args:
        name, title: of the method.
        y: its middle; a row is one high.
        shades: 0 (least) ... 1 (most important); None stays blank.
        texts, beside: the first and the second line of a cell.
        hovers: what a cell says of itself.
        layers: what a click on a cell selects.
    """

    name: str
    title: str
    y: float
    shades: list[float | None]
    texts: list[str]
    beside: list[str]
    hovers: list[str]
    layers: list[int]

    @property
    def is_blank(self) -> bool:
        """Whether it has nothing to show."""
        return all(shade is None for shade in self.shades)


def method_row(result: MethodResult, y: float, scale: Scale, columns: Columns, phrases: Phrases) -> Row:
    """A method's scores; where parts are folded, each block has the highest of its parts."""
    values = columns.values(result.scores)
    leading = [columns.leading(column, result.scores) for column in columns.columns]
    return Row(
        name=result.method,
        title=result.title,
        y=y,
        shades=colours(values, scale),
        texts=_texts(values, scale),
        beside=_beside(result, values, leading, scale),
        hovers=_hovers(result, values, columns, phrases),
        layers=_clicks(columns, leading),
    )


def consensus_row(consensus: Scores, y: float, scale: Scale, columns: Columns, phrases: Phrases) -> Row:
    """The joint ranking: a share by itself, so that it is stretched only to be shown as ranks."""
    title, values = phrases["consensus"], columns.values(consensus)
    leading = [columns.leading(column, consensus) for column in columns.columns]
    places, known = ranks(values), sum(value is not None for value in values)
    ranked = scale is Scale.RANK
    shares = ["" if value is None else f"{value:.2f}" for value in values]
    hovers = [
        f"<b>{column.title}</b> · {title}<br>{numbers.significant(value)}<br>{_rank(place, known, phrases)}"
        for column, value, place in zip(columns.columns, values, places, strict=True)
    ]
    return Row(
        name=CONSENSUS,
        title=title,
        y=y,
        shades=colours(values, scale) if ranked else values,
        texts=_texts(values, scale) if ranked else shares,
        beside=shares if ranked else [_number_sign(place) for place in places],
        hovers=hovers,
        layers=_clicks(columns, leading),
    )


def _clicks(columns: Columns, leading: Sequence[int | None]) -> list[int]:
    """What a click selects: the layer whose value is shown."""
    return [
        column.layers[0] if layer is None else layer for column, layer in zip(columns.columns, leading, strict=True)
    ]


def _texts(values: Scores, scale: Scale) -> list[str]:
    if scale is Scale.RANK:
        return ["" if place is None else numbers.rank(place) for place in ranks(values)]
    if scale is Scale.NORMALISED:
        return ["" if share is None else f"{share:.2f}" for share in min_max(values)]
    return ["" if value is None else numbers.significant(value) for value in values]


def _beside(result: MethodResult, values: Scores, leading: Sequence[int | None], scale: Scale) -> list[str]:
    """Raw scores have their intervals beside them, shares their ranks, ranks the scores that they come from."""
    if scale is Scale.RANK:
        return ["" if value is None else numbers.significant(value, 2) for value in values]
    if scale is Scale.NORMALISED:
        return [_number_sign(place) for place in ranks(values)]
    errors = [None if layer is None else result.std_errors[layer] for layer in leading]
    places = [_number_sign(place) for place in ranks(values)]
    return [
        place if error is None else f"± {numbers.significant(Z_95 * error, 2)}"
        for place, error in zip(places, errors, strict=True)
    ]


def _number_sign(place: float | None) -> str:
    return "" if place is None else f"#{numbers.rank(place)}"


@dataclass(frozen=True)
class _Voice:
    """A method with the places of its scores, which every cell of its row names."""

    result: MethodResult
    phrases: Phrases
    places: Scores
    known: int

    def of(self, layer: int, between: str = "<br>") -> str:
        """Score, interval, unit and rank of a layer, or why there is none."""
        score, error = self.result.scores[layer], self.result.std_errors[layer]
        if score is None:
            return silence(self.result, layer, self.phrases)
        spread = f" ± {numbers.significant(Z_95 * error)}" if error is not None else ""
        rank = _rank(self.places[layer], self.known, self.phrases)
        return f"{numbers.significant(score)}{spread} {self.result.unit}{between}{rank}"


def _hovers(result: MethodResult, values: Scores, columns: Columns, phrases: Phrases) -> list[str]:
    """Value, interval and rank, whatever the cells show; of folded parts each in a line of its own."""
    voice = _Voice(result, phrases, ranks(result.scores), sum(score is not None for score in result.scores))
    places, known = ranks(values), sum(value is not None for value in values)
    hovers = []
    for column, place in zip(columns.columns, places, strict=True):
        lines = [f"<b>{column.title}</b> · {result.title}"]
        if len(column.layers) == 1:
            lines.append(voice.of(column.layers[0]))
        else:
            lines.append(phrases["highest_part"].format(count=len(column.layers)))
            lines += [_rank(place, known, phrases)] if place is not None else []
            lines += [f"{phrases['part']} {layer}: {voice.of(layer, ', ')}" for layer in column.layers]
        hovers.append("<br>".join(lines))
    return hovers


def _rank(place: float | None, known: int, phrases: Phrases) -> str:
    return phrases["rank_hover"].format(rank=numbers.rank(place), known=known)
