"""How far one removal is behind another: exact at the end, sharper by earlier comparisons, and honest on the way."""

from __future__ import annotations

import numpy as np
import pytest

from analysis_core.compression.search.behind import SeenLosses

EXAMPLES = 128
BASE, FIRST, SECOND = frozenset({9}), frozenset({9, 1}), frozenset({9, 2})
BEFORE = (FIRST - BASE, SECOND - BASE)


def population(rng: np.random.Generator, alike: float) -> tuple[np.ndarray, np.ndarray]:
    """Differences of two removals on all examples, and those of the race before, which are like them."""
    before = rng.normal(0.1, 1.0, EXAMPLES)
    return alike * before + rng.normal(0.0, (1 - alike**2) ** 0.5, EXAMPLES), before


def seen(now: np.ndarray, before: np.ndarray, count: int, earlier: int) -> SeenLosses:
    """Both removals on the first examples; less their shared layer they may have been seen on more."""
    losses = SeenLosses(EXAMPLES)
    losses.see(FIRST, now[:count])
    losses.see(SECOND, np.zeros(count))
    losses.see(BEFORE[0], before[:earlier])
    losses.see(BEFORE[1], np.zeros(earlier))
    return losses


def test_all_examples_tell_exactly() -> None:
    now, before = population(np.random.default_rng(0), 0.9)
    found = seen(now, before, EXAMPLES, EXAMPLES).behind(FIRST, SECOND)
    assert found.mean == pytest.approx(now.mean()) and found.variance == 0
    assert found.surely(1e-9) == (now.mean() > 0)


@pytest.mark.parametrize(
    ("alike", "earlier"), [(0.95, EXAMPLES), (0.8, EXAMPLES), (0.95, 96), (0.0, EXAMPLES), (0.95, 0)]
)
def test_the_variance_is_that_of_the_error(alike: float, earlier: int) -> None:
    rng, errors, variances, plain, wrongly = np.random.default_rng(1), [], [], [], 0
    for _ in range(800):
        now, before = population(rng, alike)
        found = seen(now, before, 32, earlier).behind(FIRST, SECOND)
        errors.append(found.mean - now.mean())
        variances.append(found.variance)
        plain.append(now[:32].mean() - now.mean())
        now -= now.mean()  # neither is better
        wrongly += seen(now, before, 32, earlier).behind(FIRST, SECOND).surely(0.05)
    assert np.mean(errors) == pytest.approx(0, abs=0.02)
    assert np.mean(variances) == pytest.approx(np.var(errors), rel=0.2)
    assert 0.03 <= wrongly / 800 <= 0.075
    if alike == 0.95 and earlier:
        assert np.var(errors) < (0.2 if earlier == EXAMPLES else 0.5) * np.var(plain)


def test_an_earlier_comparison_may_lean_on_one_before_it() -> None:
    rng = np.random.default_rng(2)
    now, before = population(rng, 0.95)
    longest = before + rng.normal(0, 0.2, EXAMPLES)
    one, other = FIRST | {5}, SECOND | {5}
    losses = seen(before, longest, 48, EXAMPLES)
    alone = SeenLosses(EXAMPLES)
    for book in (losses, alone):
        book.see(one, now[:24])
        book.see(other, np.zeros(24))
    alone.see(FIRST, before[:48])
    alone.see(SECOND, np.zeros(48))
    assert losses.behind(one, other).variance < alone.behind(one, other).variance


def test_what_was_seen_of_more_examples_stays() -> None:
    now, before = population(np.random.default_rng(3), 0.5)
    losses = seen(now, before, 64, 0)
    losses.see(FIRST, now[:16])
    assert losses.seen(FIRST, SECOND) == 64 and losses.seen(FIRST, BEFORE[0]) == 0
    first = FIRST if now[:64].mean() < 0 else SECOND
    assert losses.ordered([FIRST, SECOND])[0] == losses.ordered([SECOND, FIRST])[0] == first


def test_two_that_never_differed_before_are_told_apart_by_what_is_seen() -> None:
    now, _ = population(np.random.default_rng(4), 0.5)
    same = np.ones(EXAMPLES)
    losses = SeenLosses(EXAMPLES)
    for removed, values in ((FIRST, now[:32]), (SECOND, np.zeros(32)), (BEFORE[0], same), (BEFORE[1], same)):
        losses.see(removed, values)
    assert losses.behind(FIRST, SECOND).mean == pytest.approx(now[:32].mean())
