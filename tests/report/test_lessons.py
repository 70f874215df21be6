"""What lessons say, worked out by hand on small cases; and that the shipped results are what they are said to be."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest

from analysis_core.insight.resampling import score_array
from analysis_core.insight.trust import spearman
from analysis_core.report import lesson_pictures
from analysis_core.report.figures.lesson_groups import group_map, group_text
from analysis_core.report.figures.lesson_pair import pair_plot, pair_text
from analysis_core.report.figures.lesson_places import places, places_text
from analysis_core.report.figures.lesson_price import price_plot, price_text
from analysis_core.report.figures.lesson_sets import set_costs, set_costs_text
from analysis_core.report.figures.lesson_stream import stream_plot, stream_text
from analysis_core.report.figures.wrapping import wrapped
from analysis_core.report.lesson_phrases import CHINESE as OWN_CHINESE
from analysis_core.report.lesson_phrases import ENGLISH as OWN_ENGLISH
from analysis_core.report.lessons import first_layer, groups, price, sets, stream, two_methods
from analysis_core.report.lessons.data import LessonData, RankCorrelation
from analysis_core.report.palette import DARK, LIGHT, Palette
from analysis_core.report.phrases import CHINESE, ENGLISH, Phrases
from analysis_core.report.typography import width
from analysis_core.resources import assets_folder
from analysis_core.results import MethodResult, SubsetResult
from analysis_core.results.stream import StreamStep
from tests.pages import synthetic

SCORES = {"right": (3.0, 2.0, 1.0, 0.0), "wrong": (0.0, 1.0, 2.0, 3.0), "odd": (1.0, 3.0, 0.0, 2.0)}
SINGLES = (2.0, 0.5, 0.1, 0.2)
"""Measured cost of leaving out one layer; the fourth costs more together with the third."""
FILE = assets_folder() / "lessons" / "text-llama.json"


def cost(removed: Sequence[int]) -> float:
    """Singles add up, but layers 2 and 3 stand in for each other: together they cost 1 nat more."""
    return sum(SINGLES[layer] for layer in removed) + (1.0 if {2, 3} <= set(removed) else 0.0)


def subset(removed: Sequence[int]) -> SubsetResult:
    rise = cost(removed)
    return SubsetResult(tuple(removed), 1 + rise, rise, 0.01, 0.5, 0.0, 0.0, 100)


def result(name: str, scores: Sequence[float]) -> MethodResult:
    return MethodResult(name, name.title(), tuple(scores), (0.1,) * len(scores), "nats")


@pytest.fixture
def data() -> LessonData:
    methods = {name: result(name, scores) for name, scores in SCORES.items()}
    methods["layer_ablation"] = result("layer_ablation", SINGLES)
    every = [subset(removed) for size in range(4) for removed in combinations(range(4), size)]
    report = replace(
        synthetic.report(), methods=methods, measured=tuple(every), layers=synthetic.layers()[:4], consensus=(None,) * 4
    )
    pairs = (
        RankCorrelation("right", "wrong", -1.0, -1.0, -0.8),
        RankCorrelation("right", "odd", 0.2, None, None),
        RankCorrelation("wrong", "odd", -0.2, -0.5, 0.1),
        RankCorrelation("right", "layer_ablation", 0.8, 0.7, 0.9),
        RankCorrelation("wrong", "layer_ablation", -0.8, -0.9, -0.7),
        RankCorrelation("odd", "layer_ablation", 0.4, 0.1, 0.75),
    )
    steps = (
        StreamStep(0, 1.0, 3.0, 0.0, 3.0, 72.0),
        StreamStep(1, 3.0, 0.5, 0.1, 0.49, 24.0),
        StreamStep(2, 3.5, 0.1, 0.0, 0.1, 6.0),
        StreamStep(3, 3.6, 0.2, 0.0, 0.2, 11.0),
    )
    return LessonData(report, (2, 1, 3), pairs, steps)


# 1


def test_places_are_those_of_the_rankings(data: LessonData) -> None:
    assert [(place.method, place.rank) for place in first_layer.score_places(data, 0)] == [
        ("wrong", 4),
        ("odd", 3),
        ("right", 1),
    ]
    assert first_layer.underrating(data) == ["Wrong", "Odd"]
    assert first_layer.measured_place(data, 2, ENGLISH).rank == 4


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (0, "Layer 0: 2 of 3 scores place it in their lower half; leaving it out costs 2.00 nats, more than any other"),
        (1, "Layer 1: 1 of 3 scores place it in their lower half; leaving it out costs 0.500 nats, place 2 of 4"),
        (
            2,
            "Layer 2: 2 of 3 scores place it in their lower half; leaving it out costs 0.100 nats, less than any other",
        ),
    ],
)
def test_the_finding_counts_scores_and_places_the_cost(data: LessonData, layer: int, said: str) -> None:
    assert first_layer.finding(data, layer, ENGLISH) == said


def test_only_one_offered_score_throws_the_dearest_layer_out_first(data: LessonData) -> None:
    question = first_layer.question(data, ENGLISH)
    assert question.answer == "Wrong"
    assert question.options == ("Odd", "Right", "Wrong")
    assert "4.0 times as much" in question.because


# 2


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.9, "alike"), (0.5, "only loosely"), (0.1, "little to do"), (-0.2, "little to do"), (-0.6, "contradict")],
)
def test_words_for_a_correlation(data: LessonData, value: float, said: str) -> None:
    changed = replace(data, pairs=(RankCorrelation("right", "wrong", value, value, value),))
    assert said in two_methods.finding(changed, "wrong", "right", ENGLISH)


def test_the_judge_sides_with_one_unless_intervals_overlap(data: LessonData) -> None:
    assert two_methods.verdict(data, "wrong", "right", ENGLISH) == (
        "Measured removal sides with Right (Spearman 0.80), not with Wrong (−0.80)."
    )
    assert "could turn that round" in two_methods.verdict(data, "odd", "right", ENGLISH)
    assert "itself the measurement" in two_methods.verdict(data, "odd", "layer_ablation", ENGLISH)


def test_an_interval_is_told_where_there_is_one(data: LessonData) -> None:
    assert "−1.0 to −0.80" in two_methods.interval_line(data, "right", "wrong", ENGLISH)
    assert "no interval" in two_methods.interval_line(data, "odd", "right", ENGLISH)


def test_the_method_to_trust_is_the_one_nearest_to_measurement(data: LessonData) -> None:
    question = two_methods.question(data, ENGLISH)
    assert question.answer == "Right"
    assert sorted(question.options) == list(question.options)


def test_two_methods_that_were_not_compared_are_an_error(data: LessonData) -> None:
    with pytest.raises(KeyError):
        data.pair("right", "nobody")


# 3


def test_the_cheapest_singles_are_not_the_cheapest_pair(data: LessonData) -> None:
    found = {choice.way: choice for choice in sets.choices(data, 2, ENGLISH)}
    assert found[sets.BEST].removed == (1, 2)
    assert found[sets.BEST].cost == pytest.approx(0.6)
    assert found[sets.SINGLES].removed == (2, 3)
    assert found[sets.SINGLES].cost == pytest.approx(1.3)
    assert found[sets.SINGLES].sum_of_singles == pytest.approx(0.3)
    assert found[sets.GREEDY].removed == (1, 2)
    said = sets.finding(data, 2, ENGLISH)
    assert said == (
        "2 layers out: greedy search finds the cheapest set of all (0.600 nats); the 2 cheapest singles cost 1.30, "
        "not the 0.300 that they add up to"
    )


def test_greedy_that_misses_the_best_is_told(data: LessonData) -> None:
    missed = replace(data, greedy=(3, 2, 1))
    assert "pays 1.30 nats, the best of all sets 0.600" in sets.finding(missed, 2, ENGLISH)


def test_one_layer_has_no_sum(data: LessonData) -> None:
    assert sets.finding(data, 1, ENGLISH) == "One layer out: layer 2 is the cheapest, for 0.100 nats"


def test_sets_that_cost_less_than_their_sum_are_told(data: LessonData) -> None:
    cheap = [replace(item, loss_increase=0.05) if item.removed == (2, 3) else item for item in data.report.measured]
    gained = replace(data, report=replace(data.report, measured=tuple(cheap)))
    assert "less than the 0.300" in sets.finding(gained, 2, ENGLISH)
    assert sets.question(gained, ENGLISH).answer in ("Yes", "No")


def test_the_question_is_asked_where_it_matters_most(data: LessonData) -> None:
    question = sets.question(data, ENGLISH)
    assert question.asked.startswith("Are the 2 layers")
    assert question.answer == "No"
    additive = tuple(
        replace(item, loss_increase=sum(SINGLES[layer] for layer in item.removed)) for item in data.report.measured
    )
    plain = replace(data, report=replace(data.report, measured=additive))
    assert sets.question(plain, ENGLISH).answer == "Yes"


# 4


def test_a_ratio_beside_its_speed() -> None:
    outcome = synthetic.outcome([4, 5], "greedy")
    ratio = outcome.plan.ratio
    for speed, word in ((ratio, "as claimed"), (0.8 * ratio, "are only"), (1.3 * ratio, "are even")):
        near = replace(outcome.measurement.speedup, value=speed, low=speed - 0.01, high=speed + 0.01)
        changed = replace(outcome, measurement=replace(outcome.measurement, speedup=near))
        assert word in price.finding(changed, ENGLISH)


def test_what_stands_outside_the_layers_is_counted_from_what_went() -> None:
    total = synthetic.LAYERS * synthetic.BLOCK_PARAMETERS + synthetic.REST_PARAMETERS
    assert price.rest(synthetic.outcome([4, 5], "greedy")) == pytest.approx(synthetic.REST_PARAMETERS / total)


def test_the_ratios_next_to_a_wish() -> None:
    outcomes = synthetic.greedy_path()
    ratios = [outcome.plan.ratio for outcome in outcomes]
    below, above = price.neighbours(outcomes, 2.5)
    assert below in ratios and above in ratios and below <= 2.5 < above
    assert not any(below < ratio < above for ratio in ratios)
    assert price.neighbours(outcomes, 1000) == [max(ratios)]


def test_surely_twice_as_fast_is_the_lower_end() -> None:
    outcomes = synthetic.greedy_path()
    question = price.question(outcomes, ENGLISH)
    fast = [item for item in price.sizes(outcomes) if item.measurement.speedup.low >= 2]
    assert question.answer == (f"{fast[0].plan.ratio:.2f}x" if fast else "none of them")
    slow = [
        replace(item, measurement=replace(item.measurement, speedup=replace(item.measurement.speedup, low=1.0)))
        for item in outcomes
    ]
    assert price.question(slow, ENGLISH).answer == "none of them"


# 5


def test_a_step_in_percent_or_as_a_factor(data: LessonData) -> None:
    assert stream.finding(data, 0, ENGLISH) == (
        "Block 0 moves the stream by 3.00 times its length and turns it by 72°; leaving it out costs 2.00 nats"
    )
    assert "by 10.0\u202f% of its length" in stream.finding(data, 2, ENGLISH)
    assert stream.extremes(data) == (0, 2)


def test_the_factor_between_the_longest_and_the_shortest_step(data: LessonData) -> None:
    question = stream.question(data, ENGLISH)
    assert question.answer == "about 30 times"
    assert len(set(question.options)) == 4


# 6

TABLE = [
    [1.0, 0.9, 0.5, 0.4],
    [0.9, 1.0, 0.8, 0.5],
    [0.5, 0.8, 1.0, 0.95],
    [0.4, 0.5, 0.95, 1.0],
]


@pytest.mark.parametrize(
    ("threshold", "found"),
    [
        (0.3, [[0, 1, 2, 3]]),
        (0.8, [[0, 1], [2, 3]]),
        (0.92, [[0], [1], [2, 3]]),
        (0.99, [[0], [1], [2], [3]]),
    ],
)
def test_groups_hold_together_pair_by_pair(threshold: float, found: list[list[int]]) -> None:
    assert groups.groups(TABLE, threshold) == found


def test_findings_on_groups() -> None:
    assert groups.finding(TABLE, 0.3, ENGLISH) == "At CKA of at least 0.30 all 4 layers are alike"
    assert groups.finding(TABLE, 0.8, ENGLISH).endswith("fall into 2 groups: 0–1 and 2–3")
    assert groups.finding(TABLE, 0.99, ENGLISH).endswith("no two neighbours are alike")


def test_alike_is_not_free() -> None:
    report = synthetic.report()
    said = groups.costs_line(report, TABLE, 0.3, ENGLISH)
    assert said.startswith("Alike is not free: leaving out one of 0–3")
    assert groups.costs_line(report, TABLE, 0.99, ENGLISH) == ""


def test_the_largest_change_is_the_least_cka() -> None:
    question = groups.question(TABLE, ENGLISH)
    assert question.answer == "1 and 2"
    assert "0.80" in question.because and "0.90" in question.because


# figures


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("phrases", [ENGLISH, CHINESE])
def test_every_figure_says_its_finding(data: LessonData, palette: Palette, phrases: Phrases) -> None:
    outcomes = price.sizes(synthetic.greedy_path())
    drawn = [
        (places(data, 0, palette, phrases), places_text(data, 0, phrases)),
        (pair_plot(data, "right", "odd", palette, phrases), pair_text(data, "right", "odd", phrases)),
        (set_costs(data, 2, palette, phrases), set_costs_text(data, 2, phrases)),
        (price_plot(outcomes, outcomes[3], palette, phrases), price_text(outcomes[3], phrases)),
        (stream_plot(data, 0, palette, phrases), stream_text(data, 0, phrases)),
        (group_map(TABLE, 0.8, palette, phrases), group_text(TABLE, 0.8, phrases)),
    ]
    for figure, alternative in drawn:
        title = str(figure.layout.title.text).replace("<br>", "").replace(" ", "")
        assert title and title in alternative.replace(" ", "")


def test_the_step_is_drawn_to_scale(data: LessonData) -> None:
    figure = stream_plot(data, 1, LIGHT, ENGLISH)
    ends = [(arrow.ax, arrow.ay, arrow.x, arrow.y) for arrow in figure.layout.annotations]
    assert ends == [(0, 0, 1, 0), (1, 0, 1.1, 0.49), (0, 0, 1.1, 0.49)]
    assert figure.layout.yaxis2.scaleanchor == "x2"


def test_filled_dots_are_measured_and_hollow_ones_are_sums(data: LessonData) -> None:
    sums, measured = set_costs(data, 2, LIGHT, ENGLISH).data
    rows = sets.choices(data, 2, ENGLISH)[::-1]
    assert list(measured.x) == [row.cost for row in rows]
    assert list(sums.x) == [row.sum_of_singles for row in rows]
    assert measured.error_x.array[0] == pytest.approx(1.959964 * 0.01)
    assert sums.marker.symbol == "circle-open"


def test_pictures_are_drawn_from_the_data(data: LessonData) -> None:
    assert lesson_pictures.stream_picture(data, LIGHT).count("<circle") == 4
    assert lesson_pictures.first_layer_picture(data, LIGHT).count("<circle") == 3
    assert lesson_pictures.groups_picture(TABLE, LIGHT).count("<rect") == 16
    assert lesson_pictures.pair_picture(data, "right", "odd", LIGHT).count("<circle") == 4
    assert lesson_pictures.sets_picture(data, DARK).count("<polyline") == 2
    assert lesson_pictures.price_picture(synthetic.greedy_path(), DARK).count("<polyline") == 3


def test_long_chinese_titles_are_cut_at_their_width() -> None:
    title = "第 4 层：8 种打分中有 6 种把它排在后半；去掉它损失增加 0.0392 nat，列第 7 位（共 8 层）"
    lines = wrapped(title, 40)
    assert all(width(line) <= 40 for line in lines)
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert not any(line[0] in "，。；：）" for line in lines)
    assert wrapped("", 40) == []


def test_both_languages_have_every_phrase() -> None:
    assert set(OWN_ENGLISH) == set(OWN_CHINESE)


# the shipped results


@pytest.fixture(scope="module")
def shipped() -> LessonData:
    return LessonData.from_dict(json.loads(FILE.read_text(encoding="utf-8")))


def test_every_subset_of_the_shipped_model_was_measured(shipped: LessonData) -> None:
    assert len(shipped.measured) == len(shipped.report.measured) == 2**shipped.layers - 1
    intact = shipped.measured[frozenset()]
    assert intact.loss_increase == 0
    examples = shipped.report.provenance["examples"]
    for item in shipped.report.measured:
        assert item.loss - intact.loss == pytest.approx(item.loss_increase, abs=1e-6)
        assert item.examples == examples


def test_single_removals_are_what_layer_ablation_scored(shipped: LessonData) -> None:
    scores = shipped.report["layer_ablation"].scores
    assert shipped.singles() == pytest.approx([score or math.nan for score in scores], abs=1e-5)


def test_the_greedy_order_takes_the_cheapest_next_layer(shipped: LessonData) -> None:
    gone: frozenset[int] = frozenset()
    for layer in shipped.greedy:
        rest = set(range(shipped.layers)) - gone
        cheapest = min(shipped.measured[gone | {one}].loss_increase for one in rest)
        gone |= {layer}
        assert shipped.measured[gone].loss_increase == pytest.approx(cheapest)


def test_correlations_are_those_of_the_scores(shipped: LessonData) -> None:
    methods = list(shipped.report.methods)
    assert len(shipped.pairs) == len(methods) * (len(methods) - 1) / 2
    for pair in shipped.pairs:
        one, other = (score_array(shipped.report[name]) for name in (pair.one, pair.other))
        assert pair.value == pytest.approx(float(spearman(one, other)))
        if pair.low is not None and pair.high is not None:
            assert pair.low <= pair.value <= pair.high


def test_the_stream_has_a_step_a_block_and_turns_it(shipped: LessonData) -> None:
    assert [step.layer for step in shipped.stream] == list(range(shipped.layers))
    for step in shipped.stream:
        assert 0 < step.turn < 180 and step.length > 0 and step.across >= 0
        assert step.share + 1e-6 >= max(step.across, abs(step.along))


def test_the_file_is_small_and_says_where_it_comes_from(shipped: LessonData) -> None:
    assert FILE.stat().st_size < 300_000
    assert {"machine", "at", "seed", "versions", "examples", "data"} <= set(shipped.report.provenance)


def test_exactly_one_offered_answer_is_right(shipped: LessonData) -> None:
    asked = first_layer.question(shipped, ENGLISH)
    dearest = shipped.singles().index(max(shipped.singles()))
    lowest = {
        result.title
        for name in shipped.scores
        if (result := shipped.report[name]).scores[dearest]
        == min(score for score in result.scores if score is not None)
    }
    assert [option for option in asked.options if option in lowest] == [asked.answer]
