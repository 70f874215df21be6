"""Each example's gradient of a module's own weights where no formula is known: the module itself is differentiated.

Three ways, from fast to slow: all examples at once, where the module's code can be vectorised over them; all graphs at
once, where a layer passes messages; one example after the other, which anything allows that runs for one alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from analysis_core.errors import ModelError
from analysis_core.models.base import first_tensor
from analysis_core.probe.calls import call_of_one, detached, edges_of
from analysis_core.probe.tokens_first import column_of_one

_CLOSE = 1e-5


def together(module: nn.Module, x: Tensor, gradient: Tensor) -> list[Tensor]:
    """Differentiate the module with respect to its own weights for all examples at once."""
    weights = {name: weight.detach() for name, weight in module.named_parameters(recurse=False)}

    def weighted_output(weights: dict[str, Tensor], one: Tensor, one_gradient: Tensor) -> Tensor:
        output = first_tensor(functional_call(module, weights, (one.unsqueeze(0),)))
        return (output * one_gradient.unsqueeze(0)).sum()

    return list(vmap(grad(weighted_output), in_dims=(None, 0, 0))(weights, x, gradient).values())


def of_graphs(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, examples: int
) -> list[Tensor] | None:
    """Differentiate a layer that passes messages between the nodes of all graphs at once.

    A weight that meets every node alike, such as a bias or an attention vector, is handed over once for every node,
    so that its gradient comes apart by nodes, and so by graphs. That a copy meets its own graph alone is not taken on
    trust: the gradients of half of the graphs must leave the copies of the other half untouched, for enough halves to
    tell every two graphs apart.

    Returns:
        None where no messages are passed, some weight does not meet every node alike, or graphs do not stay apart.
    """
    if edges_of(module, args, kwargs) is None:
        return None
    args, kwargs = detached(args), detached(kwargs)
    weights = {name: weight.detach() for name, weight in module.named_parameters(recurse=False)}
    copies = {name: _for_each_row(weight, len(gradient)).requires_grad_() for name, weight in weights.items()}
    try:
        expected = first_tensor(functional_call(module, weights, args, kwargs))
        with torch.enable_grad():
            output = first_tensor(functional_call(module, copies, args, kwargs))
    except (RuntimeError, TypeError, ValueError, IndexError):  # a weight that cannot be given once for every node
        return None
    unchanged = output.shape == gradient.shape and torch.allclose(output, expected, rtol=_CLOSE, atol=_CLOSE)
    if not unchanged or not output.requires_grad:
        return None

    def by_graph(gradient: Tensor) -> list[Tensor]:
        wanted = list(copies.values())
        parts = torch.autograd.grad(
            output, wanted, gradient, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        return [part.reshape(examples, -1, *part.shape[1:]) for part in parts]

    for half in _halves(examples, gradient.device):
        rows = half.repeat_interleave(len(gradient) // examples)
        masked = gradient * rows.view(-1, *[1] * (gradient.dim() - 1))
        if any(bool(part[~half].any()) for part in by_graph(masked)):
            return None
    return [
        part.sum(1).reshape(examples, *weight.shape)
        for part, weight in zip(by_graph(gradient), weights.values(), strict=True)
    ]


def _for_each_row(weight: Tensor, rows: int) -> Tensor:
    """A copy for every row, in the dimension along which the weight would be repeated."""
    own = weight if weight.dim() > 1 and weight.shape[0] == 1 else weight.unsqueeze(0)
    return own.expand(rows, *own.shape[1:]).clone()


def _halves(examples: int, device: torch.device) -> list[Tensor]:
    """Masks ``[examples]`` such that of every two examples some mask holds the first alone, and some the second."""
    numbers = torch.arange(examples, device=device)
    some = [((numbers >> bit) & 1).bool() for bit in range((examples - 1).bit_length())]
    return [*some, *(~half for half in some)]


def one_by_one(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, examples: int
) -> list[Tensor]:
    """Run the module again, example by example, and differentiate it with respect to its own weights."""
    pieces, rows = gradient.shape[0] // examples, gradient.shape[0]
    found: list[list[Tensor]] = []
    for position in range(examples):
        part = slice(position * pieces, (position + 1) * pieces)
        call = call_of_one(module, args, kwargs, part, rows)
        found.append(_of_one(module, *call, gradient[part]))
    return [torch.stack(parts) for parts in zip(*found, strict=True)]


def by_columns(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, examples: int
) -> list[Tensor]:
    """As :func:`one_by_one`, for a module that puts tokens first."""
    found = []
    for position in range(examples):
        one = (column_of_one(value, position, examples) for value in (args, kwargs, gradient))
        found.append(_of_one(module, *one))
    return [torch.stack(parts) for parts in zip(*found, strict=True)]


def _of_one(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor) -> list[Tensor]:
    # torch's attention never calls its output projection: it reads the weights, which so are its own.
    weights = {
        name: weight.detach().requires_grad_()
        for name, weight in module.named_parameters(recurse=isinstance(module, nn.MultiheadAttention))
    }
    try:
        with torch.enable_grad():
            output = first_tensor(functional_call(module, weights, args, kwargs))
        if not output.requires_grad:  # none of its own weights went into it
            return [torch.zeros_like(weight) for weight in weights.values()]
        wanted = list(weights.values())
        return list(torch.autograd.grad(output, wanted, gradient, allow_unused=True, materialize_grads=True))
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"A {type(module).__name__} does not run for one example alone: {error}") from error
