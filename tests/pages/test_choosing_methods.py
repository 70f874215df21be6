"""Choosing methods on Explore: groups by cost, a proposal for a budget, the cost before the start."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core import service
from analysis_core.methods import METHODS, ImportanceAnalyzer
from analysis_core.models.catalog import ModelCard
from analysis_core.vocabulary import Granularity
from pages.ui.choosing import method_picker, proposal
from tests.pages import beside, filling
from tests.pages.conftest import Open
from tests.pages.reading import words


def ticked(test: AppTest) -> set[str]:
    return {str(tick.key).removeprefix("pick-method-") for tick in test.checkbox if tick.value}


def press(test: AppTest, label: str) -> AppTest:
    next(item for item in test.button if item.label == label).click()
    return test.run()


def propose(test: AppTest, seconds: int) -> AppTest:
    next(item for item in test.select_slider if item.label == "Time for the analysis").set_value(seconds)
    return press(test, "Propose for me")


def test_methods_stand_in_groups_by_cost_and_explain_themselves(open_page: Open) -> None:
    test = open_page("explore")
    assert not test.exception
    order = [str(tick.key).removeprefix("pick-method-") for tick in test.checkbox]
    assert sorted(order) == sorted(METHODS.names())
    served = [method_picker.forecast.served_by(METHODS.get(name)) for name in order]
    places = [[kind for kind, _ in method_picker.GROUPS].index(kind) for kind in served]
    assert places == sorted(places)
    for title in ("Weights only", "One shared pass", "Further runs"):
        assert title in words(test)
    assert "Methods of your own" not in words(test)
    for name in METHODS:
        assert METHODS.get(name).question in words(test).replace("&#x27;", "'")


def test_at_first_only_ablation_takes_further_runs(open_page: Open) -> None:
    first = ticked(open_page("explore"))
    assert {"layer_ablation", "spectral_analysis", "fisher_information"} <= first
    assert not {"layer_shapley", "causal_analysis"} & first


def test_a_short_budget_gets_a_short_list_with_reasons(open_page: Open) -> None:
    test = propose(open_page("explore"), 5)
    assert not test.exception
    short = ticked(test)
    assert re.search(rf"Proposed: {len(short)} methods, about .* of 5", words(test))
    assert "left out" in words(test)
    assert "It would add about" in words(test)
    long = ticked(propose(test, 600))
    assert short < long
    assert "layer_shapley" in long


def test_a_proposal_for_other_settings_says_so(open_page: Open) -> None:
    test = propose(open_page("explore"), 30)
    test.select_slider[0].set_value(64).run()
    assert "The proposal was made for other settings" in words(test)


def test_the_cost_is_told_before_the_start_and_where_it_comes_from(open_page: Open) -> None:
    test = open_page("explore")
    assert "a rough guess from the model&#x27;s size" in words(test)
    filling.finished(filling.analysis(("layer_ablation",)), beside.full_report(("layer_ablation",)))
    assert "going by a run of this model on" in words(open_page("explore"))


def test_the_speed_comes_from_the_run_with_the_most_methods(cards: tuple[ModelCard, ...]) -> None:
    card = cards[0]
    task = proposal.Task(card.id, card.modality, card.task, card.layers, card.parameters, 500, Granularity.BLOCK)
    assert proposal.speed_of(task).when is None
    names = ("layer_ablation", "fisher_information")
    filling.finished(filling.analysis(names), beside.full_report(names))
    filling.finished(filling.analysis(("layer_ablation",)), beside.full_report(("layer_ablation",)))
    report = proposal.speed_of(task).report
    assert report is not None
    assert set(report.methods) == set(names)
    parts = replace(task, granularity=Granularity.SUBLAYER)
    assert proposal.speed_of(parts).report is None, "a run on blocks says nothing of parts"
    assert proposal.speed_of(parts).calibration.layers == 24


def test_layers_can_be_parts_of_blocks(open_page: Open) -> None:
    test = open_page("explore")
    next(item for item in test.button_group if item.label == "A layer is").set_value("sublayer").run()
    press(test, "Start the analysis")
    assert not test.exception
    (view,) = service.runs()
    assert view.config["granularity"] == "sublayer"


def test_a_method_of_ones_own_stands_in_a_group_of_its_own(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(ImportanceAnalyzer):
        question = "Is it mine?"

        def analyze(self, model: object, data_loader: object) -> dict[int, float]:
            return {0: 1.0}

    monkeypatch.setitem(METHODS._items, "mine", Mine("mine"))
    test = open_page("explore")
    assert "Methods of your own" in words(test)
    assert "Is it mine?" in words(test)
    test.checkbox(key="pick-method-mine").check().run()
    assert "Methods of your own are not counted" in words(test)
