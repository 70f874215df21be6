"""What the What if page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
        "parts_title": "This analysis is of parts of blocks",
        "parts": "Only whole blocks can be taken out of a model. Choose an analysis of blocks above, or start one.",
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
        "nothing_removed": "Nothing is taken out. Move the ratio or click on a layer.",
        "measure": "Measure it",
        "measure_help": "Builds the smaller model and measures quality, speed and size.",
        "export": "Export the smaller model",
        "export_help": "Builds it, measures it, writes it to disk, and checks in a fresh process that it computes the "
        "same.",
        "search": "Search greedily to {ratio}",
        "search_help": "Takes out, again and again, the layer whose absence costs least.",
        "search_note": "A greedy search measures whole sets of layers and usually finds better ones than scores do.",
        "order_failed_title": "This order failed",
        "order_cancelled": "Nothing was measured.",
        "download": "Download the {layers}-layer model (zip, {size})",
        "reload_equal": "A fresh process has loaded it and computed the same outputs.",
        "not_equal_title": "The export is not offered",
        "not_equal": "A fresh process loaded it and did not compute the same outputs.",
    }
)
