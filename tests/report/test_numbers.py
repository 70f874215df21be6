"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis_core.report import numbers
from analysis_core.report.numbers import MINUS, NARROW_SPACE


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.0796, "0.0796"),
        (1.4349, "1.43"),
        (12.345, "12.3"),
        (999.6, "1000"),
        (0.9996, "1.00"),
        (-0.518, f"{MINUS}0.518"),
        (1234567, "1.23e6"),
        (0.000012345, f"1.23e{MINUS}5"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_three_significant_digits(value: float | None, shown: str) -> None:
    assert numbers.significant(value) == shown


@given(some.floats(min_value=1e-3, max_value=9e4))
def test_what_is_shown_is_near_what_is(value: float) -> None:
    assert float(numbers.significant(value)) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("share", "shown"), [(0.9614, "96.1"), (0.93, "93.0"), (1.0, "100"), (0.0, "0"), (-0.0312, f"{MINUS}3.1")]
)
def test_percent(share: float, shown: str) -> None:
    assert numbers.percent(share) == f"{shown}{NARROW_SPACE}%"


def test_points_carry_their_sign_where_asked() -> None:
    assert numbers.points(0.0141, signed=True) == "+1.4"
    assert numbers.points(-0.0141, signed=True) == f"{MINUS}1.4"
    assert numbers.points(0.0001, signed=True) == "0"


@pytest.mark.parametrize(
    ("function", "value", "shown"),
    [
        (numbers.count, 812, "812"),
        (numbers.count, 4_390_000, f"4.39{NARROW_SPACE}M"),
        (numbers.size, 8_800_000, f"8.80{NARROW_SPACE}MB"),
        (numbers.size, 999_999, f"1.00{NARROW_SPACE}MB"),
        (numbers.seconds, 1.44, f"1.4{NARROW_SPACE}s"),
        (numbers.seconds, 59.7, f"1{NARROW_SPACE}min 0{NARROW_SPACE}s"),
        (numbers.seconds, 3725, f"1{NARROW_SPACE}h 2{NARROW_SPACE}min"),
        (numbers.milliseconds, 12.44, f"12.4{NARROW_SPACE}ms"),
        (numbers.times, 1.8449, "1.84x"),
        (numbers.rank, 2.5, "2.5"),
        (numbers.rank, 7.0, "7"),
    ],
)
def test_units(function: object, value: float, shown: str) -> None:
    assert function(value) == shown  # type: ignore[operator]


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        ([], ""),
        ([3], "3"),
        ([4, 3], "3 and 4"),
        ([4, 5, 6], "4–6"),
        ([0, 1, 11], "0, 1 and 11"),
        ([0, 1, 2, 5, 7, 8, 9, 9], "0–2, 5 and 7–9"),
    ],
)
def test_layers_as_people_say_them(indices: list[int], said: str) -> None:
    assert numbers.layers(indices) == said


def test_a_difference_carries_its_sign() -> None:
    assert [numbers.signed(value) for value in (0.25, -0.25, 0.0)] == ["+0.250", f"{MINUS}0.250", "0"]
