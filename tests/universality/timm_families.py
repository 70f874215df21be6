"""Every timm family, by the smallest model of it that is worth cutting, and the smallest picture that it reads."""

from __future__ import annotations

from functools import partial
from typing import Any

import timm
import torch

from tests.universality.cases import Built, Cases

EXAMPLES = 4

SMALLEST: dict[str, tuple[str, dict[str, Any], int]] = {
    "beit": ("beit_base_patch16_224", {"depth": 4, "embed_dim": 96, "num_heads": 4, "img_size": 64}, 64),
    "byoanet": ("botnet26t_256", {"img_size": 64}, 64),
    "byobnet": ("mobileone_s1", {}, 64),
    "cait": ("cait_xxs24_224", {"img_size": 64}, 64),
    "coat": ("coat_tiny", {"img_size": 64}, 64),
    "convit": ("convit_tiny", {"img_size": 64}, 64),
    "convmixer": ("convmixer_768_32", {}, 28),
    "convnext": ("convnext_zepto_rms", {}, 64),
    "cpubone": ("cpubone_nano", {}, 64),
    "crossvit": ("crossvit_tiny_240", {}, 64),
    "csatv2": ("csatv2", {}, 64),
    "cspnet": ("cs3darknet_focus_s", {}, 64),
    "cspnext": ("cspnext_tiny", {}, 64),
    "davit": ("davit_tiny", {"embed_dims": [24, 48, 96, 192], "num_heads": [1, 2, 4, 8]}, 64),
    "deepseek_vit": ("deepseek_vit_412m", {"depth": 4, "embed_dim": 96, "num_heads": 4}, 224),
    "deit": ("deit_tiny_patch16_224", {"img_size": 64}, 64),
    "densenet": ("densenet121", {}, 64),
    "dla": ("dla46x_c", {}, 64),
    "dpn": ("dpn48b", {}, 64),
    "edgenext": ("edgenext_xx_small", {}, 64),
    "efficientformer": ("efficientformer_l1", {}, 224),
    "efficientformer_v2": ("efficientformerv2_s0", {"img_size": 64}, 64),
    "efficientnet": ("mobilenetv2_035", {}, 64),
    "efficientvim": ("efficientvim_m1", {}, 64),
    "efficientvit_mit": ("efficientvit_b0", {}, 64),
    "efficientvit_msra": ("efficientvit_m0", {}, 64),
    "eva": ("vit_tiny_patch16_dinov3_qkvb", {}, 64),
    "fasternet": ("fasternet_t0", {}, 64),
    "fastvit": ("fastvit_t8", {}, 64),
    "focalnet": ("focalnet_tiny_srf", {}, 64),
    "gcvit": ("gcvit_xxtiny", {"img_size": 64}, 64),
    "gemma4_vit": ("gemma4_vit_167m_enc", {"depth": 4, "embed_dim": 96, "num_heads": 4}, 96),
    "ghostnet": ("ghostnet_050", {}, 64),
    "hardcorenas": ("hardcorenas_b", {}, 64),
    "hgnet": ("hgnetv2_b0", {}, 64),
    "hiera": ("hiera_tiny_224", {"embed_dim": 48, "num_heads": 4, "img_size": 64}, 64),
    "hieradet_sam2": ("sam2_hiera_tiny", {"embed_dim": 48, "num_heads": 4}, 64),
    "hrnet": ("hrnet_w18_small", {}, 64),
    "iformer": ("iformer_t", {}, 64),
    "inception_next": ("inception_next_atto", {}, 64),
    "inception_resnet_v2": ("inception_resnet_v2", {}, 96),
    "inception_v3": ("inception_v3", {}, 96),
    "inception_v4": ("inception_v4", {}, 96),
    "lcnetv2": ("lcnetv2_small", {}, 64),
    "levit": ("levit_128s", {"img_size": 64}, 64),
    "lowformer": ("lowformer_b0", {}, 64),
    "mambaout": ("mambaout_femto", {}, 64),
    "maxxvit": ("maxvit_pico_rw_256", {"img_size": 64}, 64),
    "metaformer": ("poolformerv2_s12", {}, 64),
    "mlp_mixer": ("gmlp_ti16_224", {"img_size": 64}, 64),
    "mobilenetv3": ("lcnet_035", {}, 64),
    "mobilenetv5": ("mobilenetv5_base", {}, 64),
    "mobilevit": ("mobilevit_xxs", {}, 64),
    "mvitv2": ("mvitv2_tiny", {}, 64),
    "naflexvit": ("naflexvit_base_patch16_parfac_gap", {"depth": 4, "embed_dim": 96, "num_heads": 4}, 64),
    "nasnet": ("nasnetalarge", {"num_features": 480}, 64),
    "nest": ("nest_tiny_jx", {"img_size": 64}, 64),
    "nextvit": ("nextvit_small", {}, 64),
    "nfnet": ("nf_regnet_b0", {}, 64),
    "pit": ("pit_ti_224", {"img_size": 64}, 64),
    "pnasnet": ("pnasnet5large", {}, 64),
    "pvt_v2": ("pvt_v2_b0", {}, 64),
    "qwen3_vit": ("qwen3_vit_88m", {"depth": 4, "embed_dim": 96, "num_heads": 4}, 64),
    "rdnet": ("rdnet_tiny", {}, 64),
    "regnet": ("regnetx_002", {}, 64),
    "repghost": ("repghostnet_050", {}, 64),
    "repvit": ("repvit_m1", {}, 64),
    "res2net": ("res2next50", {}, 64),
    "resnest": ("resnest14d", {}, 64),
    "resnet": ("resnet18", {}, 64),
    "resnetv2": ("resnetv2_18", {}, 64),
    "rexnet": ("rexnet_100", {}, 64),
    "selecsls": ("selecsls42", {}, 64),
    "senet": ("legacy_seresnet18", {}, 64),
    "sequencer": ("sequencer2d_s", {}, 64),
    "shvit": ("shvit_s1", {}, 64),
    "sknet": ("skresnet18", {}, 64),
    "starnet": ("starnet_s050", {}, 64),
    "swiftformer": ("swiftformer_xs", {}, 64),
    "swin_transformer": ("swin_tiny_patch4_window7_224", {"embed_dim": 24, "img_size": 64}, 64),
    "swin_transformer_v2": ("swinv2_tiny_window8_256", {"embed_dim": 24, "img_size": 64}, 64),
    "swin_transformer_v2_cr": ("swinv2_cr_tiny_224", {"embed_dim": 24, "img_size": 64}, 64),
    "tiny_vit": ("tiny_vit_5m_224", {}, 64),
    "tnt": ("tnt_s_legacy_patch16_224", {"depth": 4, "embed_dim": 96, "img_size": 64}, 64),
    "tresnet": ("tresnet_m", {}, 64),
    "twins": ("twins_svt_small", {}, 64),
    "vgg": ("vgg11", {"mlp_ratio": 0.05}, 64),
    "visformer": ("visformer_tiny", {"img_size": 64}, 64),
    "vision_transformer": ("vit_tiny_patch16_224", {"img_size": 64}, 64),
    "vision_transformer_hybrid": ("vit_tiny_r_s16_p8_224", {"img_size": 64}, 64),
    "vision_transformer_relpos": ("vit_srelpos_small_patch16_224", {"depth": 4, "embed_dim": 96, "img_size": 64}, 64),
    "vision_transformer_sam": ("samvit_base_patch16_224", {"depth": 4, "embed_dim": 96, "num_heads": 4}, 64),
    "vitamin": ("vitamin_small_224", {"depth": 4, "img_size": 64}, 64),
    "volo": ("volo_d1_224", {"img_size": 64}, 64),
    "vovnet": ("ese_vovnet19b_slim_dw", {}, 64),
    "xception": ("legacy_xception", {}, 64),
    "xception_aligned": ("xception41p", {}, 64),
    "xcit": ("xcit_nano_12_p8_224", {}, 64),
}  # fmt: skip
"""Family -> model, arguments that shrink it, and the side of its pictures in pixels. Found by building all 1,400 models
of timm 1.0.31 on the meta device and running the smallest at growing sizes; a model made for tests is never taken."""

