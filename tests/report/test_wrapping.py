"""Lines of titles and of the names above axes: one rule of breaking, in both languages."""

from __future__ import annotations

import pytest

from analysis_core.report.figures.parallel import LABEL_LINES, parallel
from analysis_core.report.figures.wrapping import clipped, wrapped
from analysis_core.report.palette import LIGHT
from analysis_core.report.typography import width
from tests.pages import synthetic
from tests.report.laying import laid


@pytest.mark.parametrize("title", ["Attention entropy and what it tells", "注意力头与神经元激活，一致程度很高", "CKA"])
@pytest.mark.parametrize("columns", [9, 14, 80])
def test_a_clipped_text_begins_as_the_wrapped_one_and_says_that_it_goes_on(title: str, columns: int) -> None:
    whole, cut = wrapped(title, columns), clipped(title, columns, 2)
    assert len(cut) <= 2 and all(width(line) <= columns for line in cut)
    assert cut[0] == whole[0]
    assert cut[-1].endswith("…") is (len(whole) > 2)
    assert whole[1:2] == [] or whole[1].startswith(cut[1].removesuffix("…"))


def test_a_long_word_stays_whole_and_a_name_may_end_in_it() -> None:
    assert wrapped("Dimensionality of it", 9) == ["Dimensionality", "of it"]
    assert clipped("Intrinsic dimensionality (of neighbours)", 15, 2) == ["Intrinsic", "dimensionality…"]


def test_names_above_the_axes_are_cut_by_that_rule() -> None:
    long = [f"what method {number} has to say of every layer of the network" for number in range(8)]
    comparison = laid(synthetic.report(long), synthetic.report(long))
    labels = [name.text.split("<br>") for name in parallel(comparison, LIGHT).layout.annotations[:-1]]
    assert labels == [clipped(name, 19, LABEL_LINES) for name in long]
    assert all(len(label) == LABEL_LINES and label[-1].endswith("…") for label in labels)
