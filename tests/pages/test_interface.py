"""What holds for the interface as a whole: its words, its settings, its speed."""

from __future__ import annotations

import ast
import re
import statistics
import string
import time
import tomllib

import pytest

from analysis_core.report.phrases import ENGLISH as PHRASES
from pages.ui import address, moments
from pages.ui.strings import ENGLISH
from pages.ui.what_if import choice
from tests.pages import filling, synthetic
from tests.pages.conftest import ROOT, Open

SOURCES = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
UNITS = re.compile("_(parts|stages)$")
"""How words end that `units.words` chooses by what an analysis counts."""


def keys_used(function: str) -> set[str]:
    """Constant first arguments of a function, over all pages."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                first = node.args[0] if node.args else None
                options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                found |= {item.value for item in options if isinstance(item, ast.Constant)}
    return found


def beginnings_used(function: str) -> set[str]:
    """What stands before the first gap of every key that is put together where `function` is called."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                parts = [inner for inner in ast.walk(node) if isinstance(inner, ast.JoinedStr)]
                heads = [part.values[0].value for part in parts if isinstance(part.values[0], ast.Constant)]
                found |= {str(head) for head in heads if "_" in str(head)}
    return found


def test_every_word_that_is_used_is_in_the_table() -> None:
    assert keys_used("text") <= set(ENGLISH)


def test_no_word_in_the_table_is_left_over() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if "words" not in path.parts)
    computed = (
        "nav_",
        "own_from_",
        "part_",
        "column_",
        "data_sample",
        "data_own",
        "state_",
        "scale_",
        "served_",
        "granularity_",
        "rule_",
        "modality",
        "task",
        "measure",
        "export",
        "search",
        "live_who_",
        *beginnings_used("text"),
    )
    unused = [
        key
        for key in ENGLISH
        if not re.search(f"[\"']{re.sub(UNITS, '', key)}[\"']", source) and not key.startswith(computed)
    ]
    assert unused == []


def test_phrases_can_be_filled_in() -> None:
    for table in (ENGLISH, PHRASES):
        for phrase in table.values():
            names = [name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None]
            assert all(name.isidentifier() for name in names)


def test_the_server_keeps_to_itself() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "localhost"
    assert settings["browser"]["gatherUsageStats"] is False
    sheet = (ROOT / "assets" / "styles" / "app.css").read_text(encoding="utf-8")
    assert "http" not in sheet, "the look must work without a network"
    assert "http" not in str(settings["theme"])


@pytest.mark.parametrize("removed", [(), (3,), (0, 4, 11)])
def test_layers_travel_in_the_address(removed: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = address.layers_as_text(removed)
    monkeypatch.setattr(address, "read", lambda name: shown)
    assert address.read_layers("removed", 12) == removed
    assert address.read_layers("removed", 11) == (None if 11 in removed else removed)


def test_moments_in_words() -> None:
    now = time.time()
    told = [moments.ago(now - passed) for passed in (5, 130, 7300, 200_000)]
    assert told == ["just now", "2 min ago", "2 h ago", "2 d ago"]
    assert moments.clock(0.0) == "1 Jan 1970, 00:00"


def test_the_curve_mixes_measured_and_estimated_points() -> None:
    outcomes = (synthetic.outcome([5, 4], run="a"), synthetic.outcome([4, 5], "manual", run="b"))
    source = choice.Source("x", synthetic.report(), outcomes, outcomes[0].searched)
    points = choice.curve_points(source, "greedy")
    assert {point.removed: point.strategy for point in points if point.measured} == {(): "greedy", (4, 5): "greedy"}
    assert [point.removed for point in points if not point.measured] == [(5,)]
    consensus = choice.curve_points(source, "consensus")
    assert len([point for point in consensus if not point.measured]) >= 9


def test_clicks_are_answered_at_once(open_page: Open) -> None:
    """Median time of the script on the server: 50 ms; measured in processor time, for tests share a machine."""
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    test = open_page("what_if", run=run)
    spent = []
    for kept in (7, 6, 8, 5, 7, 6, 8, 5):
        before = time.process_time()
        test.select_slider[0].set_value(kept).run()
        spent.append(time.process_time() - before)
    assert statistics.median(spent) < 0.15, "50 ms are the budget; three times that is a defect even on a busy machine"
