"""What a reader wants of a run, as its settings: this very choice measured, or a goal searched for. No streamlit."""

from __future__ import annotations

from typing import Any

from analysis_core.compression.space import Goal, SearchSpace
from analysis_core.config import CompressionConfig
from analysis_core.report import frontier
from analysis_core.report.recipes import Treatment
from analysis_core.results import CompressionPlan
from analysis_core.vocabulary import RatioOf
from pages.ui.what_if.choice import Source

HEAL_SECONDS = 30.0
_SHARED = ("data", "data_format", "data_columns", "data_companion", "batch_size", "max_samples", "seed", "device")
"""Settings that a compression takes over from its analysis."""


def measuring(
    source: Source,
    plan: CompressionPlan,
    treatment: Treatment | None = None,
    *,
    heal_seconds: float = HEAL_SECONDS,
    export: bool = False,
) -> CompressionConfig:
    """The run that builds and measures just these layers' removal, treated as asked for."""
    asked = treatment or Treatment()
    return CompressionConfig(
        **shared(source), remove=plan.remove, **vars(asked), heal_seconds=heal_seconds, export=export
    )


def searching(source: Source, **wish: Any) -> CompressionConfig:
    """The run that searches for a goal and measures what it finds.

    Args:
        source: where the reader chooses.
        wish: how it searches and for what, in the words of the settings: ``strategy``, ``target_ratio``, ``ratio_of``,
            ``largest_drop``, ``search_seconds``.

    Raises:
        ConfigurationError: the goal says nothing, or what cannot be.
        PlanError: so much cannot go, as far as it can be told from the layers alone.
    """
    config = CompressionConfig(**shared(source), **wish)
    _refuse_what_cannot_be(source, Goal(config.target_ratio, config.ratio_of, config.largest_drop))
    return config


def shared(source: Source) -> dict[str, Any]:
    """Settings that every run from this analysis shares: its model, its data, its seed."""
    return {
        "model_name": str(source.settings.get("model_name") or source.report.model["id"]),
        "source_run": source.name if source.stored else None,
        **{name: source.settings[name] for name in _SHARED if name in source.settings},
    }


def _refuse_what_cannot_be(source: Source, goal: Goal) -> None:
    """What layers and parameters tell at once; the other ratios take a run of the model."""
    layers = source.report.layers
    if goal.of is RatioOf.LAYERS:
        SearchSpace(layers, goal)
    elif goal.of is RatioOf.PARAMETERS:
        whole, _ = frontier.parameters_after(source.report, ())
        shares = {RatioOf.PARAMETERS: [layer.parameters / whole for layer in layers]}
        SearchSpace(layers, goal, shares)
