"""Layers that take less room: int8 weights, two thin matrices in the place of a wide one, or nothing at all.

This file travels with every export that holds such layers, so it needs nothing but torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

WEIGHT_STEPS, INPUT_STEPS = 127, 255
"""Weights become whole numbers from -127 to 127, inputs from -128 to 127."""
LOWEST, HIGHEST = -128, 127


def quantized_weight(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weights as int8 with a scale for each output: ``weight ≈ whole * scale[:, None]``.

    Args:
        weight: ``[outputs, inputs]``.

    Returns:
        int8 ``[outputs, inputs]``, and the scales, ``[outputs]``, by which each output's largest weight becomes 127.
    """
    scale = weight.abs().amax(dim=1) / WEIGHT_STEPS
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    whole = (weight / scale[:, None]).round().clamp(-WEIGHT_STEPS, WEIGHT_STEPS)
    return whole.to(torch.int8), scale


def quantized_rows(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs as int8, each row on its own, so that no example depends on its neighbours in the batch.

    Args:
        rows: float32 ``[rows, inputs]``.

    Returns:
        int8 ``[rows, inputs]``, scales and zero points, ``[rows, 1]``: ``rows ≈ (whole - zero_point) * scale``. Zero
        is met exactly, and the smallest and largest number of a row are its ends.
    """
    # Plain steps on purpose: torch.aminmax and torch.addcmul were measured at five to twenty times their time here.
    low, high = rows.amin(dim=1, keepdim=True).clamp(max=0), rows.amax(dim=1, keepdim=True).clamp(min=0)
    scale = ((high - low) / INPUT_STEPS).clamp(min=torch.finfo(rows.dtype).tiny)
    zero_point = (LOWEST - low / scale).round()
    whole = (rows * (1 / scale)).add_(zero_point).round_().clamp_(max=HIGHEST)
    return whole.to(torch.int8), scale, zero_point


class Int8Linear(nn.Module):
    """A linear layer whose weights are int8, one scale an output, and whose inputs become int8 as they come.

    ``y = scale_w * scale_x * (whole_x - zero_point) @ whole_wᵀ + bias``, with whole numbers multiplied and added up as
    such (Jacob et al. 2018, *Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference*, eq. 4 and 7). It only infers: no gradient passes through it.

    Args:
        in_features, out_features, bias: as in ``torch.nn.Linear``.

    Attributes:
        weight: int8 ``[outputs, inputs]``.
        scale: ``[outputs]``.
        sums: int32 ``[outputs]``, the sum of each output's weights, by which the inputs' zero points are taken out.
    """

    sums: Tensor

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        # The scale comes first: a lot of code asks a model's first parameter for the type of its inputs.
        self.scale = _fixed(torch.ones(out_features))
        self.weight = _fixed(torch.zeros(out_features, in_features, dtype=torch.int8))
        self.bias = _fixed(torch.zeros(out_features)) if bias else None
        self.register_buffer("sums", torch.zeros(out_features, dtype=torch.int32))

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor | None) -> Int8Linear:
        """The layer that comes nearest to these weights, float32 ``[outputs, inputs]``."""
        made = cls(weight.shape[1], weight.shape[0], bias is not None).to(weight.device)
        with torch.no_grad():
            whole, scale = quantized_weight(weight)
            made.weight.copy_(whole)
            made.scale.copy_(scale)
            made.sums.copy_(whole.sum(dim=1, dtype=torch.int32))
            if bias is not None and made.bias is not None:
                made.bias.copy_(bias)
        return made

    def arguments(self) -> dict[str, Any]:
        """What builds a layer of this form."""
        return {"in_features": self.in_features, "out_features": self.out_features, "bias": self.bias is not None}

    def forward(self, x: Tensor) -> Tensor:
        """``[..., inputs]`` to ``[..., outputs]``.

        Raises:
            RuntimeError: a gradient is wanted, which rounding does not have.
        """
        if torch.is_grad_enabled() and x.requires_grad:
            raise RuntimeError("Int8 layers only infer. Run the model under torch.no_grad().")
        whole, scale, zero_point = quantized_rows(x.reshape(-1, self.in_features).float())
        product = _product(whole, self.weight)
        product.addcmul_(zero_point.to(product.dtype), self.sums.to(product.dtype), value=-1)
        y = product.float().mul_(scale).mul_(self.scale)
        if self.bias is not None:
            y.add_(self.bias)
        return y.reshape(*x.shape[:-1], self.out_features).to(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"


class LowRankLinear(nn.Module):
    """A linear layer in two steps, through fewer numbers than go in or come out.

    Args:
        in_features, out_features, bias: as in ``torch.nn.Linear``.
        rank: how many numbers stand in between.
    """

    def __init__(self, in_features: int, out_features: int, rank: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features, self.out_features, self.rank = in_features, out_features, rank
        self.down: nn.Module = nn.Linear(in_features, rank, bias=False)
        self.up: nn.Module = nn.Linear(rank, out_features, bias=bias)

    def arguments(self) -> dict[str, Any]:
        """What builds a layer of this form."""
        bias = self.up.bias is not None
        return {"in_features": self.in_features, "out_features": self.out_features, "rank": self.rank, "bias": bias}

    @property
    def weight(self) -> Tensor:
        """The second matrix: code around a linear layer asks its weights what type they have."""
        return cast(Tensor, self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.up(self.down(x)))

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, rank={self.rank}"


class Silent(nn.Module):
    """Stands where a module was taken out: it holds no weights, and puts out zeros.

    Args:
        width: last dimension of what it puts out; the others are those of its input. None takes the input's own.
        returned: where the module returned several things, what stands in each place: ``""`` for the zeros, the
            position or the name of an argument that is handed on, or None.
        facts: the module's own plain attributes, and None for each of its weights: code around it may ask for them.
    """

    def __init__(
        self,
        width: int | None = None,
        returned: Sequence[int | str | None] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.width, self.returned, self.facts = width, returned, dict(facts or {})
        for name, value in self.facts.items():
            setattr(self, name, value)

    def arguments(self) -> dict[str, Any]:
        """What builds one like this."""
        return {"width": self.width, "returned": self.returned, "facts": self.facts}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        x = next(value for value in given if isinstance(value, Tensor) and value.is_floating_point())
        zeros = torch.zeros_like(x) if self.width is None else x.new_zeros(*x.shape[:-1], self.width)
        if self.returned is None:
            return zeros
        handed: dict[Any, Any] = {"": zeros, **dict(enumerate(args)), **kwargs}
        return tuple(handed.get(place) for place in self.returned)


COMPACT = {kind.__name__: kind for kind in (Int8Linear, LowRankLinear, Silent)}
NUMBER, NUMBERED = "layer_idx", "numbered"
"""Attentions that stay are numbered anew where others are silent: a key-value cache goes by their numbers."""


def compact_layers(module: nn.Module) -> dict[str, dict[str, Any]]:
    """What :func:`swap_in` needs to put such layers where this module has them: path -> class and arguments."""
    found: dict[str, dict[str, Any]] = {
        path: {"class": type(part).__name__, **part.arguments()}
        for path, part in module.named_modules()
        if isinstance(part, (Int8Linear, LowRankLinear, Silent))
    }
    if any(described["class"] == Silent.__name__ for described in found.values()):
        for path, part in module.named_modules():
            if path not in found and type(vars(part).get(NUMBER)) is int:
                found[path] = {"class": NUMBERED, NUMBER: vars(part)[NUMBER]}
    return found


def swap_in(module: nn.Module, layers: Mapping[str, Mapping[str, Any]]) -> nn.Module:
    """Put empty compact layers in the places of a module's own; returns the module. With int8 layers it only infers.

    Args:
        module: as its library builds it.
        layers: from :func:`compact_layers`.
    """
    for path, described in layers.items():
        arguments = {name: value for name, value in described.items() if name != "class"}
        if described["class"] == NUMBERED:
            setattr(module.get_submodule(path), NUMBER, arguments[NUMBER])
        else:
            put(module, module.get_submodule(path), COMPACT[described["class"]](**arguments))
    leave_fast_path(module)
    infers_only = any(described["class"] == Int8Linear.__name__ for described in layers.values())
    return module.requires_grad_(False) if infers_only else module


def leave_fast_path(module: nn.Module) -> None:
    """See to it that torch's own transformer blocks call their parts where one of these is silent."""
    for part in module.modules():
        if isinstance(part, (nn.TransformerEncoderLayer, nn.TransformerEncoder)) and has_silence(part):
            inner: Any = part
            inner.activation_relu_or_gelu = 0  # says that the fast path does not know what it computes
            inner.enable_nested_tensor = inner.use_nested_tensor = False


def has_silence(module: nn.Module) -> bool:
    """Whether parts of it were taken out."""
    return any(isinstance(part, Silent) for part in module.modules())


def put(module: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put a layer in every place of another one."""
    new.train(old.training)
    for parent in list(module.modules()):
        for name, child in list(parent._modules.items()):  # named_children() tells each child once
            if child is old:
                setattr(parent, name, new)


def _product(whole: Tensor, weight: Tensor) -> Tensor:
    """``whole @ weightᵀ`` of int8 matrices: int32, or whole numbers as float32 where no integer kernel is right."""
    rows, inputs, outputs = *whole.shape, weight.shape[0]
    fits = whole.device.type != "cuda" or (rows > 16 and inputs % 8 == 0 and outputs % 8 == 0)
    # With a single input the kernel mistakes which way the weights lie.
    if rows and inputs > 1 and fits and _is_exact(whole.device):
        return torch._int_mm(whole, weight.T)
    return functional.linear(whole.float(), weight.float())


@cache
def _is_exact(device: torch.device) -> bool:
    """Whether torch's integer product can be trusted: on processors without VNNI its sums saturate unnoticed."""
    left = torch.full((32, 64), LOWEST, dtype=torch.int8)
    left[::2] = HIGHEST
    right = torch.full((64, 16), WEIGHT_STEPS, dtype=torch.int8)
    right[:, ::2] = -WEIGHT_STEPS
    try:
        found = torch._int_mm(left.to(device), right.to(device)).cpu()
    except (RuntimeError, NotImplementedError):  # no such kernel there
        return False
    return torch.equal(found.double(), left.double() @ right.double())


def _fixed(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor, requires_grad=False)
