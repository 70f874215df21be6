"""Links to Compare that do not hold: what is said of each, and what is still shown."""

from __future__ import annotations

from analysis_core.runs.store import RunStore
from tests.pages import filling, synthetic
from tests.pages.comparing import METHODS, analysed, opened, shown
from tests.pages.conftest import Open
from tests.pages.reading import charts, links, words


def test_an_unknown_run_is_named_and_the_others_are_shown(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs=f"{one},0000000000gone,{other}")
    assert "“0000000000gone” is no run of this store" in words(test)
    assert shown(test) == [one, other]
    assert charts(test)
    assert test.query_params["runs"] == f"{one},0000000000gone,{other}", "the link is left for the reader to mend"


def test_half_an_id_that_fits_one_run_is_understood(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    shared = next(at for at in range(len(one)) if one[at] != other[at])
    half = other[: max(shared + 1, 8)]
    test = opened(open_page, runs=f"{one},{half}")
    assert shown(test) == [one, other]
    assert f"“{half}” is half an id" in words(test)
    test = opened(open_page, runs=f"{one},{other[:2]}")
    assert f"“{other[:2]}” is no run" in words(test)


def test_only_unknown_runs_leave_the_proposal(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    test = opened(open_page, runs="gone,,away,")
    said = words(test)
    assert "“gone” is no run" in said and "“away” is no run" in said
    assert shown(test) == [other, one]


def test_a_failed_run_says_why_and_where_to_look(open_page: Open) -> None:
    one = analysed(seed=1)
    bad = filling.failed(filling.analysis(METHODS), "The loss is not a number.")
    test = opened(open_page, runs=f"{one},{bad}")
    assert "failed and has no result. The loss is not a number." in words(test)
    assert f"run={bad}" in links(test).values()
    assert "One finished analysis is here" in words(test)


def test_a_run_under_way_is_to_be_waited_for(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    going = filling.queued(filling.analysis(METHODS))
    test = opened(open_page, runs=f"{one},{going},{other}")
    assert "is not finished yet" in words(test)
    assert shown(test) == [one, other]


def test_a_compression_gives_way_to_its_analysis(open_page: Open) -> None:
    one, other = analysed(seed=1), analysed(seed=2)
    small = filling.finished(filling.compression(other, (4, 5)), synthetic.outcome([4, 5], "manual"))
    test = opened(open_page, runs=f"{one},{small}")
    assert "is a compression; the analysis that it started from stands in for it" in words(test)
    assert shown(test) == [one, other]
    alone = filling.finished(filling.compression(None, (4, 5)), synthetic.outcome([4, 5], "manual"))
    test = opened(open_page, runs=f"{one},{alone},{other}")
    assert "not how layers rank" in words(test)
    assert shown(test) == [one, other]


def test_of_five_runs_four_are_shown(open_page: Open) -> None:
    runs = [analysed(seed=seed) for seed in range(5)]
    test = opened(open_page, runs=",".join(runs))
    assert shown(test) == runs[:4]
    assert f"The link names 5 runs; four fit side by side. Left out: {runs[4]}." in words(test)


def test_a_result_that_cannot_be_read_is_named(open_page: Open) -> None:
    one, other, damaged = (analysed(seed=seed) for seed in range(3))
    (RunStore.open().artifacts.folder(damaged) / "report.json").write_text("{", encoding="utf-8")
    test = opened(open_page, runs=f"{one},{damaged},{other}")
    assert "cannot be read" in words(test)
    assert shown(test) == [one, other]
