"""The picture of a model's blocks, and the short names of its stacks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from analysis_core.report import figures
from analysis_core.report.block_picture import WIDTH, block_picture, block_text
from analysis_core.report.columns import columns_of
from analysis_core.report.figures.stack_marks import column_marks
from analysis_core.report.palette import DARK, LIGHT
from analysis_core.report.stack_names import places, short_names, spans
from analysis_core.vocabulary import LayerKind
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
    turns = [replace(layer, stack=f"part.{layer.index % 2}") for layer in synthetic.layers()]
    assert spans(turns) == [("", 0, 11)] and set(places(turns)) == {""}
    alone = [replace(layer, stack=f"stages.{layer.index}") for layer in synthetic.layers()]
    assert spans(alone) == [("", 0, 11)] and set(places(alone)) == {""}
    assert places(synthetic.two_stacks())[6:8] == ["encoder 6", "decoder 0"]
    assert spans(synthetic.two_stacks()) == [("encoder", 0, 6), ("decoder", 7, 11)]


def test_parts_of_blocks_stand_where_their_blocks_do() -> None:
    kinds = (LayerKind.ATTENTION, LayerKind.MLP)
    parts = [replace(layer, stack=f"model.encoder.{layer.index // 2}", kind=kinds[layer.index % 2])
             for layer in synthetic.layers()]  # fmt: skip
    assert spans(parts) == [("", 0, 11)]
    both = [*parts[:6], *(replace(part, stack=f"model.decoder.{part.index // 2 - 3}") for part in parts[6:])]
    assert spans(both) == [("encoder", 0, 5), ("decoder", 6, 11)]
    assert places(both)[6:8] == ["decoder 0, attention", "decoder 0, feed-forward"]


def test_each_stack_is_a_panel_with_its_own_numbers() -> None:
    layers = synthetic.two_stacks()
    report = replace(synthetic.report(), layers=layers)
    drawn = [
        figures.heatmap(list(report.methods.values()), LIGHT, layers_of=layers),
        figures.method_bars(report["fisher_information"], LIGHT, layers_of=layers),
        figures.strip(layers, report.consensus, [4], LIGHT),
    ]
    for figure in drawn:
        assert [note.text for note in figure.layout.annotations] == ["encoder", "decoder"]
        assert not figure.layout.xaxis.title.text
        assert list(figure.layout.xaxis.ticktext) == [str(number) for number in (*range(7), *range(5))]
        places = list(figure.layout.xaxis.tickvals)
        assert places[7] - places[6] >= 1.5, "a gap parts the panels"
        assert figure.layout.xaxis.range[1] == places[-1] + 0.5
    assert "Layer 8 (decoder 1)" in drawn[0].data[-1].text[8]
    assert list(drawn[1].data[0].x) == places
    assert "decoder 4" in "".join(figures.consensus_bars(report, LIGHT).layout.yaxis.ticktext)


def test_panels_share_rows_and_the_colour_scale() -> None:
    layers = synthetic.two_stacks()
    drawn = figures.heatmap(list(synthetic.report().methods.values()), LIGHT, layers_of=layers)
    for row in drawn.data[:-1]:
        shades = list(row.z[0])
        assert shades[7] is None and len(shades) == 13, "a blank cell stands between the panels"
        assert len(row.x) == 14
        assert row.coloraxis == "coloraxis"


def test_names_that_have_no_room_are_left_out_and_the_gaps_stay() -> None:
    layers = [replace(layer, stack=f"stage_of_blocks.{layer.index // 2}.x") for layer in synthetic.layers()]
    columns = columns_of(layers)
    assert not columns.panels and column_marks(columns, LIGHT) == {"shapes": [], "annotations": []}
    assert [column.tick for column in columns.columns] == [str(index) for index in range(12)]
    assert columns.columns[2].x - columns.columns[1].x >= 1.5
