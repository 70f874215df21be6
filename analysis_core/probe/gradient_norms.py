"""Exact squared norms of per-example weight gradients, from a module's input and its output's gradient.

Linear layers on a sequence use the identity ``|sum_t g_t x_t^T|^2 = sum_ts (g_t . g_s)(x_t . x_s)``
(Goodfellow 2015, extended to sequences by Rochette et al. 2019), or materialise the gradient where that is
cheaper: the choice compares T^2 (d_in + d_out) with T d_in d_out. Everything else is exact as well: by formula
for the usual modules, and by differentiating the module itself, one example at a time, for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

from analysis_core.errors import ModelError
from analysis_core.probe.differentiation import by_columns, of_graphs, one_by_one, together
from analysis_core.probe.hooks import hidden_input
from analysis_core.probe.tokens_first import is_tokens_first

GramCache = dict[tuple[int, ...], tuple[Tensor, Tensor]]
_GRAPH_LINEAR = "torch_geometric.nn.dense.linear.Linear"
"""PyTorch Geometric's own linear layer; by its name, because importing the library takes seconds."""
PerExample = Callable[[Any, Tensor, Tensor], list[Tensor]]


def squared_norms(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    gradient: Tensor,
    examples: int,
    grams: GramCache,
) -> Tensor:
    """Squared norm of each example's gradient with respect to the module's own weights, ``[examples]`` float32.

    Args:
        module: a module that owns weights; those of its children are not counted.
        args, kwargs: what it was called with.
        gradient: of the summed loss with respect to its output; its first dimension is the number of examples
            or, where a block cuts examples into windows, a multiple of it with an example's windows side by side;
            modules that put tokens first have the examples in the second.
        examples: how many examples there are.
        grams: products of inputs that several modules share; give one dictionary per backward pass.

    Raises:
        ModelError: the module mixes examples, so that none has a gradient of its own, or does not run for one alone.
    """
    if _is_linear(module):
        x = hidden_input(args, kwargs).detach()
        return _linear_squared_norms(module, _as_tokens(x, examples), _as_tokens(gradient, examples), grams)
    return sum_of_squares(per_example_gradients(module, args, kwargs, gradient, examples))


def sum_of_squares(gradients: list[Tensor]) -> Tensor:
    """Over all but the first dimension, ``[examples]``."""
    return torch.stack([part.flatten(1).float().square().sum(1) for part in gradients]).sum(0)


def per_example_gradients(
    module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: Tensor, examples: int
) -> list[Tensor]:
    """Each example's gradient of every weight that the module itself owns: a list of ``[examples, …]``."""
    formula = _FORMULAS.get(type(module))
    if is_tokens_first(gradient, examples):
        if formula is None:
            return by_columns(module, args, kwargs, gradient, examples)
        return formula(module, hidden_input(args, kwargs).detach().transpose(0, 1), gradient.transpose(0, 1))
    pieces = _pieces(gradient, examples)
    if formula is not None:
        found = formula(module, hidden_input(args, kwargs).detach(), gradient)
        return [part.reshape(examples, pieces, *part.shape[1:]).sum(1) for part in found]
    if not kwargs and len(args) == 1 and pieces == 1 and not any(module.children()):
        try:
            return together(module, args[0].detach(), gradient)
        except RuntimeError:
            pass  # the module's code cannot be vectorised over examples; the loop below can run anything
    of_all = of_graphs(module, args, kwargs, gradient, examples)
    return of_all if of_all is not None else one_by_one(module, args, kwargs, gradient, examples)


def _pieces(gradient: Tensor, examples: int) -> int:
    if gradient.dim() == 0 or gradient.shape[0] % examples:
        raise ModelError(
            f"A module's output of shape {tuple(gradient.shape)} does not keep the {examples} examples apart.",
            remedy="Give examples one at a time (batch_size=1), or leave this method out.",
        )
    return gradient.shape[0] // examples


def _is_linear(module: nn.Module) -> bool:
    # GPT-2 keeps its linear weights as [in, out] in a class of transformers' own, which changes no norm.
    return type(module) in (nn.Linear, Conv1D) or f"{type(module).__module__}.{type(module).__name__}" == _GRAPH_LINEAR


