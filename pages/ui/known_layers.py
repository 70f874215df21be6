"""The layers of a model whose result is not at hand: by what its run has written down, or by the model's card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis_core import service
from analysis_core.models import catalog
from analysis_core.results import Layer, RunView
from analysis_core.vocabulary import Granularity, LayerKind


def of_analysis(view: RunView) -> Sequence[Layer]:
    """What an analysis scores, also before it has a result; none where nobody knows yet."""
    return service.layers_of(view.id) or of_card(view.config)


def of_compression(settings: Mapping[str, Any]) -> Sequence[Layer]:
    """What the layer numbers in a compression's settings count; none where that is not known."""
    source = settings.get("source_run")
    return service.layers_of(str(source)) if source else of_card(settings)


def of_card(settings: Mapping[str, Any]) -> Sequence[Layer]:
    """The blocks of an embedded model; of its parts and stages nothing is known before it is loaded."""
    card = catalog.card_of(settings.get("model_name"))
    if card is None or (settings.get("granularity") or Granularity.BLOCK) != Granularity.BLOCK:
        return ()
    stacks = [stack for stack, blocks in card.stacks.items() for _ in range(blocks)] or [""] * card.layers
    return [Layer(index, stack, LayerKind.OTHER, "", 0, stack=stack) for index, stack in enumerate(stacks)]
