"""How a smaller model came about, so that it can be made again. No torch here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from analysis_core.results import CompressionOutcome
from analysis_core.vocabulary import HealWay, Quantization, RatioOf

HEALED: Mapping[str, str] = MappingProxyType({"linear": "linear patch", "distill": "distilled", "lora": "LoRA"})
"""How a model that was healed is called; other ways keep their own name."""


@dataclass(frozen=True)
class Treatment:
    """What is done to a model beyond taking layers out.

    Args:
        heal: what mends the gap.
        quantize: how linear layers that stay are stored.
        low_rank: share of the weights of each linear layer that stays, as two thin layers; None leaves them whole.
    """

    heal: HealWay = HealWay.NONE
    quantize: Quantization = Quantization.NONE
    low_rank: float | None = None

    @property
    def keeps_weights(self) -> bool:
        """Whether linear layers that stay keep the form of their weights."""
        return self.quantize is Quantization.NONE and self.low_rank is None

    @property
    def is_plain(self) -> bool:
        """Whether layers go and nothing else happens."""
        return self.heal is HealWay.NONE and self.keeps_weights


@dataclass(frozen=True)
class Recipe:
    """Everything that a measured model was asked to be.

    Args:
        removed: indices of the removed layers, ascending.
        strategy: how they were chosen.
        ratio: before / after as asked; None where layers were named, or a largest drop alone was asked for.
        ratio_of: what the ratio counts.
        largest_drop: how much of the metric was allowed to go, in its own unit.
        protected: layers that the strategy had to leave alone.
        treatment: what else was done.
        mended: whether healing made it better; where it did not, the model was left as it was cut.
        heal_seconds: how long healing took; None where nothing was healed.
        seed: of every random choice; None where it was not kept.
        run: the stored run, whose settings hold the rest; None where there is none.
    """

    removed: tuple[int, ...]
    strategy: str
    ratio: float | None = None
    ratio_of: RatioOf = RatioOf.LAYERS
    largest_drop: float | None = None
    protected: tuple[int, ...] = ()
    treatment: Treatment = Treatment()
    mended: bool = False
    heal_seconds: float | None = None
    seed: int | None = None
    run: str | None = None

    @property
    def whole_strategy(self) -> str:
        """How the layers were chosen, and what changed in those that stay, such as "greedy, distilled, int8"."""
        way, given = self.treatment.heal, self.treatment
        healed = [HEALED.get(way, way.value)] if self.mended else []
        thin = [f"{given.low_rank:.0%} low rank"] if given.low_rank is not None else []
        whole = [] if given.quantize is Quantization.NONE else [given.quantize.value]
        return ", ".join([self.strategy, *healed, *thin, *whole])

    def settings(self, *, search: bool = False) -> dict[str, Any]:
        """The recipe as settings of a :class:`~analysis_core.config.CompressionConfig`, without the model and its data.

        Args:
            search: whether the layers are to be looked for again. Otherwise they are named, which makes the very same
                model, however much time a search has; so it is where no goal was asked for.
        """
        made: dict[str, Any] = {"remove": self.removed}
        if search and (self.ratio is not None or self.largest_drop is not None):
            made = {
                "strategy": self.strategy, "target_ratio": self.ratio, "ratio_of": self.ratio_of,
                "largest_drop": self.largest_drop, "protect": self.protected,
            }  # fmt: skip
        if not self.treatment.is_plain:
            made |= {name: value for name, value in vars(self.treatment).items() if value not in (None, "none")}
        if self.heal_seconds is not None:
            made["heal_seconds"] = float(max(1, math.ceil(self.heal_seconds)))
        if self.seed is not None:
            made["seed"] = self.seed
        return made


def recipe_of(outcome: CompressionOutcome) -> Recipe:
    """How a measured model came about, read from what its run has left behind."""
    plan, healed, seed = outcome.plan, outcome.heal, outcome.provenance.get("seed")
    return Recipe(
        removed=plan.remove,
        strategy=plan.strategy,
        ratio=plan.ratio_asked,
        ratio_of=plan.ratio_of,
        largest_drop=plan.largest_drop,
        protected=plan.protected,
        treatment=treatment_of(outcome),
        mended=healed is not None and healed.helped,
        heal_seconds=healed.seconds if healed is not None else None,
        seed=seed if isinstance(seed, int) else None,
        run=outcome.run,
    )


def treatment_of(outcome: CompressionOutcome) -> Treatment:
    """What was done beyond taking layers out, also where it did not help."""
    way = HealWay(outcome.heal.way) if outcome.heal is not None else HealWay.NONE
    return Treatment(way, outcome.plan.quantize, outcome.plan.low_rank)


def is_treated_like(outcome: CompressionOutcome, treatment: Treatment) -> bool:
    """Whether a measured model is what this treatment gives.

    A model that healing could not better was left as it was cut: it is also what no healing gives.
    """
    found = treatment_of(outcome)
    in_vain = outcome.heal is not None and not outcome.heal.helped
    same_heal = found.heal is treatment.heal or (in_vain and treatment.heal is HealWay.NONE)
    return same_heal and (found.quantize, found.low_rank) == (treatment.quantize, treatment.low_rank)


def is_plain_cut(outcome: CompressionOutcome) -> bool:
    """Whether layers went and nothing else changed."""
    return is_treated_like(outcome, Treatment())


def python_call(config: str, settings: Mapping[str, Any]) -> str:
    """Python that starts a run again.

    Args:
        config: the class of its settings.
        settings: what it is given.
    """
    lines = "".join(f"    {name}={_written(value)},\n" for name, value in settings.items())
    return (
        "from analysis_core import service\n"
        f"from analysis_core.config import {config}\n\n"
        f"run = service.start({config}(\n{lines}))"
    )


def _written(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else repr(value)  # a member of an enumeration is its word
