"""What is drawn beside the scores: from which numbers, in which colours, with which words."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest

from analysis_core.methods import METHODS
from analysis_core.report import beside_findings as said
from analysis_core.report.beside import BESIDE, Beside, offered
from analysis_core.report.figures.marks import uncrowded
from analysis_core.report.figures.spectrum import tail_share
from analysis_core.report.palette import DARK, LIGHT, Palette
from analysis_core.report.phrases import ENGLISH
from analysis_core.report.scene import Scene
from analysis_core.results import AnalysisReport
from tests.pages import beside as made
from tests.pages import synthetic

REPORT = made.full_report()
EVERYTHING = [(method, item) for method, items in BESIDE.items() for item in items]
NAMES = [f"{method}-{item.name}" for method, item in EVERYTHING]


def drawn(method: str, name: str, selected: int | None = None, report: AnalysisReport = REPORT) -> Any:
    """One figure, by the names in the table."""
    item, scene = next(pair for pair in offered(report, method, selected) if pair[0].name == name)
    return item.draw(scene, LIGHT, ENGLISH)


def changed(method: str, **extras: Any) -> AnalysisReport:
    """The report with other things beside one method's scores."""
    result = dataclasses.replace(REPORT[method], extras={**REPORT[method].extras, **extras})
    return dataclasses.replace(REPORT, methods={**REPORT.methods, method: result})


def title(figure: Any) -> str:
    return str(figure.layout.title.text).replace("<br>", " ")


@pytest.mark.parametrize(("method", "item"), EVERYTHING, ids=NAMES)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_figure_is_whole(method: str, item: Beside, palette: Palette) -> None:
    scene = Scene(REPORT, method, 3)
    assert item.fits(scene)
    figure = item.draw(scene, palette, ENGLISH)
    assert title(figure)
    assert title(figure) in item.text(scene, ENGLISH)
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.font.color == palette.ink
    assert "NaN" not in json.dumps(json.loads(figure.to_json()))
    assert ENGLISH[item.explained]
    hovers = [trace.hovertemplate for trace in figure.data if trace.hoverinfo != "skip"]
    assert hovers and all(hovers)


@pytest.mark.parametrize(("method", "item"), EVERYTHING, ids=NAMES)
def test_nothing_is_drawn_from_nothing(method: str, item: Beside) -> None:
    for key in item.keys:
        emptied = changed(method, **{key: [None] * 13})
        assert item.name not in [found.name for found, _ in offered(emptied, method)]
    bare = synthetic.report((method,))
    assert offered(bare, method) == []


def test_every_built_in_method_is_in_the_table() -> None:
    assert set(BESIDE) <= set(METHODS.names())
    assert set(METHODS.names()) - set(BESIDE) <= {"meta_learning"}


def test_a_method_of_ones_own_shows_its_bars_alone() -> None:
    report = synthetic.report(("my_method",))
    assert offered(report, "my_method", 3) == []


def test_a_method_that_does_not_apply_draws_nothing() -> None:
    mute = dataclasses.replace(REPORT["layer_correlation"], not_applicable="Too few examples.")
    report = dataclasses.replace(REPORT, methods={**REPORT.methods, "layer_correlation": mute})
    assert offered(report, "layer_correlation") == []


def test_the_map_names_the_longest_run_of_like_layers() -> None:
    figure = drawn("layer_correlation", "cka", selected=5)
    assert title(figure) == "Layers 4–8 hold nearly one representation: CKA at least 0.96 between any two"
    assert figure.data[0].z[0][0] == 1
    assert "Layers 2 and 3" in figure.data[0].customdata[2][3]
    assert len(figure.layout.shapes) == 2
    distinct = [[1.0 if one == other else 0.5 - 0.1 * (one == 1) for other in range(3)] for one in range(3)]
    other = Scene(changed("layer_correlation", cka_map=distinct), "layer_correlation")
    assert said.cka_finding(other) == "The representation changes most from layer 1 to 2: CKA 0.40"


