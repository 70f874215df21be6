"""From the estimate to the measurement: how far the guess was off, said in one sentence."""

from __future__ import annotations

from analysis_core.report import numbers
from analysis_core.report.frontier import FrontierPoint
from pages.ui import markup
from pages.ui.strings import text

NONE = "0"


def told(guess: FrontierPoint, point: FrontierPoint) -> None:
    """What was estimated without the measurement, what was measured, and whether the error bar held."""
    markup.note(sentence(guess, point))


def sentence(guess: FrontierPoint, point: FrontierPoint) -> str:
    """The hand-over in words.

    Args:
        guess: the estimate, made as if the choice had not been measured.
        point: the same layers, measured.
    """
    kept, expected = point.retention, guess.retention
    miss = numbers.points(abs(kept.value - expected.value))
    side = "equal" if miss == NONE else "above" if kept.value > expected.value else "below"
    verdict = "inside" if expected.low <= kept.value <= expected.high else "outside"
    return text(
        "handed_over",
        guess=_percent(expected.value),
        low=_percent(expected.low),
        high=_percent(expected.high),
        dash=numbers.EN_DASH,
        value=_percent(kept.value),
        difference=text(f"handed_over_{side}", miss=miss),
        verdict=text(f"handed_over_{verdict}"),
    )


def _percent(share: float) -> str:
    """With one decimal also above a hundred, where a bar's end may be that near."""
    return f"{100 * share:.1f}{numbers.NARROW_SPACE}%".replace("-", numbers.MINUS)
