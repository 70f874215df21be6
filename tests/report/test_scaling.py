"""Min-max and ranks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from analysis_core.report.scaling import Scale, colours, min_max, ranks

SCORES = some.lists(some.one_of(some.none(), some.floats(-1e6, 1e6)), min_size=1, max_size=20)


def test_by_hand() -> None:
    assert min_max([2.0, None, 4.0, 3.0]) == [0.0, None, 1.0, 0.5]
    assert ranks([2.0, None, 4.0, 2.0]) == [2.5, None, 1.0, 2.5]
    assert min_max([3.0, 3.0]) == [0.5, 0.5]
    assert min_max([None, None]) == [None, None]


@given(SCORES)
def test_missing_scores_stay_missing(scores: list[float | None]) -> None:
    for scale in Scale:
        shown = colours(scores, scale)
        assert [share is None for share in shown] == [score is None for score in scores]
        assert all(0 <= share <= 1 for share in shown if share is not None)


@given(SCORES)
def test_ranks_follow_the_scores(scores: list[float | None]) -> None:
    places = ranks(scores)
    known = [(score, place) for score, place in zip(scores, places, strict=True) if score is not None]
    assert sum(place for _, place in known if place is not None) == len(known) * (len(known) + 1) / 2
    for score, place in known:
        for other, another in known:
            if score > other:
                assert place is not None
                assert another is not None
                assert place < another
