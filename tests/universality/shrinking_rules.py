"""Which field of a configuration becomes how small, by its name."""

from __future__ import annotations

import re
from collections.abc import Callable

LAYERS, STAGE_LAYERS = 4, 2
WIDTH, INNER, HEADS, HEAD_WIDTH = 64, 96, 4, 16
WIDTH_STEP = 8
VOCABULARY, POSITIONS, PICTURE, PATCH, WINDOW = 128, 256, 32, 8, 8
EXPERTS, CHOSEN = 4, 2

Rule = Callable[[int], int] | None


def at_most(limit: int) -> Rule:
    """Smaller numbers stay: a 0 or a 1 often switches something off."""
    return lambda value: min(value, limit)


def _compiled(*rules: tuple[str, Rule]) -> tuple[tuple[re.Pattern[str], Rule], ...]:
    return tuple((re.compile(pattern), rule) for pattern, rule in rules)


KEPT = _compiled(
    # Switches, kernels, strides, and what other fields are multiplied with.
    (r".*(kernel|stride|padding|dilation|rate|ratio|factor|expand|interval|_tp|chunk_size_feed|_mult).*", None),
    (r".*(num_channels|in_channels|in_chans|num_labels|seed|coefficient|cost|gamma|alpha|n_points|n_langs)", None),
    (r"(spatial_|temporal_)?merge_size|temporal_patch_size|patch_temporal|hc_.*|num_stages|num_coords", None),
)
COUNTS = _compiled(
    (
        r"max_.*(positions?|position_embeddings|len|length).*|.*(context_length|n_ctx|n_positions|seq_len.*)",
        at_most(POSITIONS),
    ),
    (r".*vocab_size.*|codebook_size|num_embeds?|num_embeddings", at_most(VOCABULARY)),
    (r".*(experts_per_tok|topk|top_k|moe_k|experts_per_token)", at_most(CHOSEN)),
    (r"topk_group|.*shared_experts", at_most(1)),
    (r"n_group|num_expert_groups?", at_most(2)),
    (r".*experts?", at_most(EXPERTS)),
    (r".*(layer|attn)_period", at_most(2)),
    (r".*(layer|attn)_offset", at_most(1)),
    (r".*(layers?|depth|blocks?)", at_most(LAYERS)),
    (r".*(num_queries|query_tokens|num_latents|latents|num_prompts|proposals|denoising)", at_most(8)),
    (r".*(window_size|sliding_window|local_attention|attention_window)", at_most(WINDOW)),
)
PICTURES = _compiled(
    (r".*(image_size|img_size|resolution|crop_size)", at_most(PICTURE)),
    (r"(.*_)?patch_size", at_most(PATCH)),
)
WIDTHS = _compiled(
    (r"mamba_.*heads", at_most(2 * HEADS)),
    (r".*(n_head|heads)", at_most(HEADS)),
    (r".*(head_dim|d_kv|dim_head|kv_channels|head_size|d_head|rotary_dim|headdim).*", at_most(HEAD_WIDTH)),
    (r".*(_rank|state_size|d_state)", at_most(WIDTH // 8)),
    (r".*(intermediate|ffn|mlp|d_ff|dff|d_inner|feed_?forward|n_inner).*", at_most(INNER)),
    (r"upsample_groups", at_most(WIDTH)),
    (r".*(size|dims?|d_model|width|channels?|units|embd|features?|filters|inplanes|in_dim|out_dim)", at_most(WIDTH)),
)
EFFORTS = (
    (*KEPT, *COUNTS, *PICTURES, *WIDTHS),
    (*KEPT, *COUNTS, *PICTURES),
    (*KEPT, *COUNTS),
)
"""How much is shrunk: everything first; where widths or pictures then do not fit each other, these stay."""
KEY_HEADS = re.compile(r".*(kv_heads|key_value_heads|kv_head)")
HEAD_COUNTS = (
    "num_attention_heads",
    "num_heads",
    "n_head",
    "attention_heads",
    "encoder_attention_heads",
    "encoder_num_attention_heads",
    "decoder_num_attention_heads",
)
TOKEN = re.compile(r".*(token_id|token_index|_token|_idx|_id|_index|image_patch)")
DEPTH = re.compile(r"(num_|n_|encoder_|decoder_)?(hidden_|encoder_|decoder_)?(layers?|depth|num_layers)")
DEPTHS = re.compile(r".*(depths?|layers|blocks|block_sizes|repeats)(_per_stage)?")
INDICES = re.compile(
    r".*(indices|indexes|feature_layers?|layer_ids|hook_ids|extract_layers|layer_indexes|_idx|interact.*)"
)
STAGE_WIDTHS = re.compile(r".*(sizes|dims?|channels|widths?|_dim|planes)(_per_stage|_list)?|backbone_channel_list")
STAGE_HEADS = re.compile(r".*heads(_per_stage)?")
PICTURE_SIZE = re.compile(r"(.*_)?(image|img)_size")
KEPT_LISTS = re.compile(r".*(kernel|stride|padding|dilation|rate|ratio|patch|pool|window|factor).*")
