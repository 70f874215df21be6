"""Slow references for attention: one example at a time, the library's own maps with retained gradients, plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.tasks import task_for
from tests.toy_attention import one_by_one

Show = Callable[[UniversalModel, Batch], tuple[object, list[Tensor]]]
"""Runs the model and returns its outputs with each layer's map ``[windows, heads, tokens, tokens]``, in the graph."""


def library_attention(model: UniversalModel, batch: Batch) -> tuple[object, list[Tensor]]:
    """The maps that transformers returns."""
    outputs = model.module(**batch.inputs, output_attentions=True)
    return outputs, list(outputs.attentions)


def heads_by_hand(
    model: UniversalModel, batches: list[Batch], show: Show, *, causal: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per example importance ``[examples, layers, heads]``; mean entropy and mean distance ``[layers, heads]``."""
    model.module.eval()
    importance, shapes = [], []
    for one in one_by_one(batches):
        outputs, maps = show(model, one)
        for tensor in maps:
            tensor.retain_grad()
        task_for(model.task).losses(outputs, one).sum().backward()
        importance.append([(m.detach() * m.grad).sum((0, 2, 3)).abs().double().numpy() for m in maps])
        shapes.append([m.detach().double().numpy() for m in maps])
    model.module.zero_grad()
    layers, heads = len(shapes[0]), shapes[0][0].shape[1]
    entropy, distance = np.zeros((layers, heads)), np.zeros((layers, heads))
    for layer in range(layers):
        for head in range(heads):
            rows = [
                (query, row)
                for example in shapes
                for window in example[layer]
                for query, row in enumerate(window[head])
            ]
            seen = [(query, row, query + 1 if causal else len(row)) for query, row in rows]
            terms = [-sum(p * math.log(p) for p in row if p > 0) / math.log(keys) for _, row, keys in seen if keys > 1]
            entropy[layer, head] = np.mean(terms)
            distance[layer, head] = np.mean(
                [sum(p * abs(query - key) for key, p in enumerate(row)) for query, row in rows]
            )
    return np.array(importance), entropy, distance


def vit_attention(model: UniversalModel, batch: Batch) -> tuple[object, list[Tensor]]:
    """A vision transformer written out: softmax(q k / sqrt(d)) from its weights."""
    net, maps = model.module, []
    x = net.patch_embed(batch.inputs)
    x = torch.cat([net.cls_token.expand(len(x), -1, -1), x], 1) + net.pos_embed
    for block in net.blocks:
        normed = block.norm1(x)
        q, k, v = nn.functional.linear(normed, block.attn.qkv.weight, block.attn.qkv.bias).chunk(3, -1)
        heads = block.attn.num_heads
        q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))
        weights = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1)
        maps.append(weights)
        x = x + block.attn.proj((weights @ v).transpose(1, 2).flatten(2))
        x = x + block.mlp(block.norm2(x))
    return net.head(net.norm(x)[:, 0]), maps


def encoder_attention(model: UniversalModel, batch: Batch) -> tuple[object, list[Tensor]]:
    """torch's encoder layers written out, for one example without padding."""
    net, maps = model.module, []
    x = net.embedding(batch.inputs["input_ids"])
    for layer in net.layers:
        attention = layer.self_attn
        q, k, v = nn.functional.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for part in (q, k, v))
        weights = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1)
        maps.append(weights)
        x = layer.norm1(x + attention.out_proj((weights @ v).transpose(1, 2).flatten(2)))
        x = layer.norm2(x + layer.linear2(torch.relu(layer.linear1(x))))
    return net.head(x.mean(1)), maps


def swin_attention(model: UniversalModel, batch: Batch) -> tuple[object, list[Tensor]]:
    """The maps of one picture's windows, caught in the flag-free path of each block's own attention module."""
    net, maps, handles = model.module, [], []
    for block in (net.layers[0].blocks[i] for i in range(2)):
        block.attn.fused_attn = False
        handles.append(block.attn.softmax.register_forward_hook(lambda _m, _a, out: maps.append(out)))
    try:
        outputs = net(batch.inputs)
    finally:
        for handle in handles:
            handle.remove()
    return outputs, maps
