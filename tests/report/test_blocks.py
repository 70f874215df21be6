"""The picture of a model's blocks, and the short names of its stacks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from analysis_core.report.block_picture import WIDTH, block_picture, block_text
from analysis_core.report.palette import DARK, LIGHT
from analysis_core.report.stack_names import short_names, spans
from tests.pages import synthetic

SVG = "{http://www.w3.org/2000/svg}"


def bars(stacks: dict[str, int]) -> list[dict[str, str]]:
    root = ET.fromstring(block_picture(stacks, LIGHT))  # noqa: S314 - our own picture
    return [bar.attrib for bar in root.iter(f"{SVG}rect")]


@pytest.mark.parametrize("stacks", [{"": 12}, {"encoder.block": 6, "decoder.block": 4}, {"h": 96}, {"a": 1}])
def test_there_is_a_bar_a_block_and_all_stand_inside(stacks: dict[str, int]) -> None:
    drawn = bars(stacks)
    assert len(drawn) == sum(stacks.values())
    assert all(float(bar["x"]) + float(bar["width"]) <= WIDTH for bar in drawn)


def test_rows_have_one_scale_and_a_colour_each() -> None:
    drawn = bars({"encoder.block": 6, "decoder.block": 3})
    rows = [[bar for bar in drawn if bar["y"] == y] for y in dict.fromkeys(bar["y"] for bar in drawn)]
    assert [len(row) for row in rows] == [6, 3]
    assert len({bar["width"] for bar in drawn}) == 1
    assert [len({bar["fill"] for bar in row}) for row in rows] == [1, 1] and rows[0][0]["fill"] != rows[1][0]["fill"]


def test_models_of_ordinary_depth_share_one_scale() -> None:
    assert bars({"": 6})[0]["width"] == bars({"": 24})[0]["width"]


def test_names_are_escaped_and_readable_on_both_grounds() -> None:
    picture = block_picture({"a<b.x": 2, "c.x": 2}, DARK)
    assert "a&lt;b" in picture and DARK.muted in picture
    assert not re.search(r"<text", block_picture({"x": 3}, LIGHT))


def test_the_picture_in_words() -> None:
    assert block_text({"": 12}) == "12 blocks"
    assert block_text({"text_model.encoder.layers": 4, "vision_model.encoder.layers": 6}) == (
        "4 blocks (text) and 6 blocks (vision)"
    )
    assert block_text({f"stages.{n}.blocks": 3 for n in range(3)}) == (
        "3 blocks (stage 0), 3 blocks (stage 1) and 3 blocks (stage 2)"
    )


def test_short_names() -> None:
    assert short_names(["bert.encoder.layer"]) == {"bert.encoder.layer": ""}
    assert list(short_names(["layer1", "layer2"]).values()) == ["layer1", "layer2"]
    assert list(short_names(["a.b", "a.b.c"]).values()) == ["a.b", "a.b.c"]


def test_spans_follow_the_layers() -> None:
    assert spans(synthetic.layers()) == [("", 0, 11)]
    assert spans(synthetic.two_stacks()) == [("encoder", 0, 6), ("decoder", 7, 11)]
