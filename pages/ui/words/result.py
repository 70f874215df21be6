"""What Explore says of a finished analysis."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # explore: result
        "result_kicker": "{task} · {layers} layers",
        "try_dropping": "Drop layers: what if",
        "scale": "Scale",
        "scale_raw": "Raw scores",
        "scale_normalised": "Normalised",
        "scale_rank": "Ranks",
        "scale_help": "Raw scores have units of their own; colours compare layers within a row only.",
        "click_a_cell": "Colours compare layers within a row. Click on a cell for its layer and its method",
        "method": "Method",
        "layer": "Layer",
        "layer_of": "Layer {layer}",
        "layer_in_stack": "Layer {layer} ({place})",
        "pick_layer": "Pick a layer",
        "no_layer_title": "No layer is picked",
        "no_layer": "Click on a cell of the heatmap, or pick a layer from the list above.",
        "of_parameters": "parameters, {share} of the model",
        "removable": "Can be removed: input and output have one shape.",
        "not_removable": "Cannot be removed: {why}.",
        "score_with_interval": "Score ± 95 %",
        "rank": "Rank",
        "rank_of": "{rank} of {known}",
        "layer_table_caption": "Scores of layer {layer}",
        "cost_points": "Measured without it: {metric} {drop} points (95 % interval {low} to {high}).",
        "cost_plain": "Measured without it: {metric} {drop} (95 % interval {low} to {high}).",
        "drop_it": "Drop it: what if",
        "not_applicable_title": "{method} does not apply",
        "as_table": "All scores as a table",
        "table_caption": "Raw scores of all methods by layer",
        "consensus": "Consensus",
        # explore: one method, several methods
        "section_method": "One method",
        "section_agree": "Which methods agree",
        "own_method": "A method of your own: its file says what it asks.",
        "shown_instead": "Layer {layer} has none: {why} Layer {other} is shown instead.",
        "no_score_for": "{method}: {why}",
        "rule": "Rule of consensus",
        "rule_mean_rank": "Mean rank",
        "rule_borda": "Borda",
        "rule_median_rank": "Median rank",
        "rule_help": "How the methods' rankings become one. Mean rank: every method counts the same. Borda: a method "
        "counts by how many layers it compares. Median rank: one odd method among several moves nothing.",
        "not_compared": "Not compared with ablation: {methods}. {why}",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # explore: result
        "result_kicker": "{task} · {layers} 层",
        "try_dropping": "去掉层：假设",
        "scale": "尺度",
        "scale_raw": "原始得分",
        "scale_normalised": "归一化",
        "scale_rank": "排名",
        "scale_help": "原始得分各有单位；颜色只能在同一行内比较各层。",
        "click_a_cell": "颜色只在同一行内比较各层。点击单元格查看该层和该方法",
        "method": "方法",
        "layer": "层",
        "layer_of": "第 {layer} 层",
        "layer_in_stack": "第 {layer} 层（{place}）",
        "pick_layer": "选择一层",
        "no_layer_title": "尚未选择层",
        "no_layer": "点击热力图的单元格，或从上面的列表中选择一层。",
        "of_parameters": "参数，占模型的 {share}",
        "removable": "可以去掉：输入与输出形状相同。",
        "not_removable": "不能去掉：{why}。",
        "score_with_interval": "得分 ± 95 %",
        "rank": "排名",
        "rank_of": "{rank} / {known}",
        "layer_table_caption": "{layer}的得分",
        "cost_points": "去掉后实测：{metric}变化 {drop} 个百分点（95 % 区间 {low} 至 {high}）。",
        "cost_plain": "去掉后实测：{metric}变化 {drop}（95 % 区间 {low} 至 {high}）。",
        "drop_it": "去掉它：假设",
        "not_applicable_title": "{method}不适用",
        "as_table": "以表格查看全部得分",
        "table_caption": "各方法对各层的原始得分",
        "consensus": "共识",
        # explore: one method, several methods
        "section_method": "单个方法",
        "section_agree": "哪些方法一致",
        "own_method": "你自己的方法：它考察什么，见其文件说明。",
        "shown_instead": "{layer}没有：{why} 改为显示{other}。",
        "no_score_for": "{method}：{why}",
        "rule": "共识规则",
        "rule_mean_rank": "平均排名",
        "rule_borda": "Borda",
        "rule_median_rank": "中位排名",
        "rule_help": "如何把各方法的排名合成一个。平均排名：每种方法权重相同。Borda：方法比较的层越多，权重越大。"
        "中位排名：个别异常的方法不影响结果。",
        "not_compared": "未与消融比较：{methods}。{why}",
    }
)
