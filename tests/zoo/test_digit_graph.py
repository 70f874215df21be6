"""The graph of digits: writers keep apart, nodes tell little, neighbourhoods are neighbourhoods."""

from __future__ import annotations

import numpy as np
import torch

from analysis_core.zoo.digit_graph import (
    HEAL_ROWS,
    MOST_NODES,
    NEIGHBOURS,
    PIXELS,
    TOLD_SHARE,
    load_graph,
    sample_of,
    told,
    training_batch,
)
from analysis_core.zoo.digits import load_splits


def test_parts_are_those_of_the_digits() -> None:
    graph, splits = load_graph(), load_splits()
    for part, (pictures, labels) in {"train": splits.train, "search": splits.search, "test": splits.test}.items():
        assert torch.equal(graph.labels[graph.parts[part]], labels)
        torch.testing.assert_close(graph.pixels[graph.parts[part]], pictures.flatten(1) * 2 - 1)


def test_neighbours_are_the_nearest() -> None:
    graph = load_graph()
    near = graph.around[700]
    assert near.nodes[0] == 700 and len(near.nodes) <= MOST_NODES
    distances = (graph.pixels - graph.pixels[700]).square().sum(1)
    nearest = set(distances.argsort()[1 : NEIGHBOURS + 1].tolist())
    assert nearest <= set(near.nodes.tolist())
    joined = {int(near.nodes[target]) for source, target in near.edges if source == 0}
    assert nearest <= joined
    assert {(int(a), int(b)) for a, b in near.edges} == {(int(b), int(a)) for a, b in near.edges}


def test_a_node_tells_a_share_of_its_pixels() -> None:
    pixels = torch.ones(500, PIXELS)
    shown = told(pixels, torch.Generator().manual_seed(0))
    assert set(shown.unique().tolist()) == {0.0, 1.0}
    assert abs(float(shown.mean()) - TOLD_SHARE) < 0.01


def test_a_sample_holds_each_held_out_digit_once() -> None:
    graph = load_graph()
    sample = sample_of(graph, seed=0, train=graph.parts["train"])
    counts = sample["split"].value_counts()
    assert counts["search"] == len(graph.parts["search"]) and counts["test"] == len(graph.parts["test"])
    assert counts["heal"] == HEAL_ROWS
    row = sample.iloc[0]
    assert np.array(row["node_features"]).shape[1] == PIXELS and np.array(row["edges"]).max() < MOST_NODES


def test_other_pixels_are_told_at_every_step() -> None:
    graph, generator = load_graph(), torch.Generator().manual_seed(0)
    centres = torch.tensor([3, 4])
    (first, labels), (second, _) = (training_batch(graph, centres, generator) for _ in range(2))
    assert labels.tolist() == graph.labels[centres].tolist()
    assert not torch.equal(first["x"], second["x"]) and torch.equal(first["edges"], second["edges"])
