"""Small relatives of the embedded models: other seeds, depths, shares of the training data, fewer steps.

What holds of two models may hold of them alone. These relatives are more models to learn from, each trained in
minutes on one thread; they are not shipped, and are less good than the embedded ones.

Each lies in a folder of its own, as an embedded model does: `load_model(folder)` loads it, and its examples are
`load_examples(model, folder / "sample.parquet")`. A folder whose card names the same training is complete, and is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis_core.zoo import Progress, Variation, train
from analysis_core.zoo.card import CARD, SAMPLE, read_json, write_json


@dataclass(frozen=True)
class Variant:
    """One relative: which recipe, from which seed, and in what it differs."""

    recipe: str
    seed: int
    variation: Variation

    @property
    def name(self) -> str:
        """Name of its folder, such as `vision-vit-depth4-seed1-data100`."""
        share = round(100 * self.variation.data_share)
        return f"{self.recipe}-depth{self.variation.depth}-seed{self.seed}-data{share}"


@dataclass(frozen=True)
class TrainedVariant:
    """A variant on disk, its accuracy, and that of the best answer that takes no model."""

    variant: Variant
    folder: Path
    accuracy: float
    trivial: float

    @property
    def sample(self) -> Path:
        """Its held-out examples, as a file for `load_examples` or `AnalysisConfig(data=…)`."""
        return self.folder / SAMPLE


_TABLE = MappingProxyType(
    {
        # recipe: (seed, depth, steps, share of the training data)
        "vision-vit": (
            (1, 4, 2200, 1.0),
            (2, 6, 1900, 1.0),
            (3, 8, 1700, 0.6),
            (4, 12, 1600, 1.0),
            (5, 10, 1800, 1.0),
            (6, 6, 2600, 0.4),
            (7, 12, 1600, 0.7),
        ),
        "text-bert": (
            (1, 4, 1800, 1.0),
            (2, 6, 1400, 1.0),
            (3, 8, 1100, 0.7),
            (4, 12, 850, 1.0),
            (5, 10, 950, 1.0),
        ),
    }
)


def _variants() -> Iterator[Variant]:
    """Text and vision in turn, so that training that is broken off leaves some of both."""
    texts, pictures = list(_TABLE["text-bert"]), list(_TABLE["vision-vit"])
    for place in range(max(len(texts), len(pictures))):
        for recipe, rows in (("vision-vit", pictures), ("text-bert", texts)):
            if place < len(rows):
                seed, depth, steps, share = rows[place]
                yield Variant(recipe, seed, Variation(depth, steps, share))


VARIANTS: tuple[Variant, ...] = tuple(_variants())

VARIED = tuple(_TABLE)
"""Names of the embedded models that have variants."""


def train_variants(
    out_dir: Path,
    progress: Progress | None = None,
    variants: Sequence[Variant] = VARIANTS,
    *,
    quick: bool = False,
) -> Iterator[TrainedVariant]:
    """Train what is not there yet, one after the other, and hand each out as soon as it is complete.

    Args:
        out_dir: one folder a variant is made below it; outside the repository, for they are not shipped.
        progress: told the share done of all variants and what is being done.
        variants: which ones.
        quick: the recipes' tiny versions, for tests.
    """
    for place, variant in enumerate(variants):
        folder = Path(out_dir) / variant.name
        if not _is_complete(variant, folder):
            _train(variant, folder, _part_of(progress, place, len(variants), variant.name), quick)
        yield _read(variant, folder)


def trained_variants(out_dir: Path, variants: Sequence[Variant] = VARIANTS) -> tuple[TrainedVariant, ...]:
    """Those that lie complete below a folder."""
    folders = {variant: Path(out_dir) / variant.name for variant in variants}
    return tuple(_read(variant, folder) for variant, folder in folders.items() if _is_complete(variant, folder))


def _train(variant: Variant, folder: Path, progress: Progress | None, quick: bool) -> None:
    """Train beside the folder and rename it at the end: a folder is whole or not there."""
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    card = train(variant.recipe, unfinished, progress, seed=variant.seed, quick=quick, variation=variant.variation)
    write_json(unfinished / CARD, _own_card(card, variant))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def _own_card(card: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """The recipe's card under the variant's own name: it must not pass for the embedded model."""
    return {**card, "id": f"variants/{variant.name}", "variation": asdict(variant.variation)}


def _is_complete(variant: Variant, folder: Path) -> bool:
    """Whether the folder holds this very variant: its name does not tell for how many steps it was trained."""
    if not (folder / CARD).exists():
        return False
    card = read_json(folder / CARD)
    return bool(card["seed"] == variant.seed and card.get("variation") == asdict(variant.variation))


def _part_of(progress: Progress | None, place: int, count: int, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda share, message: progress((place + share) / count, f"{name}: {message}")


def _read(variant: Variant, folder: Path) -> TrainedVariant:
    card = read_json(folder / CARD)
    return TrainedVariant(variant, folder, card["baseline"]["accuracy"], card["trivial"]["value"])