def test_few_heads_carry_half() -> None:
    importance = [[3.0, 1.0], [1.0, None], [], [1.0]]
    scene = Scene(changed("attention_analysis", head_importance=importance), "attention_analysis")
    assert said.head_finding(scene) == "1 of 4 heads carry half of the importance; head 0 of layer 0 carries most"
    figure = drawn("attention_analysis", "heads")
    assert len(figure.data[0].z) == made.HEADS
    assert "entropy 90.0" in figure.data[0].customdata[0][0]


@pytest.mark.parametrize(
    ("alpha", "words"), [(1.5, "fitted too closely"), (3.0, "well-trained"), (7.0, "hardly shaped")]
)
def test_alpha_is_read(alpha: float, words: str) -> None:
    assert words in said.spectrum_finding(4, alpha)


def test_the_fitted_tail_lies_on_the_spectrum_it_was_drawn_from() -> None:
    """For a pure power law the line must go through the middle of the bins, up to the bins' width."""
    figure = drawn("spectral_analysis", "spectrum", selected=2)
    points, line = figure.data
    assert title(figure).startswith("Layer 2: alpha 2.70")
    slope = math.log(line.y[1] / line.y[0]) / math.log(line.x[1] / line.x[0])
    assert slope == pytest.approx(-2.7)
    for x, y in zip(points.x, points.y, strict=True):
        assert y == pytest.approx(line.y[0] * (x / line.x[0]) ** slope, rel=0.05)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_the_share_of_a_tail_is_cut_within_a_bin() -> None:
    assert tail_share([0.0, 2.0, 4.0], [0.25, 0.25], 1.0) == pytest.approx(0.75)
    assert tail_share([0.0, 2.0, 4.0], [0.25, 0.25], 3.0) == pytest.approx(0.25)


def test_a_layer_without_a_spectrum_gives_way_to_the_highest_score() -> None:
    spectra = [None, *REPORT["spectral_analysis"].extras["spectra"][1:]]
    report = changed("spectral_analysis", spectra=spectra)
    (item, scene), *_ = offered(report, "spectral_analysis", 0)
    assert item.lacks_selected(scene)
    best = max(range(1, 12), key=lambda layer: report["spectral_analysis"].scores[layer] or 0.0)
    assert title(item.draw(scene, LIGHT, ENGLISH)).startswith(f"Layer {best}:")


def test_the_diagram_compares_a_layers_input_and_output() -> None:
    figure = drawn("topology_analysis", "diagram", selected=4)
    words = "Layer 4 draws the cloud together: components merge at 0.38 instead of 0.39 diameters; loops 1 → 1"
    assert title(figure) == words
    names = [trace.name for trace in figure.data]
    assert names == [f"{kind}, {side} of layer 4" for kind in ("components", "loops") for side in ("input", "output")]
    assert [len(trace.x) for trace in figure.data] == [3, 3, 1, 1]
    assert {trace.marker.symbol for trace in figure.data} == {"circle-open", "circle", "diamond-open", "diamond"}
    assert figure.layout.shapes[0].x1 == figure.layout.shapes[0].y1


def test_betti_curves_are_those_of_the_selected_layer() -> None:
    figure = drawn("topology_analysis", "betti", selected=4)
    curves = made.betti_curves()
    assert list(figure.data[0].y) == curves["components"][4]
    assert list(figure.data[1].y) == curves["components"][5]
    assert list(figure.data[3].y) == curves["loops"][5]
    assert figure.data[3].yaxis == "y2"


def test_the_plane_is_a_path_from_the_input() -> None:
    figure = drawn("information_bottleneck", "plane", selected=2)
    path, step = figure.data
    assert list(path.text) == ["in", *map(str, range(12))]
    assert (path.x[0], path.y[0]) == (1.0, 0.1)
    assert list(step.x) == list(path.x[2:4])
    assert "Knowledge of the answer goes from 0.10 to 0.70" in title(figure)
    falling = [{"with_x": 1.0 - place / 10, "with_y": 0.5 - place / 100} for place in range(13)]
    scene = Scene(changed("information_bottleneck", information_plane=falling), "information_bottleneck")
    assert said.plane_finding(scene).startswith("No layer adds knowledge")