STRATIFIED = (
    "convnext", "dla", "efficientnet", "mlp_mixer", "regnet", "resnet", "swin_transformer", "vgg",
    "vision_transformer", "hrnet",
)  # fmt: skip
"""One or two of each kind: plain and nested and mobile convolutions, transformers with and without stages, several
branches side by side. They run in the ordinary tests."""


def cases() -> Cases:
    """A case for every family of the installed timm."""
    return {family: partial(build, family) for family in timm.list_modules()}


def build(family: str) -> Built:
    """The family's smallest model with random weights, and some pictures of noise."""
    model, arguments, size = SMALLEST.get(family) or _smallest(family)
    arguments = {**arguments, "num_classes": 4}
    module = timm.create_model(model, pretrained=False, **arguments).eval()
    description = {"library": "timm", "architecture": model, "model_args": arguments}
    pictures = torch.randn(EXAMPLES, 3, size, size)
    return Built(module, pictures, EXAMPLES, library="timm", config_dict=description)


def _smallest(family: str) -> tuple[str, dict[str, Any], int]:
    """Of a family that is newer than the table: its model with the fewest weights, at its own picture size."""
    sizes: dict[str, int] = {}
    for name in timm.list_models(module=family):
        with torch.device("meta"):
            sizes[name] = sum(weight.numel() for weight in timm.create_model(name, num_classes=4).parameters())
    name = min(sizes, key=lambda model: sizes[model])
    settings = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return name, {}, int((settings.input_size if settings else (3, 224, 224))[-1])
