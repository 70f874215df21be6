"""Each layer's fair share of what all layers do together.

Question: What is this layer's fair share, when layers can stand in for each other?
Formula: phi_l = mean over orders in which layers join of v(S + l) - v(S), with S the layers before l in that order and
    v(S) = - mean loss with the layers outside S skipped. The shares sum to v(all) - v(none).
Paper: Castro, Gomez and Tejada 2009, Polynomial calculation of the Shapley value based on sampling; Ghorbani and Zou
    2020, Neuron Shapley: Discovering the Responsible Neurons.
Caveat: Most of the subsets that it averages over are far from any network that was trained, and their losses are large:
    a share says how a layer does in ruins as much as in the intact network. 8 random orders, each walked both ways, on
    the first 64 examples; all subsets where these are not more (up to 6 layers). Layers that cannot be skipped always
    stay and get no share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from analysis_core.config import AnalysisConfig
from analysis_core.methods.base import METHODS, ProbeMethod, Scores, mean_and_std_error, plain
from analysis_core.probe.needs import FloatArray, LayerSubsets, Need, Statistics, SubsetStatistics
from analysis_core.results import Layer

Losses = Mapping[frozenset[int], FloatArray]
"""By the set of skipped layers, the loss of each example."""


class LayerShapley(ProbeMethod):
    """Scores layers by the Shapley value of keeping them."""

    title = "Layer Shapley value"
    unit = "nats"
    cost = "about 15 replays a layer on at most 64 examples, sharing their first layers"

    def needs(self, config: AnalysisConfig) -> tuple[Need, ...]:
        return (LayerSubsets(seed=config.seed),)

    def score(self, statistics: Statistics, layers: Sequence[Layer], config: AnalysisConfig) -> Scores:
        need = LayerSubsets(seed=config.seed)
        measured: SubsetStatistics = statistics[need]
        players = measured.players
        if not players:
            return Scores.none(len(layers), f"No layer can be skipped. The first one: {measured.reasons[0]}")
        losses = {frozenset(removed): row for removed, row in zip(measured.removed, measured.losses, strict=True)}
        orders = need.orders(players)
        shares = sampled_shares(losses, players, orders) if orders else exact_shares(losses, players)[None]
        values, errors = np.full((2, len(layers)), np.nan)
        values[list(players)] = shares.mean((0, 1))
        errors[list(players)] = two_way_std_error(shares)
        intact = losses[frozenset()]
        extras = {
            "efficiency": {
                "sum": float(np.nansum(values)),
                "full_value": -float(intact.mean()),
                "empty_value": -float(losses[frozenset(players)].mean()),
            },
            "exact": not orders,
            "permutations": len(orders),
            "examples": len(intact),
            "subsets": [subset_row(removed, row - intact) for removed, row in losses.items()],
        }
        return Scores(values, errors, extras, reasons={index: why for index, why in enumerate(measured.reasons) if why})


def sampled_shares(losses: Losses, players: Sequence[int], orders: Sequence[Sequence[int]]) -> FloatArray:
    """What each layer adds when it joins, ``[pairs, examples, players]``: the mean over an order and its reverse."""
    examples = len(losses[frozenset()])
    joined = np.zeros((len(orders), examples, len(players)))
    place = {player: column for column, player in enumerate(players)}
    for row, order in enumerate(orders):
        for position, player in enumerate(order):
            missing = frozenset(order[position:])
            joined[row, :, place[player]] = losses[missing] - losses[missing - {player}]
    found: FloatArray = joined.reshape(-1, 2, examples, len(players)).mean(1)
    return found


def exact_shares(losses: Losses, players: Sequence[int]) -> FloatArray:
    """The Shapley value over all subsets, ``[examples, players]`` (Castro et al. 2009, equation 1)."""
    count = len(players)
    shares = np.zeros((len(losses[frozenset()]), count))
    for column, player in enumerate(players):
        others = [other for other in players if other != player]
        for size in range(count):
            weight = 1 / (count * math.comb(count - 1, size))
            for missing in map(frozenset, combinations(others, size)):
                shares[:, column] += weight * (losses[missing | {player}] - losses[missing])
    return shares


def two_way_std_error(shares: FloatArray) -> FloatArray:
    """Standard error of the mean over orders and examples, which both were drawn: ``[players]``.

    From ``[orders, examples, players]``. The variances of the two means are added; what remains of each number once
    order and example are taken out is in both, and is taken off once (crossed random effects).
    """
    orders, examples, players = shares.shape
    if examples < 2:
        return np.full(players, np.nan)
    by_example = shares.mean(0).var(0, ddof=1) / examples
    variance: FloatArray = by_example
    if orders > 1:
        by_order = shares.mean(1).var(0, ddof=1) / orders
        rest = shares - shares.mean(0) - shares.mean(1)[:, None] + shares.mean((0, 1))
        twice = (rest**2).sum((0, 1)) / ((orders - 1) * (examples - 1)) / (orders * examples)
        variance = np.maximum(by_order + by_example - twice, np.maximum(by_order, by_example))
    errors: FloatArray = np.sqrt(variance)
    return errors


def subset_row(removed: frozenset[int], increases: FloatArray) -> dict[str, object]:
    """One measured subset, paired with the intact model."""
    mean, error = mean_and_std_error(increases[:, None])
    return {"removed": sorted(removed), "loss_increase": float(mean[0]), "std_error": plain(error)[0]}


METHODS.add("layer_shapley", LayerShapley("layer_shapley"))
