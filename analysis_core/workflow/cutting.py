"""Cut a model, mend the gap, make what stays smaller, measure both, write the smaller one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from analysis_core.compression.exporting.export import export
from analysis_core.compression.exporting.reload import reload_equal
from analysis_core.compression.healing.better_state import check_apart
from analysis_core.compression.healing.heal import heal
from analysis_core.compression.measuring.measure import measure
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.compression.shrinking.shrink import shrink
from analysis_core.data.batches import Batch
from analysis_core.errors import DataError, ExportError
from analysis_core.models.base import UniversalModel
from analysis_core.models.sublayers import SublayerModel, in_blocks
from analysis_core.probe.runners import Progress
from analysis_core.results import CompressionPlan, HealReport, LinearChange, Measurement
from analysis_core.tasks import task_for
from analysis_core.vocabulary import HealWay

MOST_TRAINING_EXAMPLES = 4096
"""Healing is a short training; it holds no more examples in memory."""


@dataclass(frozen=True)
class Healing:
    """How the gap is mended, and with which examples.

    Args:
        way: what is done.
        training: examples to learn from.
        search: examples that chose the layers; they tell whether it helped.
        seconds: how long a training may take.
    """

    way: HealWay
    training: Sequence[Batch]
    search: Sequence[Batch]
    seconds: float = 60.0


@dataclass(frozen=True)
class CompressionResult:
    """A smaller model and what it costs.

    Attributes:
        model: the smaller network, a plain ``torch.nn.Module``.
        plan: which layers went.
        measurement: what the smaller model keeps and saves, on examples that had no part in choosing.
        universal: the same network as a :class:`UniversalModel`, to analyse again.
        heal: what healing changed; None where none was asked for.
        linear: what became of linear layers that stayed; empty where the plan keeps their weights.
    """

    model: nn.Module
    plan: CompressionPlan
    measurement: Measurement
    universal: UniversalModel
    example: Batch
    facts: Mapping[str, Any]
    heal: HealReport | None = None
    linear: tuple[LinearChange, ...] = ()

    def export(self, folder: str | Path, *, onnx: bool = False) -> Path:
        """Write a folder that loads without this project; returns its path.

        Args:
            folder: must not exist yet.
            onnx: whether ``model.onnx`` is written too. Where it cannot be, ``compression.json`` says why.

        Raises:
            ExportError: the folder exists or cannot be written, or what was written does not come back equal.
        """
        path = Path(folder)
        self.export_checked(path, onnx=onnx)
        return path

    def export_checked(self, folder: Path, *, onnx: bool = False) -> bool | None:
        """Write the folder, as :meth:`export` does, and load it in a fresh process.

        Returns:
            True when that process computed the same; None for a module that only its owner's code can build.

        Raises:
            ExportError: as :meth:`export`.
        """
        export(
            self.universal,
            folder,
            plan=self.plan,
            measurement=self.measurement,
            provenance=self.facts,
            linear=self.linear,
            heal=self.heal,
            onnx=self.example if onnx else None,
        )
        equal = reload_equal(self.universal, folder, self.example)
        if equal is False:
            raise ExportError(
                "A fresh process loaded the exported model, but its outputs differ.",
                where=str(folder),
                remedy="Do not use this export, and report the model's name.",
            )
        return equal


def cut_and_measure(
    model: UniversalModel,
    plan: CompressionPlan,
    test: Sequence[Batch],
    *,
    search: Sequence[Batch] = (),
    healing: Healing | None = None,
    latency_pairs: int = 15,
    seed: int = 0,
    facts: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> CompressionResult:
    """Remove the plan's layers from a copy, mend the gap, make what stays smaller if asked to, and measure both.

    Args:
        model: stays whole.
        plan: which layers go, and how the weights of those that stay are stored.
        test: examples that had no part in choosing them.
        search: examples that chose the layers; they also shape low-rank factors.
        healing: None leaves the gap as it is.
        latency_pairs, seed: see :func:`~analysis_core.compression.measuring.measure.measure`.
        facts: kept beside the result, for the record.
        progress: of the healing and the factorising; may raise to stop.

    Raises:
        SurgeryError: a layer cannot be removed, the gap cannot be mended in the way that was asked for, or what stays
            has nothing to quantise or to factorise.
        DataError: an example that healing learns from is among those that choose or measure, or low-rank factors are
            asked for without examples that may shape them.
    """
    task = task_for(model.task, model.modality)
    smaller = remove_layers(model, plan.remove)
    universal = compressed_model(model, smaller, plan.remove)
    healed: HealReport | None = None
    if healing is not None and healing.way is not HealWay.NONE:
        check_apart(healing.training, test, "test")
        healed = heal(
            model, universal, plan, healing.training, healing.search, task, healing.way,
            seconds=healing.seconds, seed=seed, progress=progress,
        )  # fmt: skip
    if plan.low_rank is not None and not search:
        raise DataError("There are no examples to shape low-rank factors.", remedy="Give those that chose the layers.")
    # Int8 is shaped by no example: one of the test shows no more than which layers run.
    linear = shrink(in_blocks(universal), plan, search or test[:1], progress=progress)
    if isinstance(universal, SublayerModel):
        universal = universal.moved(universal.base)
    measurement = measure(model, universal, test, task, latency_pairs=latency_pairs, seed=seed)
    return CompressionResult(smaller, plan, measurement, universal, test[0], dict(facts or {}), healed, linear)
