"""A model with several stacks: wherever figures and sentences name one of its layers, they name its stack."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from analysis_core.report.beside import BESIDE, offered
from analysis_core.report.block_picture import block_picture, block_text
from analysis_core.report.columns import columns_of
from analysis_core.report.comparison_findings import common_layers, comparison_finding, difference_finding, where_words
from analysis_core.report.figures.aligned import aligned
from analysis_core.report.figures.rank_differences import rank_differences
from analysis_core.report.layer_names import marks, named_list
from analysis_core.report.page import page
from analysis_core.report.palette import LIGHT
from analysis_core.report.phrases import CHINESE, ENGLISH
from analysis_core.report.scene import Scene
from analysis_core.report.stack_names import places, stack_title
from analysis_core.results import AnalysisReport, Layer
from tests.pages import beside, synthetic
from tests.report.laying import ABLATION, laid, with_scores

GLOBAL = re.compile(r"\blayers? \d|\bLayers? \d+\b(?! \((?:encoder|decoder) \d)|第 \d+ 层(?!（[编解]码器)")
"""A layer of the whole model by its number alone, or followed by its place."""
NUMBERED = [str(number) for number in (*range(7), *range(5))]


def stages() -> tuple[Layer, ...]:
    """Twelve blocks in four stages of three."""
    return tuple(
        replace(
            layer,
            stack=f"net.stages.{layer.index // 3}.blocks",
            name=f"net.stages.{layer.index // 3}.blocks.{layer.index % 3}",
        )
        for layer in synthetic.layers()
    )


@pytest.fixture(scope="module")
def report() -> AnalysisReport:
    return replace(beside.full_report(tuple(BESIDE)), layers=synthetic.two_stacks())


def told(figure: Any) -> str:
    """Every word that a figure says: titles, legends, hovers, names under the axis."""
    sent = json.dumps(figure.to_dict(), ensure_ascii=False)
    return re.sub(r"</?b>", "", sent).replace("编码器第", "").replace("解码器第", "")


FIGURES = [(method, number) for method, found in BESIDE.items() for number in range(len(found))]


@pytest.mark.parametrize(("method", "number"), FIGURES, ids=str)
@pytest.mark.parametrize("selected", [None, 9])
def test_what_comes_beside_the_scores_names_stacks(
    method: str, number: int, selected: int | None, report: AnalysisReport
) -> None:
    item, scene = offered(report, method, selected)[number]
    for figure in (item.draw(scene, LIGHT, ENGLISH), item.draw(scene, LIGHT, CHINESE)):
        assert GLOBAL.findall(told(figure)) == []
    assert GLOBAL.findall(item.text(scene, ENGLISH)) == []


ALONG = ["block_influence", "causal_analysis", "gradient_flow", "neuron_activation", "layer_correlation",
         "attention_analysis"]  # fmt: skip


@pytest.mark.parametrize("method", ALONG)
def test_layers_along_the_width_are_numbered_in_each_stack(method: str, report: AnalysisReport) -> None:
    item, scene = offered(report, method, 8)[0]
    drawn = item.draw(scene, LIGHT, ENGLISH)
    assert list(drawn.layout.xaxis.ticktext) == NUMBERED
    assert {"encoder", "decoder"} <= {note.text for note in drawn.layout.annotations}
    assert any(shape.x0 == shape.x1 == 6.5 for shape in drawn.layout.shapes), "a line parts the stacks"
    plain = item.draw(Scene(replace(report, layers=synthetic.layers()), method, 8), LIGHT, ENGLISH)
    assert drawn.layout.margin.b == plain.layout.margin.b + 10, "the names have room of their own"


@pytest.mark.parametrize("method", ["causal_analysis", "gradient_flow", "neuron_activation"])
def test_no_line_runs_from_one_stack_into_the_other(method: str, report: AnalysisReport) -> None:
    item, scene = offered(report, method)[0]
    for trace in item.draw(scene, LIGHT, ENGLISH).data:
        assert list(trace.x) == [*range(7), None, *range(7, 12)]
        assert len(trace.y) == len(trace.text) == 13


def test_the_map_of_similarity_is_parted_both_ways(report: AnalysisReport) -> None:
    item, scene = offered(report, "layer_correlation")[0]
    drawn = item.draw(scene, LIGHT, ENGLISH).layout
    shapes = drawn.shapes
    assert [shape.y0 for shape in shapes if shape.yref == "y" and shape.y0 == shape.y1] == [6.5]
    assert {note.text: note.y for note in drawn.annotations if note.textangle == -90} == {"encoder": 3, "decoder": 9}


def test_stages_are_named_so_that_their_numbers_do_not_run_into_those_of_layers() -> None:
    assert named_list([0, 1, 3, 9, 10, 11], stages()) == "0, 1 of stage 0, 0 of stage 1 and 0–2 of stage 3"
    assert named_list([0, 1, 3], stages(), CHINESE) == "阶段 0 第 0、1 层和阶段 1 第 0 层"
    assert places(stages())[4] == "stage 1, block 1"
    assert marks(stages())[4] == "stage 1.1" and marks(stages(), CHINESE)[4] == "阶段 1.1"
    assert columns_of(stages(), CHINESE).columns[4].title == "第 4 层（阶段 1，块 1）"


@pytest.mark.parametrize(
    ("name", "chinese"),
    [("encoder", "编码器"), ("vision", "视觉塔"), ("stage 2", "阶段 2"), ("my_tower 3", "my_tower 3"), ("odd", "odd")],
)
def test_the_usual_stacks_have_chinese_names_and_others_keep_theirs(name: str, chinese: str) -> None:
    assert stack_title(name, CHINESE) == chinese
    assert stack_title(name) == name


def test_the_picture_of_a_model_names_its_stacks() -> None:
    stacks = {"model.encoder.layers": 4, "model.decoder.layers": 2}
    assert ">编码器<" in block_picture(stacks, LIGHT, CHINESE) and ">encoder<" in block_picture(stacks, LIGHT)
    assert block_text(stacks, CHINESE) == "4 个块（编码器）和 2 个块（解码器）"


def test_runs_of_one_model_are_compared_stack_by_stack(report: AnalysisReport) -> None:
    small = replace(synthetic.report(), layers=synthetic.two_stacks())
    other = with_scores(small, ABLATION, [float(number) for number in range(12)])
    comparison = laid(small, other)
    one, two = comparison.sides
    assert where_words(comparison, 8) == "layer decoder 1"
    assert re.search(r"(?:en|de)coder \d", difference_finding(comparison, one, two, comparison.shared))
    assert re.search(r"[编解]码器第 \d 层", comparison_finding(comparison, ABLATION, CHINESE))
    for figure in (aligned(comparison, ABLATION, LIGHT, selected=3), rank_differences(comparison, one, two, LIGHT)):
        assert list(figure.layout.xaxis.ticktext) == NUMBERED
        assert {"encoder", "decoder"} <= {note.text for note in figure.layout.annotations}
        assert GLOBAL.findall(told(figure)) == []


def test_runs_of_unlike_models_are_compared_by_number() -> None:
    comparison = laid(synthetic.report(), replace(synthetic.report(), layers=synthetic.two_stacks()))
    assert common_layers(comparison) == ()
    assert where_words(comparison, 8) == "layer 8"


def test_the_page_of_a_report_names_stacks(report: AnalysisReport) -> None:
    made = page(report, outcomes=[synthetic.outcome([4, 8])])
    assert "encoder 4 and decoder 1" in made
    assert ">decoder</text>" in made
    assert "Layer 8 (decoder 1)" in made
    assert GLOBAL.findall(re.sub(r"<style.*?</style>|<script.*?</script>", "", made, flags=re.DOTALL)) == []
