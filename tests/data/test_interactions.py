"""Logs of interactions: every form gives the same log, and nobody's future is seen."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_core.data import interaction_files
from analysis_core.data.interaction_files import read_interactions
from analysis_core.data.interactions import InteractionLog, SplitRule
from analysis_core.data.options import ReadOptions
from analysis_core.errors import DataError

AMAZON = Path(__file__).parents[2].parent / "shared" / "data" / "amazon-video-games.txt"

Event = tuple[int, int, int, int]
"""User, item, rating, seconds."""
EVENTS: tuple[Event, ...] = (
    (2, 7, 5, 300),
    (1, 8, 4, 200),
    (2, 9, 3, 100),
    (1, 7, 2, 100),
    (2, 8, 1, 300),
    (2, 6, 5, 50),
)


def written(form: str, events: tuple[Event, ...]) -> str:
    """The events as a file of each form."""
    lines = {
        "amazon-2018": [
            json.dumps({"overall": rating, "reviewerID": f"{user}", "asin": f"{item}", "unixReviewTime": time})
            for user, item, rating, time in events
        ],
        "amazon-2023": [
            json.dumps({"rating": rating, "user_id": f"{user}", "asin": "variant", "parent_asin": f"{item}",
                        "timestamp": time * 1000})
            for user, item, rating, time in events
        ],
        "amazon-2023-csv": ["user_id,parent_asin,rating,timestamp"]
        + [f"{user},{item},{rating}.0,{time * 1000}" for user, item, rating, time in events],
        "u.data": ["\t".join(map(str, event)) for event in events],
        "ratings.csv": ["userId,movieId,rating,timestamp"] + [",".join(map(str, event)) for event in events],
        "pairs": [f"{user} {item}" for user, item, _, _ in sorted(events, key=lambda event: event[3])],
    }  # fmt: skip
    return "\n".join(lines[form]) + "\n"


def read(tmp_path: Path, content: str, name: str = "log.txt") -> InteractionLog:
    (tmp_path / name).write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return read_interactions(tmp_path / name)


FORMS = ("amazon-2018", "amazon-2023", "amazon-2023-csv", "u.data", "ratings.csv")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_log(tmp_path: Path, form: str) -> None:
    log = read(tmp_path, written(form, EVENTS))
    assert log.user_names == ("2", "1") and log.item_names == ("7", "8", "9", "6")
    assert log.users.tolist() == [0, 0, 0, 0, 1, 1] and log.items.tolist() == [3, 2, 0, 1, 0, 1]
    assert log.ratings is not None and log.ratings.tolist() == [5, 3, 5, 1, 2, 4]
    assert log.times_ms is not None and log.times_ms.tolist() == [50000, 100000, 300000, 300000, 100000, 200000]
    assert log.sha256 == read(tmp_path, written(form, EVENTS), "other.gz").sha256
    assert log.sha256 == read(tmp_path, written("u.data", EVENTS)).sha256


def test_pairs_are_in_the_order_of_their_lines(tmp_path: Path) -> None:
    log = read(tmp_path, written("pairs", EVENTS))
    assert log.ratings is None and log.times_ms is None
    by_name = [(log.user_names[user], log.item_names[item]) for user, item in zip(log.users, log.items, strict=True)]
    assert by_name == [("2", "6"), ("2", "9"), ("2", "7"), ("2", "8"), ("1", "7"), ("1", "8")]


def test_asin_is_taken_where_there_is_no_parent(tmp_path: Path) -> None:
    line = json.dumps({"user_id": "a", "asin": "x", "rating": 5.0, "timestamp": 1})
    assert read(tmp_path, line).item_names == ("x",)


def test_a_repeated_line_is_left_out_and_counted(tmp_path: Path) -> None:
    log = read(tmp_path, written("u.data", (*EVENTS, EVENTS[0], (2, 7, 5, 301))))
    assert log.repeats == 1 and len(log) == len(EVENTS) + 1


HISTORIES = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(histories=HISTORIES, chance=st.randoms())
def test_leaving_the_last_one_out_as_plain_loops_do_it(
    tmp_path_factory: pytest.TempPathFactory, histories: list[list[int]], chance: object
) -> None:
    rows = [(user, item, 1, place) for user, items in enumerate(histories) for place, item in enumerate(items)]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    log = read(tmp_path_factory.mktemp("log"), written("u.data", tuple(rows)))
    expected: dict[str, list[tuple[str, list[str], str]]] = {"search": [], "test": [], "heal": []}
    for user, numbers in enumerate(histories):
        items = [str(number) for number in numbers]
        kept = items
        if len(items) >= 3:
            expected["test"].append((str(user), items[:-1], items[-1]))
            expected["search"].append((str(user), items[:-2], items[-2]))
            kept = items[:-2]
        if len(kept) >= 2:
            expected["heal"].append((str(user), kept[:-1], kept[-1]))
    assert log.splits == {part: len(found) for part, found in expected.items() if found}
    for part in log.splits:
        got = [
            (log.user_names[one.user], [log.item_names[item] for item in one.history], log.item_names[one.target])
            for one in log.split(part)
        ]
        assert sorted(got) == sorted(expected[part])


def test_a_part_without_interactions_is_said(tmp_path: Path) -> None:
    log = read(tmp_path, "1 2\n1 3\n")
    assert log.splits == {"heal": 1} and log.split("heal")[0].items.tolist() == [0, 1]
    with pytest.raises(DataError, match="no interactions for 'test'"):
        log.split("test")


def test_users_are_never_divided_by_user(tmp_path: Path) -> None:
    lines = [f"{user} {item}" for user in range(60) for item in range(user // 2, user // 2 + 4)]
    log = read(tmp_path, "\n".join(lines)).divided(SplitRule.BY_USER, seed=1)
    side = {one.user: part for part in ("search", "test", "heal") for one in log.split(part)}
    assert len(side) == 60 == sum(log.splits.values())
    assert all(side[user] == side[user + 1] for user in range(0, 60, 2))  # they took the same
    for part in ("search", "test", "heal"):
        assert all(len(one.history) == 3 for one in log.split(part))
    other = log.divided(SplitRule.BY_USER, seed=2)
    assert {one.user for one in other.split("test")} != {one.user for one in log.split("test")}
    assert other.sha256 == log.sha256 and "never divided" in log.split_rule


def test_parts_have_checksums_and_heads(tmp_path: Path) -> None:
    log = read(tmp_path, "".join(f"{user} {user + item}\n" for user in range(9) for item in range(4)))
    assert log.split("test").sha256 != log.split("search").sha256
    assert log.split("test").head(4).sha256 == log.split("test").head(4).sha256


RATINGS = "userId,movieId,rating,timestamp\n" + "".join(f"1,{item},3.5,{item}\n" for item in range(15))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RATINGS + "abc\n", r"log\.txt, line 17: Expected userId,movieId,rating,timestamp; found 'abc'"),
        (RATINGS + "1,2,x,4\n", "line 17: Expected userId"),
        (RATINGS + "1,2,nan,4\n", "line 17: Expected userId"),
        (RATINGS + "1,,3,4\n", "line 17: Expected userId"),
        (RATINGS + "1,2,3,1112486027000\n", "line 17: Expected userId"),
        (RATINGS + "1,2,3,-1\n", "line 17: Expected userId"),
        ("1\t2\t3\t4\n1\t2\t3\n", r"line 2: Expected user<TAB>item<TAB>rating<TAB>timestamp; found '1 2 3'"),
        ("1 2\n3 4 5\n", "line 2: Expected user item; found '3 4 5'"),
        ("hello\n", "line 1: Expected one of: .*userId,movieId"),
        (written("amazon-2018", EVENTS) + '{"asin": "x"}\n', r"line 7: Expected \{\"reviewerID\""),
        (written("amazon-2018", EVENTS) + "[]\n", "line 7: Expected"),
        (written("amazon-2018", EVENTS) + '{"reviewerID": "x\n', "line 7: Expected"),
        (written("amazon-2018", EVENTS) + "{'reviewerID': 'x'}\n", "line 7: .*Write JSON, with double quotes"),
        (written("amazon-2023", EVENTS).replace("5", '"5"', 1), "line 1: Expected"),
        ("userId,movieId,rating,timestamp\n", "holds no interactions"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_a_form_may_be_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("anna book\nanna film\n")
    assert read_interactions(tmp_path / "x", form=interaction_files.PAIRS).user_names == ("anna",)
    with pytest.raises(DataError, match="line 1: Expected userId"):
        read_interactions(tmp_path / "x", form=interaction_files.MOVIELENS_CSV)


def test_a_log_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interaction_files, "MOST_INTERACTIONS", 5)
    with pytest.raises(DataError, match="more than 5 lines"):
        read(tmp_path, written("u.data", EVENTS))


@pytest.mark.skipif(not AMAZON.exists(), reason="the real interactions in ../shared/data are not on this machine")
def test_the_real_amazon_interactions() -> None:
    log = read_interactions(AMAZON, ReadOptions())
    raw = np.loadtxt(AMAZON, dtype=np.int64)
    assert len(log) == len(raw) == 287_107 and log.repeats == 0
    assert len(log.user_names) == 31_013 and len(log.item_names) == 23_715
    np.testing.assert_array_equal(np.array(log.item_names, dtype=np.int64)[log.items], raw[:, 1])
    assert log.splits["test"] == log.splits["search"] == int((np.bincount(raw[:, 0]) >= 3).sum())
    first = log.split("test")[0]
    theirs = raw[raw[:, 0] == int(log.user_names[first.user]), 1]
    assert log.item_names[first.target] == str(theirs[-1]) and len(first.history) == len(theirs) - 1
