"""Races end with the winner of the whole comparison, and hopeless ones leave early."""

from __future__ import annotations

import numpy as np
import pytest

from analysis_core.compression.search import MeasuredSubsets, Races
from analysis_core.probe.replay import Replayer
from analysis_core.tasks import task_for
from tests.compression.stand_in import races_on
from tests.probe.test_replay import losses_without
from tests.toys import tiny_bert, token_batches

BATCHES = token_batches(examples=48, batch_size=8)


@pytest.mark.parametrize("places", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_the_winners_are_those_of_the_whole_comparison(seed: int, places: int) -> None:
    model = tiny_bert(layers=6, seed=seed)
    races = Races(Replayer(model, task_for(model.task), BATCHES), MeasuredSubsets())
    entrants = [frozenset({index}) for index in range(1, 6)]
    races.start_from(frozenset())
    whole = {entrant: float(losses_without(model, entrant, BATCHES).mean()) for entrant in entrants}
    assert races.best(entrants, places) == sorted(entrants, key=whole.__getitem__)[:places]
    for entrant in races.measured:
        if entrant.removed:
            assert entrant.loss == pytest.approx(whole[frozenset(entrant.removed)], rel=1e-5)


def test_a_hopeless_one_leaves_as_soon_as_sixteen_examples_are_seen_and_leaves_a_guess() -> None:
    rng = np.random.default_rng(0)
    base = rng.exponential(1.0, 96)
    removals = {frozenset({index}): base + rng.normal(0.1, 0.1, 96) for index in (1, 3)}
    races, stand_in = races_on({frozenset(): base, **removals, frozenset({2}): base + 5}.__getitem__)
    races.start_from(frozenset())
    races.best([frozenset({1}), frozenset({2}), frozenset({3})])
    assert stand_in.seen.count(frozenset({2})) == 2
    rise, error = races.rough[frozenset({2})]
    assert rise == pytest.approx(5, abs=0.2) and error > 1
    assert frozenset({2}) not in races.measured


@pytest.mark.parametrize("seed", range(4))
def test_the_leader_is_the_best_and_is_run_no_further_than_is_needed_to_tell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.exponential(1.0, 96)
    removals = {frozenset({index}): base + rng.normal(0.4 * index, 0.1, 96) for index in range(1, 5)}
    near = {frozenset({index}): base + rng.normal(0.0, 0.1, 96) for index in range(5, 7)}
    for losses in (removals, removals | near):
        races, stand_in = races_on({frozenset(): base, **losses}.__getitem__)
        stand_in.seen.clear()
        led = races.leader(list(losses))
        looks = stand_in.seen.count(led)
        assert led == min(losses, key=lambda removed: float(losses[removed].mean()))
        assert (looks < 12) == (led not in races.measured)
        assert looks <= 2 if losses is removals else looks > 2
        measured = races.measure(led)
        assert stand_in.seen.count(led) == 12  # each batch once, whether a race or the measurement wanted it
        assert measured.loss == pytest.approx(losses[led].mean())
        assert measured.loss_increase == pytest.approx((losses[led] - base).mean())


def test_among_measured_ones_nothing_is_run() -> None:
    base = np.random.default_rng(0).exponential(1.0, 96)
    races, stand_in = races_on(lambda removed: base + sum(removed))
    entrants = [frozenset({index}) for index in (2, 1, 3)]
    for entrant in entrants:
        races.measure(entrant)
    stand_in.seen.clear()
    assert races.leader(entrants) == frozenset({1}) and races.best(entrants, 2) == [frozenset({1}), frozenset({2})]
    assert not stand_in.seen


def test_chance_seldom_sends_the_winner_away() -> None:
    """Heavy-tailed losses, ten candidates that hardly differ, 200 races: at most one in a hundred may end wrongly."""
    rng, wrong, runs = np.random.default_rng(0), 0, 0
    for _ in range(200):
        base = rng.lognormal(0, 1, 128)
        removals = {
            frozenset({index}): base * rng.lognormal(0, 0.5, 128) + rng.normal(0.05 * index, 0.1, 128)
            for index in range(10)
        }
        races, stand_in = races_on({frozenset(): base, **removals}.__getitem__)
        races.start_from(frozenset())
        stand_in.seen.clear()
        (won,) = races.best(list(removals))
        wrong += won != min(removals, key=lambda removed: float(removals[removed].mean()))
        runs += len(stand_in.seen)
    assert wrong <= 2
    assert runs < 0.85 * 200 * 10 * 16


def test_a_race_is_decided_sooner_by_what_the_one_before_saw() -> None:
    """Removals that hardly differ at first, and a little more once another layer is gone, in the same examples."""
    rng = np.random.default_rng(0)
    base, own = rng.exponential(1.0, 256), rng.normal(0, 1.0, (4, 256))
    own -= own.mean(axis=1, keepdims=True)
    losses = {frozenset(): base, frozenset({9}): base - 1}
    for index in range(4):
        losses[frozenset({index})] = base + own[index] + 0.01 * index
        losses[frozenset({9, index})] = base + own[index] + 0.15 * index + rng.normal(0, 0.05, 256)
    looks = {}
    for leaning in (True, False):
        races, stand_in = races_on(losses.__getitem__)
        races.start_from(frozenset())
        if leaning:
            races.best([frozenset({index}) for index in (*range(4), 9)], places=5)
        races.start_from(frozenset({9}))
        stand_in.seen.clear()
        assert races.best([frozenset({9, index}) for index in range(4)]) == [frozenset({9, 0})]
        looks[leaning] = len(stand_in.seen)
    assert looks[True] < 0.6 * looks[False]