def _as_tokens(tensor: Tensor, examples: int) -> Tensor:
    if is_tokens_first(tensor, examples):
        return tensor.transpose(0, 1)
    _pieces(tensor, examples)
    return tensor.reshape(examples, -1, tensor.shape[-1])


def _linear_squared_norms(module: nn.Module, x: Tensor, g: Tensor, grams: GramCache) -> Tensor:
    tokens, width_in, width_out = x.shape[1], x.shape[2], g.shape[2]
    if tokens == 1:
        norms = x[:, 0].float().square().sum(1) * g[:, 0].float().square().sum(1)
    elif tokens * (width_in + width_out) <= width_in * width_out:
        norms = (_gram(x, grams) * (g @ g.mT)).sum((1, 2), dtype=torch.float32)
    else:
        norms = (g.mT @ x).float().square().sum((1, 2))
    if getattr(module, "bias", None) is not None:
        norms = norms + g.sum(1).float().square().sum(1)
    return norms


def _gram(x: Tensor, grams: GramCache) -> Tensor:
    # Query, key and value read the same tensor. The tensor is kept beside its product, so that its
    # address cannot be given to another one while the entry lives.
    key = (x.data_ptr(), *x.shape)
    if key not in grams:
        grams.clear()
        grams[key] = (x @ x.mT, x)
    return grams[key][0]


def _linear(module: nn.Module, x: Tensor, g: Tensor) -> list[Tensor]:
    x, g = _as_tokens(x, x.shape[0]), _as_tokens(g, g.shape[0])
    return [g.mT @ x] + ([g.sum(1)] if getattr(module, "bias", None) is not None else [])


def _layer_norm(module: nn.LayerNorm, x: Tensor, g: Tensor) -> list[Tensor]:
    shape = module.normalized_shape
    normalised = functional.layer_norm(x, shape, eps=module.eps)
    products = [g * normalised] + ([g] if module.bias is not None else [])
    return [part.reshape(g.shape[0], -1, *shape).sum(1) for part in products] if module.elementwise_affine else []


def _batch_norm(module: nn.modules.batchnorm._BatchNorm, x: Tensor, g: Tensor) -> list[Tensor]:
    # In eval mode, as in every analysis, the running statistics are constants.
    normalised = functional.batch_norm(x, module.running_mean, module.running_var, eps=module.eps)
    return _per_channel(normalised, g) if module.affine else []


def _group_norm(module: nn.GroupNorm, x: Tensor, g: Tensor) -> list[Tensor]:
    return _per_channel(functional.group_norm(x, module.num_groups, eps=module.eps), g) if module.affine else []


def _per_channel(normalised: Tensor, g: Tensor) -> list[Tensor]:
    both = [g * normalised, g]
    return [part.flatten(2).sum(2) for part in both] if g.dim() > 2 else both


def _convolution(module: Any, x: Tensor, g: Tensor) -> list[Tensor]:
    # The examples become groups of one large convolution, whose weight gradient is then one block per example.
    examples = x.shape[0]
    if isinstance(module.padding, str) or module.padding_mode != "zeros":
        x = functional.pad(
            x,
            module._reversed_padding_repeated_twice,
            mode={"zeros": "constant"}.get(module.padding_mode, module.padding_mode),
        )
        padding = [0] * (x.dim() - 2)
    else:
        padding = list(module.padding)
    weight = module.weight.detach()
    repeated = weight.repeat(examples, *[1] * (weight.dim() - 1))
    _, gradient, _ = torch.ops.aten.convolution_backward(
        g.reshape(1, -1, *g.shape[2:]),
        x.reshape(1, -1, *x.shape[2:]),
        repeated,
        None,
        list(module.stride),
        padding,
        list(module.dilation),
        False,
        [0] * (x.dim() - 2),
        examples * module.groups,
        [False, True, False],
    )
    parts = [gradient.reshape(examples, *weight.shape)]
    return parts + ([g.flatten(2).sum(2)] if module.bias is not None else [])


_FORMULAS: dict[type[nn.Module], PerExample] = {
    nn.Linear: _linear,
    Conv1D: _linear,
    nn.LayerNorm: _layer_norm,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.GroupNorm: _group_norm,
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.Conv3d: _convolution,
}
