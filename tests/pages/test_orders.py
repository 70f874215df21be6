"""What if: goals of a search, healing and smaller weights, undo and redo, the frontier's axis, recipes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.config import CompressionConfig
from analysis_core.errors import LayerwiseError
from analysis_core.report.dominance import FrontierAxis
from analysis_core.report.phrases import ENGLISH as PHRASES
from analysis_core.report.recipes import Treatment, recipe_of
from analysis_core.results import AnalysisReport, CompressionOutcome, HealReport, LinearChange
from analysis_core.vocabulary import Direction, HealWay, Quantization, RatioOf, RunKind
from pages.ui.what_if import choice, recipes, targets, treatments, wishes
from pages.ui.what_if.history import MOST_STEPS, History, Step
from tests.pages import filling, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts, words

METHODS = tuple(synthetic.TITLES)


def analysed(report: AnalysisReport | None = None) -> str:
    return filling.finished(filling.analysis(METHODS), report or synthetic.report())


def press(test: AppTest, label: str) -> AppTest:
    return next(item for item in test.button if item.label == label).click().run()


def field(test: AppTest, label: str) -> Any:
    found = [item for kind in (test.selectbox, test.number_input, test.slider) for item in kind if item.label == label]
    assert found, f"no control is called '{label}'"
    return found[0]


def ordered() -> dict[str, Any]:
    """The settings of the only compression that was started."""
    (view,) = service.runs(kind=RunKind.COMPRESSION)
    return dict(view.config)


def kept(test: AppTest) -> str:
    strip = next(figure for alt, figure in charts(test).items() if alt.startswith("Strip"))
    return str(strip["layout"]["title"]["text"])


def curve(test: AppTest) -> dict[str, Any]:
    return next(figure for alt, figure in charts(test).items() if alt.startswith("Quality against"))


def healed(removed: list[int], *, helped: bool, seconds: float = 28.4) -> CompressionOutcome:
    report = HealReport("distill", helped, 1.31, 1.07 if helped else 1.4, 800, 120, seconds)
    return dataclasses.replace(synthetic.outcome(removed, "manual"), heal=report)


def test_the_form_orders_a_search_for_a_goal(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source)
    field(test, "Search").set_value("evolutionary")
    field(test, "Ratio").set_value(1.5)
    field(test, "Ratio of").set_value(RatioOf.PARAMETERS)
    field(test, "Largest loss (points)").set_value(2.5)
    field(test, "Time limit (s)").set_value(45.0)
    test = press(test, "Start the search")
    assert not test.exception
    settings = ordered()
    assert settings["strategy"] == "evolutionary"
    assert (settings["target_ratio"], settings["ratio_of"]) == (1.5, "parameters")
    assert settings["largest_drop"] == pytest.approx(0.025)
    assert settings["search_seconds"] == 45
    assert (settings["source_run"], settings["remove"], settings["max_samples"]) == (source, None, 500)
    assert "Cancel" in [item.label for item in test.button]


def test_other_metrics_lose_in_their_own_unit_and_need_no_ratio(open_page: Open) -> None:
    lower = dataclasses.replace(
        synthetic.report(),
        metric="perplexity",
        metric_direction=Direction.LOWER_IS_BETTER,
        baseline={"loss": 1.1, "perplexity": 3.0},
    )
    test = open_page("what_if", run=analysed(lower))
    field(test, "Ratio").set_value(None)
    field(test, "Largest loss").set_value(0.4)
    press(test, "Start the search")
    assert (ordered()["target_ratio"], ordered()["largest_drop"]) == (None, pytest.approx(0.4))


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"target_ratio": None}, "Nothing says how far to go.; Name a ratio, a largest drop, or both."),
        ({"target_ratio": 0.5}, "A ratio of 0.5 would make the model larger."),
        ({"target_ratio": 20.0}, "20x cannot be reached: 2 of its 12 layers must stay."),
        ({"target_ratio": 9.0, "ratio_of": RatioOf.PARAMETERS}, "Ask for at most 2.95x."),
        ({"target_ratio": 2.0, "largest_drop": -0.03}, "would have to be a gain"),
        ({"target_ratio": 2.0, "search_seconds": 0.0}, "A search cannot get by on 0"),
    ],
)
def test_bad_goals_are_told_before_anything_starts(wish: dict[str, Any], sentence: str) -> None:
    source = choice.Source("x", synthetic.report())
    with pytest.raises(LayerwiseError) as error:
        wishes.searching(source, **wish)
    for part in sentence.split("; "):
        assert part in error.value.sentence


def test_a_bad_goal_gets_its_sentence_and_nothing_is_lost(open_page: Open) -> None:
    test = open_page("what_if", run=analysed())
    typed = {"Search": "beam", "Ratio": 20.0, "Largest loss (points)": 1.5, "Time limit (s)": 30.0}
    for label, value in typed.items():
        field(test, label).set_value(value)
    test = press(test, "Start the search")
    assert not test.exception
    assert "This goal cannot be searched for" in words(test)
    assert "2 of its 12 layers must stay" in words(test)
    assert not service.runs(kind=RunKind.COMPRESSION)
    assert {label: field(test, label).value for label in typed} == typed
    field(test, "Ratio").set_value(2.0)
    test = press(test, "Start the search")
    assert "This goal cannot be searched for" not in words(test)
    assert ordered()["target_ratio"] == 2.0


def test_a_contradiction_found_by_the_search_stands_beside_the_form(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source)
    field(test, "Ratio").set_value(4.0)
    field(test, "Largest loss (points)").set_value(0.5)
    test = press(test, "Start the search")
    job = test.query_params["job"]
    press(test, "Cancel")
    sentence = "4x and a loss of at most 0.005 contradict each other. Ask for at most 1.33x."
    failed = filling.failed(filling.compression(source, target_ratio=4.0, largest_drop=0.005), sentence)
    test.query_params["job"] = failed
    test = test.run()
    assert job != failed
    assert "Ask for at most 1.33x." in words(test)
    assert next(item for item in test.expander if item.label == "Search for a smaller model").proto.expanded
    assert field(test, "Ratio").value == 4.0, "what was typed was lost while the order was under way"


def test_what_a_search_found_can_be_followed(open_page: Open) -> None:
    source = analysed()
    found = synthetic.outcome(synthetic.GREEDY_ORDER[:6], "evolutionary")
    job = filling.finished(filling.compression(source, strategy="evolutionary", target_ratio=2.0), found)
    test = open_page("what_if", run=source, ratio="1.20", strategy="layer_ablation", job=job)
    assert not test.exception
    assert test.selectbox[1].value == "evolutionary"
    assert kept(test) == "6 of 12 layers stay"
    assert "is-estimated" not in words(test)
    assert "job" not in test.query_params


def test_a_joint_search_offers_the_sizes_that_it_found(open_page: Open) -> None:
    outcomes = tuple(synthetic.outcome(synthetic.GREEDY_ORDER[:gone], "beam") for gone in (6, 3))
    source = choice.Source("x", synthetic.report(), outcomes)
    assert choice.sizes(source, "beam") == [12, 9, 6]
    assert choice.plan_for(source, "beam", 9).remove == (4, 5, 6)
    assert choice.plan_for(source, "beam", 12).remove == ()
    assert "evolutionary" not in choice.strategies(source)


def test_undo_and_redo_walk_through_the_choices(open_page: Open) -> None:
    test = open_page("what_if", run=analysed())
    disabled = {item.label: item.disabled for item in test.button}
    assert disabled["Undo"]
    assert disabled["Redo"]
    test.select_slider[0].set_value(6).run()
    test.multiselect[0].set_value([1, 2]).run()
    test.selectbox[1].set_value("layer_ablation").run()
    seen = [kept(test)]
    for _ in range(3):
        press(test, "Undo")
        seen.append(kept(test))
    assert seen == [f"{count} of 12 layers stay" for count in (10, 10, 6, 8)]
    assert next(item for item in test.button if item.label == "Undo").disabled
    press(test, "Redo")
    assert (test.select_slider[0].value, test.selectbox[1].value) == (6, "consensus")
    assert test.query_params["ratio"] == "2.00"
    press(test, "Redo")
    assert test.selectbox[1].value == "manual"
    assert test.query_params["removed"] == "1-2"
    assert "removed: 1 and 2" in str(charts(test).keys())
    test.select_slider[0].set_value(7).run()
    assert next(item for item in test.button if item.label == "Redo").disabled, "a new edit forgets what was undone"
    assert not test.exception


def test_history_keeps_its_bounds() -> None:
    steps = [Step("manual", 12 - number % 12, (number,)) for number in range(MOST_STEPS + 20)]
    history = History((steps[0],))
    for step in steps[1:]:
        history = history.then(step)
    assert len(history.steps) == MOST_STEPS
    assert history.then(steps[-1]) is history, "the same again is no step"
    assert history.moved(1) == history
    assert history.moved(-1).shown == steps[-2]
    assert history.moved(-10 * MOST_STEPS).at == 0


def test_healing_and_smaller_weights_are_ordered_with_the_measurement(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source, removed="4-5")
    field(test, "Mend the gap").set_value(HealWay.DISTILL).run()
    assert "These figures are of the cut alone" in words(test)
    field(test, "Time for healing").set_value(45.0)
    field(test, "Weights").set_value(Quantization.INT8)
    field(test, "Low rank").set_value(0.5).run()
    assert [test.query_params[name] for name in ("heal", "quantize", "low_rank")] == ["distill", "int8", "0.5"]
    test = press(test, "Measure it")
    assert not test.exception
    settings = ordered()
    assert (settings["heal"], settings["heal_seconds"]) == ("distill", 45)
    assert (settings["quantize"], settings["low_rank"]) == ("int8", 0.5)
    assert settings["remove"] == [4, 5]


def test_a_link_may_name_what_does_not_exist(open_page: Open) -> None:
    test = open_page("what_if", run=analysed(), removed="4-5", heal="splice", quantize="int3", low_rank="7")
    assert not test.exception
    assert field(test, "Mend the gap").value is HealWay.NONE


def test_int8_alone_can_be_measured(open_page: Open) -> None:
    source = analysed()
    test = open_page("what_if", run=source, removed="none", quantize="int8")
    press(test, "Measure it")
    assert (ordered()["remove"], ordered()["quantize"]) == ([], "int8")


@pytest.mark.parametrize("helped", [True, False])
def test_what_healing_changed_is_said(open_page: Open, helped: bool) -> None:
    source = analysed()
    filling.finished(filling.compression(source, (4, 5)), synthetic.outcome([4, 5], "manual"))
    order = filling.compression(source, (4, 5), heal="distill")
    filling.finished(order, healed([4, 5], helped=helped))
    test = open_page("what_if", run=source, removed="4-5", heal="distill")
    said = words(test)
    assert "is-estimated" not in said
    assert "Measure it" not in [item.label for item in test.button]
    assert field(test, "Mend the gap").value is HealWay.DISTILL, "the link carries it"
    if helped:
        assert "fell from 1.31 to 1.07" in said
        assert "without healing" in said
    else:
        assert "Healing made it worse, so the model was left as it was cut" in said
    field(test, "Mend the gap").set_value(HealWay.LINEAR).run()
    assert "These figures are of the cut alone" in words(test), "a measured cut does not pass for a patched one"
    assert "Measure it" in [item.label for item in test.button]


def test_smaller_weights_say_what_they_keep(open_page: Open) -> None:
    source = analysed()
    plan = dataclasses.replace(synthetic.outcome([4, 5], "manual").plan, quantize=Quantization.INT8, low_rank=0.5)
    changes = tuple(LinearChange(f"layer.{index}", True, 32, 0.97 - 0.01 * index) for index in range(3))
    made = dataclasses.replace(synthetic.outcome([4, 5], "manual"), plan=plan, linear=changes)
    filling.finished(filling.compression(source, (4, 5), quantize="int8", low_rank=0.5), made)
    said = words(open_page("what_if", run=source, removed="4-5", quantize="int8", low_rank="0.5"))
    assert "3 linear layers are int8 now" in said
    assert "keep at least 95.0" in said


@pytest.mark.usefixtures("shipped")
def test_the_axis_is_chosen_kept_in_the_address_and_the_knee_is_named(open_page: Open) -> None:
    test = open_page("what_if", run="showcase", axis="weight")
    assert not test.exception
    assert curve(test)["layout"]["xaxis"]["title"]["text"] == PHRASES["axis_layers"]
    for axis in (FrontierAxis.MEMORY, FrontierAxis.SPEEDUP):
        test.segmented_control[0].set_value(axis).run()
        assert test.query_params["axis"] == axis.value
        assert curve(test)["layout"]["xaxis"]["title"]["text"] == PHRASES[f"axis_{axis}"]
    assert any(note["text"].startswith("knee: ") for note in curve(test)["layout"]["annotations"])
    assert "the knee" in next(alt for alt in charts(test) if alt.startswith("Quality against"))
    test.segmented_control[0].set_value(FrontierAxis.LAYERS).run()
    assert "axis" not in test.query_params


def test_every_measured_model_has_its_recipe(open_page: Open) -> None:
    source = analysed()
    run = filling.finished(filling.compression(source, (4, 5), heal="distill"), healed([4, 5], helped=True))
    test = open_page("what_if", run=source, removed="4-5", heal="distill")
    assert "Chosen by hand, distilled" in words(test)
    assert run in words(test)
    written = test.code[0].value
    assert "remove=(4, 5)" in written
    assert "heal='distill'" in written


def test_the_written_recipe_starts_the_same_run(open_page: Open) -> None:
    run = analysed()
    open_page("what_if", run=run)
    source = choice.Source(run, synthetic.report(), settings=service.follow(run).config)
    recipe = recipe_of(healed([4, 5], helped=True))
    exec(compile(recipes.code(source, recipe), "recipe", "exec"), {})  # noqa: S102 - this is what a reader does with it
    again = CompressionConfig.from_dict(ordered())
    assert (again.remove, again.heal, again.heal_seconds) == ((4, 5), HealWay.DISTILL, 29.0)
    assert (again.source_run, again.max_samples, again.model_name) == (run, 500, "zoo/text-bert")


def test_every_way_has_its_words() -> None:
    assert {way.value for way in HealWay} <= set(treatments.HEAL_WORDS)
    assert set(treatments.STORED_WORDS) == set(Quantization)
    assert set(targets.COUNTED) == set(RatioOf)
    assert Treatment().is_plain
