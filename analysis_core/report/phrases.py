"""The words of findings, figures and their text alternatives, as one table: another language is another table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from analysis_core.report import (
    beside_chinese,
    beside_phrases,
    comparison_phrases,
    layer_phrases,
    lesson_phrases,
    methods_chinese,
    numbers,
    page_phrases,
    phrases_chinese,
    stack_phrases,
)
from analysis_core.report.typography import Phrase

Phrases = Mapping[str, str]

ENGLISH: Phrases = MappingProxyType(
    {
        **beside_phrases.ENGLISH,
        **lesson_phrases.ENGLISH,
        **comparison_phrases.ENGLISH,
        **layer_phrases.ENGLISH,
        **page_phrases.ENGLISH,
        **stack_phrases.ENGLISH,
        "and": " and ",
        "comma": ", ",
        "blocks": "{count} blocks",
        "blocks_of": "{count} blocks ({stack})",
        "layer": "Layer",
        "layers": "Layers",
        "layer_named": "Layer {layer}",
        "layer_placed": "Layer {layer} ({place})",
        "consensus": "Consensus",
        "greedy": "Greedy search",
        "manual": "Chosen by hand",
        "measured": "measured",
        "estimated": "estimated",
        "not_applicable": "does not apply",
        "removed": "removed",
        "kept": "kept",
        "protected": "protected",
        "fixed": "cannot be removed",
        "least": "least important",
        "most": "most important",
        "interval_95": "95 % interval",
        "error_95": " ± {error} (95 % interval)",
        "axis_layers": "Compression ratio (layers before / after)",
        "axis_speedup": "Speed-up (time of a batch, before / after)",
        "axis_parameters": "Parameters (before / after)",
        "axis_memory": "Memory of the weights (bytes before / after)",
        "gain_layers": "{ratio}",
        "gain_speedup": "{ratio} in speed",
        "gain_parameters": "{ratio} in parameters",
        "gain_memory": "{ratio} in memory",
        "knee": "knee: {place}, {retention}",
        "dominated_hover": "another point is at least as good in both",
        "size_hover": "parameters {parameters}, memory {memory}",
        "retention_axis": "{metric} kept (%)",
        "consensus_axis": "0 = least, 1 = most important",
        "speed_hover": "{speedup} as fast ({span})",
        "parameters": "parameters",
        "floor": "always the commonest answer",
        # findings
        "can_and_cannot": "{can} can go; {cannot} cannot",
        "can_only": "{can} can go without measurable harm",
        "cannot_only": "No layer goes free, least of all {cannot}",
        "all_needed": "No layer goes free: layer {layer}, the cheapest, costs {loss}",
        "one_can": "Layer {layers}",
        "two_can": "Either of layers {layers}",
        "some_can": "Any one of layers {layers}",
        "by_consensus": "{least} matter least to these methods, {most} most",
        "by_method": "{least} matter least by {method}, {most} most",
        "one_layer": "layer {layers}",
        "many_layers": "layers {layers}",
        "nothing_scored": "No method says anything of this model",
        "clear_lead": "Layer {first} scores highest, clear of all others",
        "no_lead": "No layer stands out; all intervals overlap",
        "shared_lead": "Layers {tied} lead; their intervals overlap",
        "no_interval": "Layer {first} scores highest, layer {last} lowest",
        "ranking": "The methods together put layer {first} first and layer {last} last",
        "curve_holds": "{ratio} keeps {retention} of {metric}; {next_ratio} keeps {next_retention}",
        "curve_best": "{ratio} still keeps {retention} of {metric}",
        "curve_falls": "{ratio} already costs {loss} of {metric}",
        "curve_estimated": "Estimated: {ratio} keeps about {retention} of {metric}",
        "curve_empty": "Nothing is measured yet",
        "layer_free": "Without layer {layer}, {metric} does not change measurably",
        "layer_costs": "Without layer {layer}, {metric} falls by {loss}",
        "layer_costs_lower": "Without layer {layer}, {metric} rises by {loss}",
        "layer_gains_lower": "Without layer {layer}, {metric} even falls by {loss}",
        "layer_gains": "Without layer {layer}, {metric} even rises by {loss}",
        "layer_unmeasured": "What layer {layer} costs has not been measured",
        "points": "{value} points",
        # text alternatives
        "heatmap_alt": "Heatmap of {methods} methods by {layers} layers, dark is least and light is most important. "
        "{finding}.",
        "bars_alt": "Bar chart of {method} for {layers} layers. {finding}.",
        "curve_alt": "Quality against “{axis}”: {points}. {finding}.",
        "curve_point": "{place} {retention} ({state})",
        "dominated": "dominated",
        "knee_alt": "the knee",
        "strip_alt": "Strip of {layers} layers; removed: {removed}.",
        "none": "none",
        # searches, and what is done to a model beyond taking layers out
        "beam": "Beam",
        "evolutionary": "Evolutionary",
        "treated_linear_patch": "linear patch",
        "treated_distilled": "distilled",
        "treated_low_rank": "{share} low rank",
        # metrics whose name for people cannot be told from their own
        "metric_name_rmse": "RMSE",
        "metric_name_ndcg@10": "nDCG@10",
        "metric_name_image_mean_iou": "mean IoU",
        "metric_name_image_average_precision": "average precision",
    }
)
_CHINESE: Phrases = {
    **ENGLISH,
    **beside_chinese.CHINESE,
    **comparison_phrases.CHINESE,
    **layer_phrases.CHINESE,
    **lesson_phrases.CHINESE,
    **page_phrases.CHINESE,
    **phrases_chinese.CHINESE,
    **stack_phrases.CHINESE,
    **{f"method_{name}": words.title for name, words in methods_chinese.CHINESE.items()},
}
CHINESE: Phrases = MappingProxyType({key: Phrase(phrase) for key, phrase in _CHINESE.items()})
"""English where a phrase is missing, as one that a plug-in brings."""


def metric_name(name: str, phrases: Phrases = ENGLISH) -> str:
    """A metric's name for people: ``macro_f1`` becomes ``macro F1``."""
    known = phrases.get(f"metric_name_{name}")
    if known is not None:
        return known
    words = name.replace("_", " ")
    return words[:-2] + "F1" if words.endswith("f1") else words


def method_title(name: str, phrases: Phrases = ENGLISH) -> str:
    """A method's name for people, where nothing but its registered name is at hand."""
    return phrases.get(f"method_{name}") or sentence_case(name.replace("_", " "))


def sentence_case(words: str) -> str:
    """The first letter large, the others as they are; ``nDCG@10`` is left alone."""
    return words if words[1:2].isupper() else words[:1].upper() + words[1:]


def listed(words: Sequence[str], phrases: Phrases = ENGLISH) -> str:
    """Words as a list that is read: ``a, b and c``."""
    return numbers.listed(words, phrases["and"], phrases["comma"])


def layer_list(indices: Iterable[int], phrases: Phrases = ENGLISH) -> str:
    """Layer numbers as people say them: ``0, 1 and 4-6``."""
    return numbers.layers(indices, phrases["and"], phrases["comma"])
