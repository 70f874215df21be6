"""Words of figures with one place a layer: parts of blocks, folding, marks in the strip; in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "block": "Block",
        "part": "Part",
        "part_attention": "attention",
        "part_cross": "cross-attention",
        "part_mlp": "feed-forward",
        "part_attention_letter": "A",
        "part_cross_letter": "X",
        "part_mlp_letter": "F",
        "place_of_part": "{place}, {part}",
        "place_of_block": "block {block}",
        "block_title": "{block} {number}",
        "block_in_stack": "{block} {number} ({stack})",
        "parts_key": "{letters} in each block",
        "parts_key_item": "{letter} {part}",
        "highest_part": "the highest of its {count} parts",
        "rank_hover": "rank {rank} of {known}",
        # ratios that count parts
        "axis_parts": "Compression ratio (parts before / after)",
        "axis_stages": "Compression ratio (stages before / after)",
        "stage": "Stage",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "block": "块",
        "part": "部件",
        "part_attention": "注意力",
        "part_cross": "交叉注意力",
        "part_mlp": "前馈",
        "part_attention_letter": "A",
        "part_cross_letter": "X",
        "part_mlp_letter": "F",
        "place_of_part": "{place}，{part}",
        "place_of_block": "块 {block}",
        "block_title": "{block} {number}",
        "block_in_stack": "{block} {number}（{stack}）",
        "parts_key": "每个块内：{letters}",
        "parts_key_item": "{letter} {part}",
        "highest_part": "取其 {count} 个部件中的最高值",
        "rank_hover": "第 {rank} 位，共 {known} 个",
        "axis_parts": "压缩比（压缩前 / 压缩后的部件数）",
        "axis_stages": "压缩比（压缩前 / 压缩后的阶段数）",
        "stage": "阶段",
    }
)
