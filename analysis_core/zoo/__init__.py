"""Recipes that train the embedded models again, from data that ships with well-kept packages.

Importing this package brings in no torch: the app may list the recipes, the worker runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis_core.errors import ConfigurationError, UnknownNameError

Progress = Callable[[float, str], None]
"""Told the share that is done (0 to 1) and what is being done."""

RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "audio-conformer": "analysis_core.zoo.audio_conformer",
        "audio-wav2vec2": "analysis_core.zoo.audio_wav2vec2",
        "audio-whisper": "analysis_core.zoo.audio_whisper",
        "rl-cartpole-policy": "analysis_core.zoo.rl_cartpole_policy",
        "rl-decision-transformer": "analysis_core.zoo.rl_decision_transformer",
        "tabular-ft-transformer": "analysis_core.zoo.tabular_ft_transformer",
        "tabular-resnet-mlp": "analysis_core.zoo.tabular_resnet_mlp",
        "text-bert": "analysis_core.zoo.text_bert",
        "text-bart": "analysis_core.zoo.text_bart",
        "text-bert-qa": "analysis_core.zoo.text_bert_qa",
        "text-bert-retrieval": "analysis_core.zoo.text_bert_retrieval",
        "text-gpt2": "analysis_core.zoo.text_gpt2",
        "text-llama": "analysis_core.zoo.text_llama",
        "text-t5": "analysis_core.zoo.text_t5",
        "graph-gat": "analysis_core.zoo.graph_gat",
        "graph-gcn": "analysis_core.zoo.graph_gcn",
        "graph-gin": "analysis_core.zoo.graph_gin",
        "multimodal-clip": "analysis_core.zoo.multimodal_clip",
        "multimodal-pixels": "analysis_core.zoo.multimodal_pixels",
        "vision-convnext": "analysis_core.zoo.vision_convnext",
        "vision-resnet": "analysis_core.zoo.vision_resnet",
        "tabular-sasrec": "analysis_core.zoo.tabular_sasrec",
        "vision-segformer": "analysis_core.zoo.vision_segformer",
        "vision-vit": "analysis_core.zoo.vision_vit",
        "vision-yolos": "analysis_core.zoo.vision_yolos",
    }
)
"""Name of an embedded model -> the module that trains it."""


@dataclass(frozen=True)
class Variation:
    """In what a model differs from the recipe's own; as it stands, in nothing.

    Args:
        depth: layers; None takes the recipe's.
        steps: batches that it learns from; None takes the recipe's.
        data_share: share of the training examples, 0 (excluded) to 1, that it sees; a seeded random choice.
    """

    depth: int | None = None
    steps: int | None = None
    data_share: float = 1.0

    def __post_init__(self) -> None:
        wrong = [
            name for name, value in (("depth", self.depth), ("steps", self.steps)) if value is not None and value < 1
        ]
        if wrong or not 0 < self.data_share <= 1:
            raise ConfigurationError(
                f"A model cannot be trained with this {wrong[0] if wrong else 'data_share'}.",
                where="variation",
                remedy="Use depths and steps of 1 or more, and shares above 0 up to 1.",
            )


AS_SHIPPED = Variation()


def train(
    name: str,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    seed: int = 0,
    quick: bool = False,
    variation: Variation = AS_SHIPPED,
) -> dict[str, Any]:
    """Train the embedded model `name` and write it to `out_dir`; returns its card.

    `quick` trains a tiny version in seconds: it shows that the recipe works, not what it can reach.

    Raises:
        UnknownNameError: there is no recipe of that name.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    recipe = import_module(RECIPES[name])
    card: dict[str, Any] = recipe.train(Path(out_dir), seed=seed, quick=quick, progress=progress, variation=variation)
    return card
