"""Numbers as people read them: at most three significant digits, with their unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
EN_DASH = "\u2013"
SHARES = frozenset(
    {"accuracy", "macro_f1", "f1", "exact_match", "recall", "precision", "mean_iou", "auc", "token_accuracy",
     "action_accuracy", "pixel_accuracy", "image_mean_iou", "image_average_precision", "mean_reciprocal_rank",
     "ndcg@10", "recall@1", "recall@5", "recall@10"}
)  # fmt: skip
"""Metrics that are shares of one, shown in percent."""


def significant(value: float | None, digits: int = 3) -> str:
    """A number with at most `digits` significant digits; an en dash where there is none."""
    if value is None or not math.isfinite(value):
        return EN_DASH
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 < exponent < 5:
        rounded = round(value, digits - 1 - exponent)
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
        text = f"{rounded:.{decimals}f}"
    else:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", MINUS)


def percent(share: float | None) -> str:
    """A share of one in percent, e.g. ``96.1 %``."""
    if share is None or not math.isfinite(share):
        return EN_DASH
    return f"{_one_decimal(100 * share)}{NARROW_SPACE}%"


def points(share: float, *, signed: bool = False) -> str:
    """A difference of two shares in percentage points, e.g. ``1.4``; with its sign where asked."""
    text = _one_decimal(100 * share)
    return f"+{text}" if signed and not text.startswith(MINUS) and text != "0" else text


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign, e.g. ``+0.12``."""
    text = significant(value, digits)
    return f"+{text}" if value > 0 else text


def times(factor: float | None) -> str:
    """A factor, e.g. ``1.84x``."""
    return EN_DASH if factor is None or not math.isfinite(factor) else f"{factor:.2f}x"


def count(number: float) -> str:
    """How many, e.g. ``4.39 M``."""
    return _scaled(number, 1000, ("", "k", "M", "G", "T"))


def size(number_of_bytes: float) -> str:
    """How large on disk, e.g. ``8.80 MB``."""
    return _scaled(number_of_bytes, 1000, ("B", "kB", "MB", "GB", "TB"))


def milliseconds(value: float) -> str:
    """A time in milliseconds, e.g. ``12.4 ms``."""
    return f"{significant(value)}{NARROW_SPACE}ms"


def seconds(value: float) -> str:
    """A duration, e.g. ``41 s`` or ``2 min 5 s``."""
    if value < 10:
        return f"{significant(value, 2)}{NARROW_SPACE}s"
    whole = round(value)
    if whole < 60:
        return f"{whole}{NARROW_SPACE}s"
    if whole < 3600:
        return f"{whole // 60}{NARROW_SPACE}min {whole % 60}{NARROW_SPACE}s"
    return f"{whole // 3600}{NARROW_SPACE}h {whole % 3600 // 60}{NARROW_SPACE}min"


def metric(name: str, value: float | None) -> str:
    """A metric's value: shares in percent, everything else as a plain number."""
    return percent(value) if name in SHARES else significant(value)


def rank(place: float | None) -> str:
    """A place in a ranking: whole, or a half where two share it."""
    return EN_DASH if place is None else f"{place:g}"


def layers(indices: Iterable[int], conjunction: str = " and ", comma: str = ", ") -> str:
    """Layer numbers as people say them: ``0, 1 and 11``; runs of three or more become ``4-6``."""
    parts = [
        f"{run[0]}{EN_DASH}{run[-1]}" if len(run) > 2 else str(index)
        for run in consecutive(sorted(set(indices)))
        for index in (run if len(run) < 3 else run[:1])
    ]
    return listed(parts, conjunction, comma)


def listed(parts: Sequence[str], conjunction: str = " and ", comma: str = ", ") -> str:
    """A list that is read: ``a, b and c``."""
    return conjunction.join(filter(None, [comma.join(parts[:-1]), *parts[-1:]]))


def consecutive(ordered: Sequence[int]) -> list[list[int]]:
    """Ascending numbers, cut where one is missing: 4, 5, 7 becomes [4, 5], [7]."""
    runs: list[list[int]] = []
    for index in ordered:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _one_decimal(value: float) -> str:
    text = f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return "0" if float(text) == 0 else text.replace("-", MINUS)


def _scaled(value: float, step: int, units: tuple[str, ...]) -> str:
    power = 0
    while abs(value) >= 999.5 and power < len(units) - 1:
        value /= step
        power += 1
    text = f"{value:.0f}" if power == 0 else significant(value)
    return f"{text}{NARROW_SPACE}{units[power]}".strip(f"{NARROW_SPACE} ")
