"""How a model came about: read from an outcome, and good enough to make it again."""

from __future__ import annotations

import dataclasses

import pytest

from analysis_core.config import CompressionConfig
from analysis_core.report import frontier, recipes
from analysis_core.report.recipes import Treatment
from analysis_core.results import CompressionOutcome, HealReport
from analysis_core.vocabulary import HealWay, Quantization, RatioOf
from tests.pages import synthetic

DISTILLED = Treatment(heal=HealWay.DISTILL)


def healed(outcome: CompressionOutcome, *, helped: bool = True) -> CompressionOutcome:
    reached = 1.0 if helped else 1.4
    return dataclasses.replace(outcome, heal=HealReport("distill", helped, 1.2, reached, 800, 120, 29.3))


def test_every_measured_point_carries_its_recipe() -> None:
    plan = dataclasses.replace(
        synthetic.outcome([5, 4, 6]).plan, ratio_asked=1.3, ratio_of=RatioOf.FLOPS, largest_drop=0.02, low_rank=0.5
    )
    made = healed(dataclasses.replace(synthetic.outcome([5, 4, 6], run="r1"), plan=plan))
    recipe = frontier.measured_point(made).recipe
    assert recipe is not None
    assert (recipe.removed, recipe.strategy, recipe.run, recipe.seed) == ((4, 5, 6), "greedy", "r1", 0)
    assert (recipe.ratio, recipe.ratio_of, recipe.largest_drop) == (1.3, RatioOf.FLOPS, 0.02)
    assert recipe.treatment == Treatment(HealWay.DISTILL, Quantization.NONE, 0.5)


def test_a_recipe_makes_the_same_model_again() -> None:
    recipe = recipes.recipe_of(healed(synthetic.outcome([5, 4, 6])))
    again = CompressionConfig(model_name="zoo/text-bert", **recipe.settings())
    assert again.remove == (4, 5, 6)
    assert (again.heal, again.heal_seconds, again.seed) == (HealWay.DISTILL, 30.0, 0)
    assert (again.quantize, again.low_rank) == (Quantization.NONE, None)


def test_a_search_can_be_done_again_where_a_goal_was_asked_for() -> None:
    plan = dataclasses.replace(
        synthetic.outcome([5, 4]).plan, ratio_asked=None, largest_drop=0.03, protected=(0,), quantize=Quantization.INT8
    )
    found = recipes.recipe_of(dataclasses.replace(synthetic.outcome([5, 4]), plan=plan))
    again = CompressionConfig(model_name="zoo/text-bert", **found.settings(search=True))
    assert (again.remove, again.strategy, again.target_ratio) == (None, "greedy", None)
    assert (again.largest_drop, again.protect, again.quantize) == (0.03, (0,), Quantization.INT8)
    by_hand = recipes.recipe_of(synthetic.outcome([5, 4], "manual"))
    assert by_hand.settings(search=True) == by_hand.settings() == {"remove": (4, 5), "seed": 0}


@pytest.mark.parametrize("helped", [True, False])
def test_healed_models_are_told_from_those_that_were_only_cut(helped: bool) -> None:
    plain, mended = synthetic.outcome([4, 5]), healed(synthetic.outcome([4, 5]), helped=helped)
    assert frontier.outcome_of([plain, mended], [4, 5], DISTILLED) is mended
    assert frontier.outcome_of([plain], [4, 5], DISTILLED) is None
    assert frontier.measured_point(mended).strategy == ("greedy, distilled" if helped else "greedy")
    as_cut = frontier.outcome_of([mended], [4, 5])
    assert as_cut is (None if helped else mended), "healing in vain leaves the model as it was cut"
    assert recipes.is_plain_cut(mended) is not helped


@pytest.mark.parametrize("way", [way for way in HealWay if way is not HealWay.NONE])
def test_every_way_to_heal_has_a_short_name(way: HealWay) -> None:
    assert way.value in recipes.HEALED
    made = recipes.Recipe((4,), "greedy", treatment=Treatment(way, Quantization.INT8, 0.5), mended=True)
    assert made.whole_strategy == f"greedy, {recipes.HEALED[way]}, 50% low rank, int8"
