"""Begin a YOLOS with what a timm ViT has learnt: the same blocks under other names."""

from __future__ import annotations

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional
from transformers import YolosForObjectDetection

Shades = tuple[float, float]
"""Mean and deviation by which grey levels were normalised."""


def begin_from_vit(yolos: YolosForObjectDetection, vit: VisionTransformer, own: Shades, before: Shades) -> None:
    """Copy patch embedding, positions and as many blocks as there are; both must be of the same width.

    Args:
        yolos: is given the weights; its heads and queries stay as they are.
        vit: in evaluation mode, with the same size of patches.
        own, before: how grey levels are normalised for the new model, and how they were for the ViT; the patch
            embedding is changed so that it gives the same for both.
    """
    with torch.no_grad():
        embeddings = yolos.vit.embeddings
        _copy_patches(embeddings.patch_embeddings.projection, vit.patch_embed.proj, own, before)
        embeddings.cls_token.copy_(vit.cls_token)
        side = yolos.config.image_size[0] // yolos.config.patch_size
        embeddings.position_embeddings[:, 0] = vit.pos_embed[:, 0]
        embeddings.position_embeddings[:, 1 : 1 + side * side] = _resampled(vit.pos_embed[:, 1:], side)
        for layer, block in zip(yolos.vit.encoder.layer, vit.blocks, strict=False):
            _copy_block(layer, block)


def _copy_patches(projection: nn.Conv2d, learnt: nn.Conv2d, own: Shades, before: Shades) -> None:
    """``w ((own deviation x + own mean) - mean before) / deviation before + b``, as weights for x."""
    weight, shift = (
        learnt.weight * (own[1] / before[1]),
        learnt.weight.sum((1, 2, 3)) * ((own[0] - before[0]) / before[1]),
    )
    projection.load_state_dict({"weight": weight, "bias": learnt.state_dict()["bias"] + shift})


def _resampled(positions: Tensor, side: int) -> Tensor:
    """Positions of one square grid ``[1, places, width]`` on another of that many places a side."""
    old = round(positions.shape[1] ** 0.5)
    grid = positions.reshape(1, old, old, -1).permute(0, 3, 1, 2)
    resized = functional.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
    return resized.flatten(2).transpose(1, 2)


def _copy_block(layer: nn.Module, block: nn.Module) -> None:
    """One block; timm keeps query, key and value in one matrix."""
    joined = block.get_submodule("attn.qkv").state_dict()
    for part, kind in enumerate(("query", "key", "value")):
        own = {name: tensor.chunk(3)[part] for name, tensor in joined.items()}
        layer.get_submodule(f"attention.attention.{kind}").load_state_dict(own)
    pairs = {
        "attention.output.dense": "attn.proj",
        "intermediate.dense": "mlp.fc1",
        "output.dense": "mlp.fc2",
        "layernorm_before": "norm1",
        "layernorm_after": "norm2",
    }
    for mine, theirs in pairs.items():
        layer.get_submodule(mine).load_state_dict(block.get_submodule(theirs).state_dict())
