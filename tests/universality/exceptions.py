"""What a few model types need beside the rules of :mod:`tests.universality.shrinking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

EXCEPTIONS: Mapping[str, Mapping[str, Any]] = {
    "apertus1p5": {"image_token_offset": 32, "audio_token_offset": 160},
    "depth_pro": {"patch_size": 32},
    "dory": {"n_input_layers": 1, "n_recurrent_layers": 2, "n_output_layers": 1},
    "dots3_note_text": {"qk_nope_head_dim": 8, "qk_rope_head_dim": 8},
    "efficientloftr": {"out_features": [16, 16, 32, 64], "stage_num_blocks": [1, 1, 2, 2]},
    "fun_asr_nano_adaptor": {"intermediate_size": 16},
    "glm5_next_text": {"index_topk": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "inkling2_loop_text": {"loop_layer_index_start": 2, "loop_layer_index_end": 4, "n_layers_per_attn_res_block": 2},
    "lw_detr_vit": {"image_size": 64, "num_windows": 4},
    "mamba2": {"num_heads": 8},
    "seggpt": {"merge_index": 0, "intermediate_hidden_state_indices": [1, 2, 3]},
    "EsmFold2AtomEncoderConfig": {"num_uid_rope_pairs": 2},
}
"""Fields that are set to these values, by the type or else the class of a configuration."""

MADE_BY_HAND: Mapping[str, Callable[[Any], Any]] = {}
"""Types that are put together from two others."""
