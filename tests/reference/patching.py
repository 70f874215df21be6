"""Slow references for the methods that change what one layer adds: explicit forwards, one example at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel, first_tensor, with_first_tensor
from analysis_core.tasks import task_for


def alone(batches: list[Batch], limit: int | None = None) -> list[tuple[int, Batch]]:
    """Every example with its place in the data, in a batch of one, its padding cut off."""
    found = []
    for batch in batches:
        for position in range(batch.size):
            one = batch.select(position, position + 1)
            if one.padding_mask is not None:
                length = int(one.padding_mask.sum())
                inputs = {key: value[:, :length] for key, value in one.inputs.items()}
                one = Batch(inputs, one.targets, 1, one.padding_mask[:, :length], one.first)
            found.append((len(found), one))
    return found[:limit]


@contextmanager
def hooked(*handles: torch.utils.hooks.RemovableHandle) -> Iterator[None]:
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def on_input(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> torch.utils.hooks.RemovableHandle:
    return layer.register_forward_pre_hook(lambda _m, args: (change(args[0]), *args[1:]))


def on_output(layer: nn.Module, change: Callable[[Tensor, Tensor], Tensor]) -> torch.utils.hooks.RemovableHandle:
    """``change(hidden in, hidden out)`` takes the place of what the layer puts out."""
    return layer.register_forward_hook(
        lambda _m, args, output: with_first_tensor(output, change(args[0], first_tensor(output)))
    )


def loss(model: UniversalModel, one: Batch) -> float:
    with torch.no_grad():
        return float(task_for(model.task).losses(model.forward(one), one))


def indirect_effects(model: UniversalModel, batches: list[Batch], seed: int) -> tuple[np.ndarray, float]:
    """Causal patching by hand: losses ``[clean and corrupt and patched layers, examples]``, and the noise's size."""
    model.module.eval()
    layers, examples = model.layer_modules, alone(batches)
    entering: list[Tensor] = []
    for _, one in examples:
        with hooked(on_input(layers[0], lambda hidden: entering.append(hidden) or hidden)):  # type: ignore[func-returns-value]
            loss(model, one)
    flat = np.concatenate([_by_tokens(hidden).numpy().astype(np.float64).ravel() for hidden in entering[:32]])
    size, rows = 3 * flat.std(), []
    for index, one in examples:
        drawn = np.random.default_rng([seed, 1, index]).standard_normal(
            _by_tokens(entering[index]).shape[1:], np.float32
        )
        noise = _like(torch.from_numpy(drawn)[None], entering[index]) * size
        clean, row = clean_contributions(model, one)
        with hooked(on_input(layers[0], lambda hidden, n=noise: hidden + n)):
            row.append(loss(model, one))
            for number, layer in enumerate(layers):
                with hooked(on_output(layer, lambda a, b, add=clean[number]: b if add is None else a + add)):
                    row.append(loss(model, one))
        rows.append(row)
    return np.array(rows).T, size


def clean_contributions(model: UniversalModel, one: Batch) -> tuple[list[Tensor | None], list[float]]:
    """What each layer adds, None where the shape changes, and the loss."""
    found: list[Tensor | None] = []

    def note(hidden: Tensor, output: Tensor) -> Tensor:
        found.append(output - hidden if output.shape == hidden.shape else None)
        return output

    with hooked(*(on_output(layer, note) for layer in model.layer_modules)):
        clean = [loss(model, one)]
    return found, clean


def dropout_information(
    model: UniversalModel, batches: list[Batch], layer: int, seed: int, draws: int, rate: float, limit: int
) -> np.ndarray:
    """Mutual information between prediction and dropout mask, from predictions stacked in numpy: ``[examples]``."""
    model.module.eval()
    module, found = model.layer_modules[layer], []
    for index, one in alone(batches, limit):
        stacked = []
        for draw in range(draws):
            generator = np.random.default_rng([seed, 2, layer, draw, index])

            def drop(hidden: Tensor, output: Tensor, generator: np.random.Generator = generator) -> Tensor:
                tokens, width = _by_tokens(hidden).shape[1:]
                bytes_ = np.frombuffer(generator.bytes(tokens * width), np.uint8).reshape(1, tokens, width)
                mask = _like(torch.from_numpy((bytes_ >= 256 * rate).astype(np.float32)), hidden)
                return hidden + (output - hidden) * mask / (1 - rate)

            with hooked(on_output(module, drop)), torch.no_grad():
                outputs = model.forward(one)
            logits = (outputs if isinstance(outputs, Tensor) else outputs.logits)[0].numpy().astype(np.float64)
            stacked.append(np.exp(logits) / np.exp(logits).sum())
        p = np.stack(stacked)
        mean = p.mean(0)
        # Written as a mean Kullback-Leibler divergence, which is the same number by another way.
        found.append(float((p * np.log(p / mean)).sum(1).mean()))
    return np.array(found)


def _by_tokens(hidden: Tensor) -> Tensor:
    return hidden.flatten(2).transpose(1, 2) if hidden.dim() == 4 else hidden


def _like(tokens: Tensor, hidden: Tensor) -> Tensor:
    return tokens.transpose(1, 2).reshape(hidden.shape) if hidden.dim() == 4 else tokens.reshape(hidden.shape)
