"""How deep graph networks learn to read a digit from what it and its neighbours tell: what their recipes share."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis_core.data.own import NODE_SETTING
from analysis_core.data.padded_graphs import EDGES, NODES, flat_edges
from analysis_core.models.nets.deep_graph import DeepGraphNet
from analysis_core.zoo import Progress, Variation
from analysis_core.zoo.digit_graph import MOST_NODES, PIXELS, DigitGraph, load_graph, sample_of, training_batch
from analysis_core.zoo.shipping import ship
from analysis_core.zoo.training import Stage, fit, majority_share, reproducible, shared_out

LABELS = [str(digit) for digit in range(10)]
DATA = {
    "name": "scikit-learn digits, a graph of neighbours",
    "description": "Handwritten digits, each joined with its four nearest by their pixels and telling a random eighth "
    "of its own; an example is a digit with 15 digits around it. Held out by writer.",
    "licence": "CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits)",
}
QUICK_STEPS = 120


@dataclass(frozen=True)
class Course:
    """How large a network is, how long and how fast it learns."""

    width: int = 64
    depth: int = 8
    steps: int = 1500
    learning_rate: float = 2e-3
    dropout: float = 0.1
    batch: int = 64


def train_and_ship(
    out_dir: Path,
    convolution: str,
    course: Course,
    facts: dict[str, Any],
    *,
    seed: int,
    quick: bool,
    progress: Progress | None,
    variation: Variation,
) -> dict[str, Any]:
    """Train a network with that convolution, write it and its sample to `out_dir`, and return its card.

    Args:
        out_dir: made if it is missing; files of an earlier training are replaced.
        convolution: of :class:`DeepGraphNet`.
        course: size, length and speed; `quick` takes fewer layers and steps, `variation` its own.
        facts: what only the recipe knows: id, name of the architecture, recipe.
        seed: of the first weights, the order of examples and which pixels are told.
        quick: some seconds of training: for tests.
        progress: told how far it is.
        variation: in what the model differs from the shipped one.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    graph = load_graph()
    if quick:
        course = replace(course, width=32, depth=2, steps=QUICK_STEPS, learning_rate=5e-3)
    course = replace(course, depth=variation.depth or course.depth, steps=variation.steps or course.steps)
    train = graph.parts["train"][shared_out(len(graph.parts["train"]), variation.data_share, seed)]
    settings: dict[str, Any] = {
        "convolution": convolution, "in_features": PIXELS, "width": course.width, "depth": course.depth,
        "classes": len(LABELS), "dropout": course.dropout,
    }  # fmt: skip
    with reproducible(seed):
        started = time.process_time()
        network = DeepGraphNet(**settings)
        fit_digits(network, graph, torch.from_numpy(train), course, seed, progress)
        seconds = time.process_time() - started
        share = majority_share(graph.labels[graph.parts["test"]].numpy())
        return ship(
            out_dir,
            network,
            sample_of(graph, seed, train),
            {
                "title": f"{facts['architecture']}, {course.depth} blocks, digits among neighbours",
                "modality": "graph",
                "task": "classification",
                "library": "nets",
                "loader": DeepGraphNet.__name__,
                "hidden_size": course.width,
                "description": "Reads a handwritten digit of which an eighth of the pixels is told, with the help of "
                "the digits that look alike; PyTorch Geometric's layers in residual blocks.",
                "data": DATA,
                "labels": LABELS,
                "seed": seed,
                "trivial": {"value": share, "how": "always naming the most frequent digit"},
                "use": {NODE_SETTING: MOST_NODES},
                **facts,
            },
            seconds=seconds,
            config=network_config(settings),
            packages=("torch", "torch_geometric", "scikit-learn"),
        )


def network_config(settings: dict[str, Any]) -> dict[str, Any]:
    """What the network is built from, and what it is for."""
    return {
        "library": "nets",
        "architecture": DeepGraphNet.__name__,
        "model_args": settings,
        "task": "classification",
        "modality": "graph",
        "labels": LABELS,
        "summary": {NODE_SETTING: MOST_NODES},
    }


def fit_digits(
    network: nn.Module, graph: DigitGraph, train: Tensor, course: Course, seed: int, progress: Progress | None
) -> None:
    """Cross-entropy at the digits in question; every step tells other pixels. Leaves evaluation mode behind."""
    generator = torch.Generator().manual_seed(seed)

    def loss_of_step(step: int) -> Tensor:
        centres = train[torch.randint(len(train), (course.batch,), generator=generator)]
        inputs, labels = training_batch(graph, centres, generator)
        return functional.cross_entropy(logits_of_first(network, inputs), labels, label_smoothing=0.05)

    network.train()
    stage = Stage("Digits", course.steps, course.learning_rate, 0.0, 0.98)
    fit(list(network.parameters()), loss_of_step, stage, progress)
    network.eval()


def logits_of_first(network: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """Logits ``[graphs, classes]`` of each graph's first node."""
    graphs, nodes = inputs[NODES].shape[:2]
    edge_index, _ = flat_edges(inputs[EDGES], nodes)
    logits: Tensor = network(inputs[NODES].flatten(0, 1), edge_index)
    return logits.reshape(graphs, nodes, -1)[:, 0]
