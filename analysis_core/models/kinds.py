"""What a block is built from, and what its structure alone tells of its shapes."""

from __future__ import annotations

from torch import nn

from analysis_core.vocabulary import LayerKind

SHAPE_CHANGES = "Its output has another shape than its input, so the next layer could not take its place."

_ATTENTION_WORDS = ("attention", "attn")
_RECURRENT_WORDS = ("lstm", "gru", "mamba", "rwkv", "recurrent", "statespace")
_RESHAPING_NAMES = ("downsample", "downsampler", "downsampling", "upsample", "patch_merging", "reduction")
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def kind_of(module: nn.Module) -> LayerKind:
    """The field's name for a block: by where its weights lie, and by whether it attends.

    A block most of whose weights are convolutions is a convolution, even when it carries a small
    attention over channels; any other block that attends is a transformer block. Convolutions by which an
    attention with linear projections looks at fewer places (SegFormer, PVT) do not make it one.
    """
    parts = list(module.modules())
    convolutions = _weights_in(parts, _CONVOLUTIONS + _TRANSPOSED) - _weights_of_reductions(module)
    tests = {
        LayerKind.GRAPH: any(base.__name__ == "MessagePassing" for part in parts for base in type(part).__mro__),
        LayerKind.RECURRENT: isinstance(module, nn.RNNBase) or _named(parts, _RECURRENT_WORDS),
        LayerKind.TRANSFORMER: attends(module) and 2 * convolutions <= _weights_in(parts, (nn.Module,)),
        LayerKind.CONVOLUTION: convolutions > 0,
        LayerKind.MLP: any(isinstance(part, nn.Linear) or type(part).__name__ == "Conv1D" for part in parts),
    }
    return next((kind for kind, holds in tests.items() if holds), LayerKind.OTHER)


def reason_by_structure(module: nn.Module, *, has_twin: bool = False) -> str | None:
    """Why a block cannot be taken out, as far as that shows without running it; None if nothing does.

    Attention blocks keep their shape by construction; strides, projecting shortcuts and changes of width
    give the others away.

    Args:
        module: the block.
        has_twin: whether its neighbour in the stack has weights of the very same shapes: then its width
            cannot change, or the neighbour would not fit.
    """
    if isinstance(module, nn.Linear):
        return None if module.in_features == module.out_features else SHAPE_CHANGES
    if isinstance(module, nn.RNNBase):
        wide = module.hidden_size * (2 if module.bidirectional else 1)
        return None if module.input_size == wide else SHAPE_CHANGES
    for name, part in module.named_modules():
        if name.rpartition(".")[2] in _RESHAPING_NAMES and not isinstance(part, nn.Identity):
            return SHAPE_CHANGES
    if kind_of(module) is LayerKind.TRANSFORMER:
        return None
    return _reason_by_width(module, has_twin)


def _reason_by_width(module: nn.Module, has_twin: bool) -> str | None:
    widths: list[tuple[int, int]] = []
    for part in module.modules():
        if isinstance(part, _TRANSPOSED) or (isinstance(part, _CONVOLUTIONS) and max(part.stride) > 1):
            return SHAPE_CHANGES
        if isinstance(part, _CONVOLUTIONS):
            widths.append((part.in_channels, part.out_channels))
        elif isinstance(part, nn.Linear):
            widths.append((part.in_features, part.out_features))
    if not has_twin and widths and widths[0][0] != widths[-1][1]:
        return SHAPE_CHANGES
    return None


def attends(module: nn.Module) -> bool:
    """Whether it, or a module inside it, is an attention by its class or its name."""
    for name, part in module.named_modules():
        own_name = name.rpartition(".")[2].lower()
        if any(word in type(part).__name__.lower() or word in own_name for word in _ATTENTION_WORDS):
            return True
    return False


def _weights_of_reductions(module: nn.Module) -> int:
    """Numbers in convolutions that stand inside an attention beside its linear projections."""
    inside: dict[int, nn.Module] = {}
    for path, part in module.named_modules():
        named = any(word in path.rpartition(".")[2].lower() for word in _ATTENTION_WORDS)
        if named and sum(isinstance(child, nn.Linear) for child in part.children()) > 1:
            inside |= {id(inner): inner for inner in part.modules() if isinstance(inner, _CONVOLUTIONS)}
    return _weights_in(list(inside.values()), _CONVOLUTIONS)


def _named(parts: list[nn.Module], words: tuple[str, ...]) -> bool:
    return any(word in type(part).__name__.lower() for part in parts for word in words)


def _weights_in(parts: list[nn.Module], classes: tuple[type[nn.Module], ...]) -> int:
    return sum(
        weight.numel() for part in parts if isinstance(part, classes) for weight in part.parameters(recurse=False)
    )
