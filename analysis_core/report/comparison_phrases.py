"""The words of runs laid side by side: findings, axes, explanations. Part of the table in :mod:`phrases`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # names of runs that have one title
        "compared_seed": "seed {value}",
        "compared_examples": "{value} examples",
        "compared_methods": "{value} methods",
        "compared_parts": "{value}",
        "compared_parts_block": "blocks",
        "compared_parts_sublayer": "parts of blocks",
        "compared_parts_stage": "stages",
        "compared_data": "{value}",
        "compared_of_title": "{title} ({differences})",
        # findings
        "compared_first": "the first third",
        "compared_middle": "the middle third",
        "compared_last": "the last third",
        "compared_both": "Both put {third} on top",
        "compared_all": "All {count} put {third} on top",
        "compared_split": "{runs} on top",
        "compared_split_one": "{runs} puts {third}",
        "compared_split_many": "{runs} put {third}",
        "compared_alike": "they rank every place alike",
        "compared_layer": "they disagree most about layer {layer}",
        "compared_depth": "they disagree most at relative depth {depth}",
        "compared_join": "{thirds}; {most}",
        "compared_no_thirds": "Too few layers to speak of thirds",
        "compared_nothing": "There is nothing to compare by {measure}",
        "compared_correlation": "Spearman's rank correlation {value}{interval} over {places} layers",
        "compared_correlation_depths": "Spearman's rank correlation {value}{interval} at {places} relative depths",
        "compared_correlations": "Spearman's rank correlation from {least} ({least_pair}) to {most} ({most_pair})",
        "compared_no_correlation": "No rank correlation: too few layers, or all of them score alike",
        "compared_chance": "Of {places} places, rankings drawn at random correlate beyond ±{level} in one case of "
        "twenty{verdict}.",
        "compared_chance_within": ": what is seen here may be chance",
        "compared_chance_beyond": ": what is seen here is beyond that",
        "compared_chance_negative": ": what is seen here is beyond that, in the opposite direction",
        "compared_pair": "{one} and {other}",
        # aligned
        "compared_depth_axis": "Relative depth (0 = first layer, 1 = last layer)",
        "compared_layer_axis": "Layer",
        "compared_consensus_axis": "Mean rank (0 = least, 1 = most important)",
        "compared_rank_axis": "Relative rank (0 = least, 1 = most important)",
        "compared_normalised_axis": "{measure}, stretched to 0 … 1 within each run",
        "compared_raw_axis": "{measure} ({unit})",
        "compared_hover": "<b>{run}</b><br>{layer}, relative depth {depth}<br>{value}{interval}{unit}<br>"
        "rank {rank} of {known}",
        "compared_aligned_alt": "Lines of {measure} over relative depth for {runs}. {finding}. {correlation}.",
        # differences of ranks
        "compared_difference": "By {measure} they part most at layer {layer}: rank {one} of {known} in {first}, "
        "{other} in {second}",
        "compared_difference_depth": "By {measure} they part most at relative depth {depth}: rank {one} of {known} in "
        "{first}, {other} in {second}",
        "compared_no_difference": "No method ranks any place otherwise",
        "compared_difference_hover": "<b>{measure}</b> · {where}<br>rank {one} of {known} in {first}<br>"
        "rank {other} of {known} in {second}",
        "compared_where_layer": "layer {layer}",
        "compared_where_depth": "relative depth {depth}",
        "compared_no_rank": "one of the two runs has no score here",
        "compared_higher": "higher in {run}",
        "compared_difference_alt": "Heatmap of differences of ranks between {first} and {second}, {measures} rows by "
        "{places} places. {finding}.",
        # parallel coordinates
        "compared_parallel": "The runs agree most by {most}, rank correlation {most_value}, and least by {least}, "
        "{least_value}",
        "compared_parallel_one": "By {most} the rank correlation is {most_value}",
        "compared_parallel_none": "No method ranks enough layers to be compared",
        "compared_parallel_alt": "Parallel coordinates: one line a layer over the axes {measures}, for {runs}. "
        "{finding}.",
        "compared_least": "least",
        "compared_most": "most",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "compared_seed": "种子 {value}",
        "compared_examples": "{value} 个样本",
        "compared_methods": "{value} 种方法",
        "compared_parts": "{value}",
        "compared_parts_block": "按块",
        "compared_parts_sublayer": "按子层",
        "compared_parts_stage": "按阶段",
        "compared_data": "{value}",
        "compared_of_title": "{title}（{differences}）",
        "compared_first": "前三分之一的层",
        "compared_middle": "中间三分之一的层",
        "compared_last": "后三分之一的层",
        "compared_both": "两次运行都认为{third}最重要",
        "compared_all": "{count} 次运行都认为{third}最重要",
        "compared_split": "{runs}最重要",
        "compared_split_one": "{runs} 认为{third}",
        "compared_split_many": "{runs} 认为{third}",
        "compared_alike": "它们对每个位置的排名完全一致",
        "compared_layer": "分歧最大的是{layer}",
        "compared_depth": "分歧最大处在相对深度 {depth}",
        "compared_join": "{thirds}；{most}",
        "compared_no_thirds": "层数太少，无法按三分之一划分",
        "compared_nothing": "按“{measure}”没有可比较的内容",
        "compared_correlation": "Spearman 秩相关 {value}{interval}，基于 {places} 层",
        "compared_correlation_depths": "Spearman 秩相关 {value}{interval}，基于 {places} 个相对深度",
        "compared_correlations": "Spearman 秩相关从 {least}（{least_pair}）到 {most}（{most_pair}）",
        "compared_no_correlation": "无法计算秩相关：层数太少，或所有层得分相同",
        "compared_chance": "对 {places} 个位置，随机排名的相关系数每二十次约有一次超出 ±{level}{verdict}。",
        "compared_chance_within": "：此处所见可能只是偶然",
        "compared_chance_beyond": "：此处所见超出了这一范围",
        "compared_chance_negative": "：此处所见超出了这一范围，但方向相反",
        "compared_pair": "{one} 与 {other}",
        "compared_depth_axis": "相对深度（0 = 第一层，1 = 最后一层）",
        "compared_layer_axis": "层",
        "compared_consensus_axis": "平均排名（0 = 最不重要，1 = 最重要）",
        "compared_rank_axis": "相对排名（0 = 最不重要，1 = 最重要）",
        "compared_normalised_axis": "{measure}（每次运行内缩放到 0 … 1）",
        "compared_raw_axis": "{measure}（{unit}）",
        "compared_hover": "<b>{run}</b><br>{layer}，相对深度 {depth}<br>{value}{interval}{unit}<br>"
        "排名 {rank} / {known}",
        "compared_aligned_alt": "{runs} 的“{measure}”随相对深度变化的折线图。{finding}。{correlation}。",
        "compared_difference": "按“{measure}”，分歧最大的是{layer}：在 {first} 中排第 {one}（共 {known}），"
        "在 {second} 中排第 {other}",
        "compared_difference_depth": "按“{measure}”，分歧最大处在相对深度 {depth}："
        "在 {first} 中排第 {one}（共 {known}），在 {second} 中排第 {other}",
        "compared_no_difference": "没有任何方法给出不同的排名",
        "compared_difference_hover": "<b>{measure}</b> · {where}<br>在 {first} 中排名 {one} / {known}<br>"
        "在 {second} 中排名 {other} / {known}",
        "compared_where_layer": "{layer}",
        "compared_where_depth": "相对深度 {depth}",
        "compared_no_rank": "其中一次运行在此处没有得分",
        "compared_higher": "{run} 中更靠前",
        "compared_difference_alt": "{first} 与 {second} 的排名差热力图，{measures} 行 × {places} 个位置。{finding}。",
        "compared_parallel": "各次运行按“{most}”最一致（秩相关 {most_value}），按“{least}”最不一致（{least_value}）",
        "compared_parallel_one": "按“{most}”的秩相关为 {most_value}",
        "compared_parallel_none": "没有方法给足够多的层排名，无法比较",
        "compared_parallel_alt": "平行坐标图：{runs} 的每一层一条线，坐标轴为 {measures}。{finding}。",
        "compared_least": "最不重要",
        "compared_most": "最重要",
    }
)
