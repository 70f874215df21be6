"""Model cards: what the embedded models are, read from their folders. Plain data, no torch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_core.errors import ModelError, UnknownNameError
from analysis_core.resources import assets_folder
from analysis_core.vocabulary import ModalityType, TaskType

CARD_FILE = "card.json"
ZOO_PREFIX = "zoo/"


@dataclass(frozen=True)
class ModelCard:
    """What is known of an embedded model; written by the recipe that trained it.

    Args:
        id: name by which it is loaded, e.g. ``"zoo/text-bert"``.
        title: name for people.
        modality, task: what it reads and what it does.
        library: whose classes it is made of: ``"transformers"`` or ``"timm"``.
        loader: class or architecture name in that library.
        architecture: family name for people.
        layers: how many repeated blocks.
        hidden_size: width of a block's output.
        parameters: how many numbers it learns.
        description: one or two sentences.
        labels: names of the classes, by index.
        baseline: metrics on the held-out sample, with ``examples`` and ``split``.
        metric, metric_direction: the task's main metric, and which end of it is good.
        trivial: the main metric of the best answer that takes no model, and what that answer is: ``value``, ``how``.
        use: further facts that the model is used by, such as the environment that a policy acts in.
        stacks: how many layers each stack of blocks holds, by its path.
        data: name, description and licence of the data.
        recipe: module that trains it again.
        seed: of that training.
        train_seconds: what it took.
        sha256: checksums of the files, by file name.
        folder: where the files lie.
    """

    id: str
    title: str
    modality: ModalityType
    task: TaskType
    library: str
    loader: str
    architecture: str
    layers: int
    hidden_size: int
    parameters: int
    description: str
    labels: tuple[str, ...]
    baseline: Mapping[str, Any]
    metric: str = "accuracy"
    metric_direction: str = "higher"
    trivial: Mapping[str, Any] = field(default_factory=dict)
    use: Mapping[str, Any] = field(default_factory=dict)
    stacks: Mapping[str, int] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = ""
    seed: int = 0
    train_seconds: float = 0.0
    sha256: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def sample_path(self) -> Path:
        """The Parquet file with the held-out examples."""
        return self.folder / "sample.parquet"

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON types, without the folder (which is the machine's, not the model's)."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "folder"}
        return values | {
            "modality": str(self.modality),
            "task": str(self.task),
            "labels": list(self.labels),
            "baseline": dict(self.baseline),
            "data": dict(self.data),
            **{name: dict(getattr(self, name)) for name in ("sha256", "trivial", "use", "stacks")},
        }


def zoo_folder() -> Path:
    """Where the embedded models lie."""
    return assets_folder() / "zoo"


def catalog(folder: Path | None = None) -> tuple[ModelCard, ...]:
    """The cards of all embedded models, sorted by id.

    Args:
        folder: where to look; None takes :func:`zoo_folder`.

    Raises:
        ModelError: a card that cannot be read.
    """
    root = zoo_folder() if folder is None else folder
    paths = sorted(root.glob(f"*/{CARD_FILE}"))
    return tuple(_read_card(path, path.stat().st_mtime_ns) for path in paths)


def card_of(model: object) -> ModelCard | None:
    """The card of the model that a run or a report names by id; None where it is no embedded one."""
    return next((card for card in catalog() if card.id == model), None)


def find_card(name: str, folder: Path | None = None) -> ModelCard:
    """The card of an embedded model, by id, with or without ``zoo/``.

    Raises:
        UnknownNameError: there is none; the message proposes the nearest one.
    """
    cards = {card.id: card for card in catalog(folder)}
    wanted = name if name.startswith(ZOO_PREFIX) else ZOO_PREFIX + name
    if wanted not in cards:
        raise UnknownNameError("model", name, cards)
    return cards[wanted]


def local_hub_cache(folder: Path | None = None) -> tuple[str, ...]:
    """Ids of the models that the local Hugging Face cache holds with weights, sorted.

    Args:
        folder: the cache; None takes the one that Hugging Face's own tools use.
    """
    root = _hub_cache_folder() if folder is None else folder
    complete = [place.name for place in root.glob("models--*") if any(place.glob("snapshots/*/*.safetensors"))]
    return tuple(sorted(name.removeprefix("models--").replace("--", "/") for name in complete))


def cached_model_folder(name: str, folder: Path | None = None) -> Path | None:
    """The newest copy of a hub model in the local cache that has weights and a configuration; None where there is none.

    Args:
        name: hub id, such as ``"google-bert/bert-base-uncased"``.
        folder: the cache; None takes the one that Hugging Face's own tools use.
    """
    whole = [path for path in _cached_configurations(name, folder) if any(path.parent.glob("*.safetensors"))]
    return whole[-1].parent if whole else None


def cached_configuration(name: str, folder: Path | None = None) -> Path | None:
    """The newest ``config.json`` of a hub model in the local cache, also without weights; None where there is none."""
    return next(reversed(_cached_configurations(name, folder)), None)


def _cached_configurations(name: str, folder: Path | None) -> list[Path]:
    """The configurations of a hub model in the cache, the newest last."""
    root = _hub_cache_folder() if folder is None else folder
    copies = (root / f"models--{name.replace('/', '--')}" / "snapshots").glob("*/config.json")
    return sorted(copies, key=lambda path: path.stat().st_mtime_ns)


def _hub_cache_folder() -> Path:
    """As documented in huggingface_hub's guide "Environment variables"."""
    home = os.environ.get("HF_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or os.path.join(home, "hub")).expanduser()


@lru_cache(maxsize=64)
def _read_card(path: Path, modified_ns: int) -> ModelCard:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        known = {name: values[name] for name in ModelCard.__dataclass_fields__ if name in values}
        parsed = {
            "modality": ModalityType(values["modality"]),
            "task": TaskType(values["task"]),
            "labels": tuple(values["labels"]),
            "folder": path.parent,
        }
        return ModelCard(**{**known, **parsed})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The model's card cannot be read: {error}.",
            where=str(path),
            remedy="Train the model again with `layerwise zoo train`, or take its folder out of the zoo.",
        ) from error
