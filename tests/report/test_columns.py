"""Places of layers: the parts of blocks side by side or folded, many layers thinned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis_core.report import figures
from analysis_core.report.columns import columns_of, has_parts, parts_key, plain
from analysis_core.report.figures.stack_marks import column_axis, column_marks, depth
from analysis_core.report.layer_names import named_list
from analysis_core.report.palette import LIGHT
from analysis_core.report.scaling import Scale
from analysis_core.results import Layer, MethodResult
from analysis_core.vocabulary import LayerKind
from tests.pages import synthetic

HEATMAP_HEAD = "bert.encoder.layer"


def parts(blocks: int = 6, stack: str = HEATMAP_HEAD) -> list[Layer]:
    """Two parts a block, as an analysis of sub-layers lists them."""
    names = {LayerKind.ATTENTION: "attention", LayerKind.MLP: "intermediate"}
    kinds = list(names)
    return [
        replace(
            synthetic.layers()[0],
            index=index,
            name=f"{stack}.{index // 2}.{names[kinds[index % 2]]}",
            stack=f"{stack}.{index // 2}",
            kind=kinds[index % 2],
        )
        for index in range(2 * blocks)
    ]


def scored(scores: list[float | None]) -> MethodResult:
    errors = tuple(None if score is None else 0.01 for score in scores)
    return replace(synthetic.method("fisher_information"), scores=tuple(scores), std_errors=errors)


def test_the_parts_of_a_block_stand_together_under_its_number() -> None:
    columns = columns_of(parts())
    assert [column.tick for column in columns.columns] == ["A", "F"] * 6
    assert [block.name for block in columns.blocks] == [str(number) for number in range(6)]
    inside = columns.columns[1].x - columns.columns[0].x
    between = columns.columns[2].x - columns.columns[1].x
    assert inside == 1 < between
    assert columns.columns[3].title == "Layer 3 (block 1, feed-forward)"
    assert parts_key(parts()) == "A attention, F feed-forward in each block"
    assert len(column_marks(columns, LIGHT)["annotations"]) == 6
    assert depth(columns) > depth(plain(12))


def test_folded_blocks_show_the_highest_of_their_parts() -> None:
    scores: list[float | None] = [0.1, 0.3, 0.9, 0.2, None, 0.4, None, None, 0.5, 0.5, 0.0, 0.1]
    columns = columns_of(parts(), folded=True)
    assert columns.are_folded and not columns.blocks
    assert columns.values(scores) == [0.3, 0.9, 0.4, None, 0.5, 0.1]
    drawn = figures.heatmap([scored(scores)], LIGHT, layers_of=parts(), folded=True, scale=Scale.RAW)
    assert [click[0] for click in drawn.data[-1].customdata] == [1, 2, 5, 6, 8, 11], "a click picks the leading part"
    hover = drawn.data[-1].text[1]
    assert "Block 1" in hover and "the highest of its 2 parts" in hover
    assert "Part 2: 0.900" in hover and "Part 3: 0.200" in hover and "rank 1 of 5" in hover


def test_a_selected_part_outlines_its_folded_block() -> None:
    shapes = figures.heatmap([scored([0.1] * 12)], LIGHT, layers_of=parts(), folded=True, selected=5).layout.shapes
    assert (shapes[-1].x0, shapes[-1].x1) == (1.5, 2.5)


def test_removed_neighbours_of_two_blocks_have_a_veil_each() -> None:
    columns = columns_of(parts())
    assert len(columns.runs([0, 1])) == 1
    assert len(columns.runs([1, 2])) == 2
    assert columns.runs([]) == []


def test_a_block_that_could_not_be_cut_stands_alone() -> None:
    layers = parts(3)
    whole = replace(layers[0], name=f"{HEATMAP_HEAD}.0", stack=HEATMAP_HEAD, kind=LayerKind.TRANSFORMER)
    mixed = [replace(layer, index=place) for place, layer in enumerate([whole, *layers[2:]])]
    columns = columns_of(mixed)
    assert [column.tick for column in columns.columns] == ["0", "A", "F", "A", "F"]
    assert [block.name for block in columns.blocks] == ["1", "2"]
    assert [len(column.layers) for column in columns_of(mixed, folded=True).columns] == [1, 2, 2]
    assert has_parts(mixed) and not has_parts(synthetic.layers())


def test_stacks_of_parts_number_their_blocks_anew() -> None:
    decoder = [replace(layer, index=layer.index + 4) for layer in parts(2, "model.decoder.block")]
    columns = columns_of([*parts(2, "model.encoder.block"), *decoder])
    assert [panel.name for panel in columns.panels] == ["encoder", "decoder"]
    assert [block.name for block in columns.blocks] == ["0", "1", "0", "1"]


def test_attention_to_the_other_stack_has_a_letter_of_its_own() -> None:
    layers = parts(1)
    crossed = replace(layers[0], index=1, name=f"{layers[0].stack}.encoder_attn")
    ticks = [column.tick for column in columns_of([layers[0], crossed, replace(layers[1], index=2)]).columns]
    assert ticks == ["A", "X", "F"]
    named = replace(layers[0], name=f"{layers[0].stack}.layer.1", class_name="T5LayerCrossAttention")
    assert columns_of([named]).columns[0].tick == "X"


@pytest.mark.parametrize(("count", "step"), [(12, 1), (26, 1), (48, 2), (96, 4), (200, 8)])
def test_many_layers_are_thinned(count: int, step: int) -> None:
    shown = column_axis(plain(count), LIGHT)
    assert list(shown["ticktext"]) == [str(number) for number in range(0, count, step)]
    assert shown["range"] == [-0.5, count - 0.5]


def test_deep_models_have_no_numbers_in_their_cells() -> None:
    deep = scored([float(place) for place in range(48)])
    assert figures.heatmap([deep], LIGHT, numbers_in_cells=True).data[0].text is None


def test_cells_with_room_write_value_and_interval_or_rank() -> None:
    few = scored([0.1, 0.3, 0.2])

    def first(scale: Scale, row_height: int = 46) -> str:
        drawn = figures.heatmap([few], LIGHT, numbers_in_cells=True, scale=scale, row_height=row_height)
        return str(drawn.data[0].text[0][0]).replace('<span style="color:#000">', "")

    assert first(Scale.RAW).startswith("0.100<br>") and "± 0.020" in first(Scale.RAW)
    assert first(Scale.NORMALISED).startswith("0.00<br>") and "#3" in first(Scale.NORMALISED)
    assert first(Scale.RANK).startswith("3<br>") and "0.10" in first(Scale.RANK)
    assert first(Scale.RAW, row_height=34) == "0.100", "low rows have room for one line"


@pytest.mark.parametrize("scale", list(Scale))
def test_hover_says_value_interval_and_rank_on_every_scale(scale: Scale) -> None:
    hover = figures.heatmap([scored([0.1, 0.3, 0.2])], LIGHT, scale=scale).data[-1].text[1]
    assert "0.300 ± 0.0196" in hover and "rank 1 of 3" in hover


def test_the_consensus_may_stand_on_top() -> None:
    methods = list(synthetic.report().methods.values())
    drawn = figures.heatmap(methods, LIGHT, consensus=synthetic.report().consensus, consensus_on_top=True)
    heights = dict(zip(drawn.layout.yaxis.ticktext, drawn.layout.yaxis.tickvals, strict=True))
    assert max(heights, key=lambda name: heights[name]).strip() == "<b>Consensus</b>"
    assert drawn.layout.yaxis.range[1] == max(heights.values()) + 0.5


def test_layers_are_told_of_by_the_names_under_the_figures() -> None:
    assert named_list([11, 0, 4, 5, 6], synthetic.layers()) == "0, 4–6 and 11"
    assert named_list([0, 4, 7, 8, 9], synthetic.two_stacks()) == "encoder 0, 4 and decoder 0–2"
    assert named_list([1, 6, 7, 8], parts()) == "0F and 3A–4A"
    assert named_list([3], ()) == "3"


def test_removed_neighbours_share_an_outline_where_layers_are_narrow() -> None:
    deep = [replace(synthetic.layers()[0], index=index, name=f"h.{index}", stack="h") for index in range(48)]
    gone = [4, 5, 6, 9]

    def outlines(layers: list[Layer]) -> int:
        drawn = figures.strip(layers, [0.5] * len(layers), gone, LIGHT)
        return sum(shape.line.dash == "dot" for shape in drawn.layout.shapes)

    assert (outlines(list(synthetic.layers())), outlines(deep)) == (4, 2)
