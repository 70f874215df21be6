"""What runs are called. The store's own titles are English; another language makes them anew from the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from analysis_core.config import AnalysisConfig
from analysis_core.report.figures.curve import strategy_title
from analysis_core.results import RunView
from analysis_core.vocabulary import RatioOf, RunKind
from pages.ui import language, translated
from pages.ui.strings import layer_list, text

ALL = ("all",)


def title(view: RunView) -> str:
    """One line for lists: the model, and what was done with it."""
    if language.current() == "en":
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
        return text("run_without", layers=layer_list(removed)) if removed else text("run_whole")
    ratio, drop = settings.get("target_ratio"), settings.get("largest_drop")
    counted = settings.get("ratio_of", RatioOf.LAYERS)
    goal = [f"{ratio:g}x"] if ratio is not None else []
    goal += [text(f"search_{counted}")] if ratio is not None and counted != RatioOf.LAYERS else []
    goal += [text("run_drop", drop=f"{drop:g}")] if drop is not None else []
    return " ".join([*goal, strategy_title(str(settings.get("strategy", "")), language.phrases())])


def told_apart(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels by id, with the id behind those that several runs share: Streamlit's lists know an option by its words."""
    shared = Counter(labels.values())
    return {name: f"{label} · {name}" if shared[label] > 1 else label for name, label in labels.items()}