def test_patching_lies_between_the_two_runs() -> None:
    figure = drawn("causal_analysis", "patching", selected=1)
    assert [shape.y0 for shape in figure.layout.shapes[1:]] == [made.CORRUPT, made.CLEAN]
    assert {note.text for note in figure.layout.annotations} == {"clean run", "corrupted run"}
    assert "Putting layer 0 back repairs most" in title(figure)


def test_fading_gradients_are_flagged() -> None:
    figure = drawn("gradient_flow", "flow")
    assert title(figure) == "The learning signal fades: below a hundredth of the last layer's at layers 0–7"
    assert [symbol == "x" for symbol in figure.data[0].marker.symbol] == [layer < 8 for layer in range(12)]
    assert figure.layout.yaxis.type == "log"
    assert [note.text for note in figure.layout.annotations] == ["vanishing below"]
    calm = changed("gradient_flow", rms=[1.0, 2.0] * 6, vanishing=[False] * 12)
    assert title(drawn("gradient_flow", "flow", report=calm)).endswith("within a factor of 2.0 over all layers")
    loud = changed("gradient_flow", vanishing=[False] * 12, exploding=[True] + [False] * 11)
    assert "a hundred times the last layer's at layer 0" in title(drawn("gradient_flow", "flow", report=loud))


def test_dead_units_come_first() -> None:
    assert title(drawn("neuron_activation", "width")).startswith("25.0\u202f% of the units of layer 11 are dead")
    alive = changed("neuron_activation", dead_fraction=[0.0] * 12)
    figure = drawn("neuron_activation", "width", report=alive)
    assert title(figure).startswith("No unit is dead")
    assert [trace.name for trace in figure.data] == ["width in use", "dead units", "values near zero"]


def test_layers_worth_more_together_lie_above_the_line() -> None:
    alone = {layer: synthetic.subset([layer]).loss_increase for layer in range(12)}
    shares = [alone[layer] + (1.0 if layer in (4, 5) else 0.0) for layer in range(12)]
    result = dataclasses.replace(REPORT["layer_shapley"], scores=tuple(shares), std_errors=(0.1,) * 12)
    report = dataclasses.replace(REPORT, methods={**REPORT.methods, "layer_shapley": result})
    figure = drawn("layer_shapley", "fair_share", report=report)
    assert title(figure) == "Layers 4 and 5 are worth more than skipping them alone shows: others stand in for them"
    assert list(figure.data[0].x) == pytest.approx([alone[layer] for layer in range(12)])
    assert list(figure.data[0].y) == pytest.approx(shares)
    assert "The shares sum to 1.78, all layers against none give 1.78 nats" in figure.layout.title.subtitle.text


def test_names_that_would_run_into_each_other_are_left_out() -> None:
    points = [(0.0, 0.0), (0.01, 0.01), (1.0, 1.0), (0.99, 1.0), (0.5, 0.0)]
    assert uncrowded(points, [3]) == {0, 3, 4}
    assert uncrowded(points, []) == {0, 2, 4}
    assert uncrowded([(1.0, 1.0)], [0]) == {0}


def test_the_drop_of_a_share_is_in_points() -> None:
    figure = drawn("layer_ablation", "metric_drop")
    assert figure.data[0].y[0] == pytest.approx(20)
    assert figure.data[0].error_y.array[0] == pytest.approx(1.96, rel=1e-3)
    assert figure.layout.yaxis.title.text == "points of accuracy"
    loss = dataclasses.replace(REPORT, metric="perplexity")
    assert drawn("layer_ablation", "metric_drop", report=loss).data[0].y[0] == pytest.approx(0.2)
