"""What the What if page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.words.what_if_chinese import CHINESE

__all__ = ["CHINESE", "ENGLISH"]

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # what if
        "what_if_title": "What if layers were gone?",
        "analysis": "Analysis",
        "shipped_result": "The result that ships with the app",
        "what_if_gone_hint": "Choose another analysis, or start a new one.",
        "open_in_explore": "Open in Explore",
        "other_analysis": "Choose another analysis",
        "nothing_analysed_title": "Nothing has been analysed yet",
        "nothing_analysed": "What if starts from an analysis: it says which layers can go first.",
        "strategy": "Who chooses the layers",
        "strategy_help": "Greedy search measures every candidate at every step. The consensus and the single methods "
        "take out the lowest scores at once. Or click layers yourself.",
        "ratio": "Compression ratio (layers before / after)",
        "ratio_help": "Only these ratios exist for this model. The first and the last layer are protected from "
        "strategies.",
        "strip_title": "{kept} of {all} layers stay",
        "strip_note": "Click a layer to take it out or put it back. Strategies leave layers {protected} alone (marked "
        "below).",
        "by_keyboard": "Choose layers from a list",
        "removed_layers": "Layers that go",
        "keep_one": "At least one layer must stay.",
        "no_estimate_title": "There is nothing to estimate from",
        "no_estimate": "This analysis measured no single layers. Measure this choice, or run an analysis with layer "
        "ablation.",
        "estimate_note": "Estimated from layers and sets that were measured, with a 90 % error bar. Measuring builds "
        "the smaller model and tests it on examples that chose nothing.",
        "curve_key": "Filled and solid: measured, 95 % interval. Hollow and dotted: estimated, 90 % band",
        "curve_marks": "Dominated: another measured model is at least as good in both, and better in one beyond noise. "
        "Knee: farthest above the line between the ends (Kneedle). Triangle: healed. Square: smaller weights.",
        "quality_against": "Quality against",
        "against_layers": "Layers",
        "against_speedup": "Speed-up",
        "against_parameters": "Parameters",
        "against_memory": "Memory",
        "undo": "Undo",
        "redo": "Redo",
        "nothing_removed": "Nothing is taken out. Move the ratio or click on a layer.",
        "measure": "Measure it",
        "measure_help": "Builds the smaller model and measures quality, speed and size.",
        "export": "Export the smaller model",
        "export_help": "Builds it, measures it, writes it to disk, and checks in a fresh process that it computes the "
        "same.",
        # more than a cut
        "measure_more": "Heal it, make its weights smaller",
        "measure_heal": "Mend the gap",
        "measure_heal_help": "Linear patch: the last linear map before each gap is fitted anew in closed form. "
        "Distillation: a short training with the whole model as the teacher. Both learn from examples that neither "
        "choose layers nor measure the result, and are kept only where the loss falls.",
        "measure_unhealed": "Leave it",
        "measure_patch": "Linear patch",
        "measure_distill": "Distillation",
        "measure_lora": "LoRA",
        "measure_seconds": "Time for healing",
        "measure_seconds_help": "It ends earlier when the loss no longer falls.",
        "measure_store": "Weights",
        "measure_store_help": "Int8: weights of linear layers as whole numbers with one scale an output.",
        "measure_floats": "As they are",
        "measure_int8": "Int8",
        "measure_rank": "Low rank",
        "measure_rank_help": "Each linear layer inside the blocks becomes two thin ones that together have this share "
        "of its weights.",
        "measure_whole": "Whole",
        "measure_thin": "{share} of weights",
        "measure_cut_alone": "These figures are of the cut alone. What the rest of your choice changes is known once "
        "it is measured.",
        "measure_healed": "Healed: the loss on the search examples fell from {before} to {after} ({way}, {seconds}).",
        "measure_in_vain": "Healing made it worse, so the model was left as it was cut ({way}, {seconds}: the loss on "
        "the search examples was {before}, and {after} at best).",
        "measure_beside": "{metric} kept: {before} without healing, {after} with it.",
        "measure_count_int8": "{count} linear layers are int8 now.",
        "measure_count_thin": "{count} linear layers became two thin ones, which keep at least {least} of their "
        "outputs' energy.",
        # search
        "search": "Search for a smaller model",
        "search_strategy": "Search",
        "search_strategy_help": "Greedy: takes out, again and again, the layer whose absence costs least. Beam and "
        "evolutionary: begin with that and look for better sets of the same size. All of them measure whole sets and "
        "usually find better ones than scores do.",
        "search_ratio": "Ratio",
        "search_ratio_help": "Before / after. Leave it empty to go as far as the largest loss allows.",
        "search_of": "Ratio of",
        "search_of_help": "What the ratio counts. Time and FLOPs are those of one forward pass.",
        "search_layers": "layers",
        "search_parameters": "parameters",
        "search_flops": "FLOPs",
        "search_latency": "latency",
        "search_memory": "memory",
        "search_drop_points": "Largest loss (points)",
        "search_drop": "Largest loss",
        "search_drop_help": "How much {metric} may lose on the search examples. Leave it empty to allow any loss.",
        "search_seconds": "Time limit (s)",
        "search_seconds_help": "The search ends with the best that it has found by then. Leave it empty to let it "
        "spend what greedy search would.",
        "search_start": "Start the search",
        "search_start_help": "What it finds is built, measured, and becomes a point of the frontier; its strategy can "
        "be followed then.",
        "search_refused": "This goal cannot be searched for",
        # recipes
        "recipes": "Every measured model, and how to make it again ({count})",
        "recipes_caption": "Measured models with their recipes",
        "recipe_model": "Chosen and treated",
        "recipe_layers": "Layers kept, removed",
        "recipe_quality": "Quality kept",
        "recipe_memory": "Memory",
        "recipe_goal": "Goal",
        "recipe_seed": "Seed",
        "recipe_run": "Run",
        "recipe_standing": "Standing",
        "recipe_count": "{kept}, without {removed}",
        "recipe_ratio": "{ratio} {counted}",
        "recipe_drop_points": "at most {drop} points lost",
        "recipe_drop": "at most {drop} lost",
        "recipe_named": "these layers",
        "recipe_dominated": "dominated",
        "recipe_knee": "knee",
        "recipe_again": "This makes the model that is looked at again:",
        # orders
        "order_failed_title": "This order failed",
        "order_cancelled": "Nothing was measured.",
        "download": "Download the {layers}-layer model (zip, {size})",
        "reload_equal": "A fresh process has loaded it and computed the same outputs.",
        "not_equal_title": "The export is not offered",
        "not_equal": "A fresh process loaded it and did not compute the same outputs.",
    }
)
