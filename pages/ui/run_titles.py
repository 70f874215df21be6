"""What runs are called.

The store's own titles are English, and number removed layers: these, and those for another language, are made anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from analysis_core.config import AnalysisConfig
from analysis_core.report.columns import columns_of
from analysis_core.report.figures.curve import strategy_title
from analysis_core.report.layer_names import named_list
from analysis_core.results import RunView
from analysis_core.vocabulary import RatioOf, RunKind
from pages.ui import known_layers, language, translated
from pages.ui.strings import text

ALL = ("all",)


def title(view: RunView) -> str:
    """One line for lists: the model, and what was done with it."""
    if language.current() == "en" and not _by_stacks(view.config):
        return view.title
    model = view.title.partition(" · ")[0]
    aim = _analysis(view.config) if view.kind == RunKind.ANALYSIS else _compression(view.config)
    return f"{model} · {aim}"


def _analysis(settings: Mapping[str, Any]) -> str:
    methods = AnalysisConfig.from_dict(settings).analysis_methods
    if methods == ALL:
        return text("run_all_methods")
    return translated.method_title(methods[0]) if len(methods) == 1 else text("run_methods", count=len(methods))


def _compression(settings: Mapping[str, Any]) -> str:
    removed = settings.get("remove")
    if removed is not None:
        return text("run_without", layers=_named(settings, removed)) if removed else text("run_whole")
    ratio, drop = settings.get("target_ratio"), settings.get("largest_drop")
    counted = settings.get("ratio_of", RatioOf.LAYERS)
    goal = [f"{ratio:g}x"] if ratio is not None else []
    goal += [text(f"search_{counted}")] if ratio is not None and counted != RatioOf.LAYERS else []
    goal += [text("run_drop", drop=f"{drop:g}")] if drop is not None else []
    return " ".join([*goal, strategy_title(str(settings.get("strategy", "")), language.phrases())])


def _by_stacks(settings: Mapping[str, Any]) -> bool:
    """Whether layers were removed that are named by their stacks."""
    return bool(settings.get("remove")) and bool(columns_of(known_layers.of_compression(settings)).panels)


def _named(settings: Mapping[str, Any], removed: Sequence[int]) -> str:
    """Removed layers, by their stacks where these are known."""
    phrases = language.phrases()
    named = named_list(removed, known_layers.of_compression(settings), phrases)
    return phrases["one_layer" if len(removed) == 1 else "many_layers"].format(layers=named)


def told_apart(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels by id, with the id behind those that several runs share: Streamlit's lists know an option by its words."""
    shared = Counter(labels.values())
    return {name: f"{label} · {name}" if shared[label] > 1 else label for name, label in labels.items()}
