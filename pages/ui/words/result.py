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

CHINESE: Mapping[str, str] = MappingProxyType({})
