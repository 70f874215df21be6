"""Words of figures with one place a layer: parts of blocks, folding, marks in the strip; in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "full_stop": ". ",
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
        # what cannot be told yet
        "points_at_most": "less than {value} points",
        "none_sure": "No layer is surely free: layer {layer}, the cheapest, costs {span} ({examples} examples)",
        "unsure_points": "between {low} and {high} points",
        "unsure_plain": "between {low} and {high}",
        "cannot_unsure": "With {examples} examples no layer is surely free, least of all {cannot}",
        # ratios that count parts
        "axis_parts": "Compression ratio (parts before / after)",
        "axis_stages": "Compression ratio (stages before / after)",
        "guess_before": "Estimate before measuring",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "full_stop": "。",
        "block": "块",
        "part": "部分",
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
        "highest_part": "取其 {count} 个部分中的最高值",
        "rank_hover": "第 {rank} 位，共 {known} 个",
        "points_at_most": "不到 {value} 个百分点",
        "none_sure": "没有哪一层可以确定无损去掉：代价最小的{layer}会损失 {span}（{examples} 个样本）",
        "unsure_points": "{low} 到 {high} 个百分点",
        "unsure_plain": "{low} 到 {high}",
        "cannot_unsure": "仅凭 {examples} 个样本，没有哪一层可以确定无损去掉，代价最大的是{cannot}",
        "axis_parts": "压缩比（压缩前 / 压缩后的部分数）",
        "axis_stages": "压缩比（压缩前 / 压缩后的阶段数）",
        "guess_before": "测量前的估计",
    }
)
