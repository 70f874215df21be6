"""A module's weights as a safetensors file holds them: which tensors, each tie once, and how many bytes."""

from __future__ import annotations

import json

import torch
from torch import Tensor, nn

DTYPE_NAMES = {
    torch.int64: "I64",
    torch.float64: "F64",
    torch.complex64: "C64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""In the order in which a file holds them; as in the format's description, https://github.com/huggingface/safetensors#format."""
ALIGNMENT_BYTES = 8


def stored_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The tensors of a module's state, tied ones under their first name only."""
    stored: dict[str, Tensor] = {}
    seen: set[tuple[object, ...]] = set()
    for name, tensor in module.state_dict().items():
        memory = (tensor.device, tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.numel() and memory in seen:
            continue
        seen.add(memory)
        stored[name] = tensor
    return stored


def stored_bytes(module: nn.Module) -> int:
    """Size of the module's weights as a safetensors file, in bytes, without writing one."""
    tensors = stored_tensors(module)
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    order = list(DTYPE_NAMES)
    for name in sorted(tensors, key=lambda name: (order.index(tensors[name].dtype), name)):
        tensor = tensors[name]
        end = offset + tensor.numel() * tensor.element_size()
        kind = DTYPE_NAMES.get(tensor.dtype, str(tensor.dtype))
        entries[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    header = len(json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode())
    padding = -header % ALIGNMENT_BYTES
    return ALIGNMENT_BYTES + header + padding + offset
