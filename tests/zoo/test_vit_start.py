"""A YOLOS that begins with a ViT computes what the ViT computes, as far as both have the same tokens."""

from __future__ import annotations

import timm
import torch
from transformers import YolosConfig, YolosForObjectDetection

from analysis_core.zoo.vit_start import begin_from_vit


def test_patches_and_blocks_compute_the_same_for_differently_normalised_pictures() -> None:
    torch.manual_seed(0)
    arguments = {"img_size": 16, "patch_size": 4, "embed_dim": 16, "depth": 3, "num_heads": 4, "mlp_ratio": 2.0}
    vit = timm.create_model("vit_tiny_patch16_224", in_chans=1, num_classes=3, **arguments).eval()
    config = YolosConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32, image_size=[16, 16],
        patch_size=4, num_channels=1, num_detection_tokens=2, use_mid_position_embeddings=False, layer_norm_eps=1e-6,
    )  # fmt: skip
    yolos = YolosForObjectDetection(config).eval()
    begin_from_vit(yolos, vit, own=(0.1, 0.2), before=(0.15, 0.27))
    grey = torch.rand(2, 1, 16, 16)
    with torch.no_grad():
        expected = vit.patch_embed((grey - 0.15) / 0.27)
        expected = torch.cat([vit.cls_token.expand(2, -1, -1), expected], dim=1) + vit.pos_embed
        hidden = yolos.vit.embeddings((grey - 0.1) / 0.2)[:, :17]
        torch.testing.assert_close(hidden, expected, atol=1e-5, rtol=1e-4)
        for layer, block in zip(yolos.vit.encoder.layer, vit.blocks, strict=False):
            hidden, expected = layer(hidden), block(expected)
            torch.testing.assert_close(hidden, expected, atol=1e-5, rtol=1e-4)
