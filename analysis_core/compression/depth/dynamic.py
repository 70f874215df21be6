"""One model that changes its depth while it runs: nothing is loaded again, and all depths share the same weights.

Each depth is a skeleton of its own: what :mod:`~analysis_core.compression.removal.surgery` makes, except that it
holds the original's very weights. So a depth computes exactly what the really cut model computes, skipped blocks are
not run at all, per-layer caches and configurations fit, and changing depth is choosing another skeleton. A sequence
that is being generated goes on at the depth at which it began; the new depth holds from the next call on.

Threads may share a :class:`DynamicDepth`: a call reads the depth once, and no call changes a skeleton. Weights that are
trained or loaded in place change at every depth at once; after moving the original to another device, build it anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from analysis_core.compression.depth.depth_controller import ControlRule, DepthController, StreamReport
from analysis_core.compression.depth.depth_measures import least_ms, quality_of
from analysis_core.compression.depth.depth_targets import unknown_depth
from analysis_core.compression.depth.keep_sets import keep_sets_from_order, keep_sets_from_plan, keep_sets_from_subsets
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.models.base import UniversalModel
from analysis_core.probe.runners import Progress
from analysis_core.results import CompressionPlan
from analysis_core.tasks import task_for


class DynamicDepth:
    """A model at any of several depths; the full one is always among them, and the first.

    Args:
        model: the original; stays as it is.
        keep_sets: for each depth the indices of the layers that stay.
        progress: called with the done share and a few words while the depths are built; may raise to stop.

    Attributes:
        keep_sets: the kept layers by depth, from the full model down.
        qualities: the metric measured at each depth; empty until :meth:`measure_quality`.

    Raises:
        PlanError: a layer does not exist or cannot go.
        SurgeryError: the model cannot be cut so.
    """

    def __init__(
        self, model: UniversalModel, keep_sets: Iterable[Iterable[int]], *, progress: Progress | None = None
    ) -> None:
        full = {layer.index for layer in model.layers}
        removed = [sorted(full - set(kept)) for kept in keep_sets]
        self.keep_sets = keep_sets_from_subsets(model.layers, [*removed, []])
        self.qualities: dict[int, float] = {}
        self.task = task_for(model.task, model.modality)
        self._models: dict[int, UniversalModel] = {}
        for number, (depth, kept) in enumerate(self.keep_sets.items()):
            if progress is not None:
                progress(number / len(self.keep_sets), f"Building depth {depth}")
            self._models[depth] = _skeleton(model, sorted(full - set(kept)))
        self._depth = len(model.layers)

    @classmethod
    def from_order(
        cls, model: UniversalModel, removal_order: Iterable[int], *, progress: Progress | None = None
    ) -> DynamicDepth:
        """Nested depths: every layer of the order takes one more away.

        Raises:
            PlanError: a layer does not exist or cannot go, or none would be left.
            SurgeryError: the model cannot be cut so.
        """
        return cls(model, keep_sets_from_order(model.layers, removal_order).values(), progress=progress)

    @classmethod
    def from_plan(
        cls, model: UniversalModel, plan: CompressionPlan, *, progress: Progress | None = None
    ) -> DynamicDepth:
        """From the full model down to what a plan keeps.

        Raises:
            PlanError: the plan is of another model, or changes weights.
            SurgeryError: the model cannot be cut so.
        """
        return cls(model, keep_sets_from_plan(model.layers, plan).values(), progress=progress)

    @property
    def depths(self) -> tuple[int, ...]:
        """All depths, ascending: how many layers run."""
        return tuple(sorted(self.keep_sets))

    @property
    def depth(self) -> int:
        """How many layers the next call runs; assign another to change it.

        Raises:
            ConfigurationError: on assignment, there is no such depth.
        """
        return self._depth

    @depth.setter
    def depth(self, depth: int) -> None:
        if depth not in self.keep_sets:
            raise unknown_depth(depth, self.keep_sets)
        self._depth = depth

    @property
    def module(self) -> nn.Module:
        """The network at the present depth, in evaluation mode; it stays at this depth for as long as it is held."""
        return self._models[self._depth].module

    def at(self, depth: int) -> UniversalModel:
        """The model at a depth, to analyse, feed or export; shares the weights.

        Raises:
            ConfigurationError: there is no such depth.
        """
        if depth not in self._models:
            raise unknown_depth(depth, self.keep_sets)
        return self._models[depth]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the network returns at the present depth."""
        return self.module(*args, **kwargs)

    def forward(self, batch: Batch) -> Any:
        """Feed a batch, as :meth:`UniversalModel.forward` does."""
        return self._models[self._depth].forward(batch)

    def measure_latency(
        self, batch: Batch, rounds: int = 7, run: Callable[[UniversalModel], Any] | None = None
    ) -> dict[int, float]:
        """Milliseconds at each depth, as little as other programs allow: the least of several rounds, taken by turns.

        Args:
            batch: what is run.
            rounds: how often, after a warm-up.
            run: what is timed; None times one forward pass of the batch.
        """
        work = run or (lambda model: model.forward(batch))
        return least_ms(self._models, work, rounds)

    def measure_quality(self, batches: Iterable[Batch], *, progress: Progress | None = None) -> dict[int, float]:
        """The task's metric at each depth; kept in :attr:`qualities`.

        Raises:
            DataError: there are no examples, or they carry no targets.
            NumericalError: a loss is not finite.
        """
        listed = [batch.to(next(iter(self._models.values())).device) for batch in batches]
        if not listed:
            raise DataError("There are no examples to measure on.", remedy="Give at least one batch.")
        for number, depth in enumerate(self.depths):
            if progress is not None:
                progress(number / len(self.depths), f"Measuring depth {depth}")
            self.qualities[depth] = quality_of(self._models[depth], listed, self.task)
        return dict(self.qualities)

    def hold(
        self,
        batch: Batch,
        *,
        latency_ms: float | None = None,
        least_quality: float | None = None,
        costs: Mapping[int, float] | None = None,
        rule: ControlRule | None = None,
    ) -> HeldDepth:
        """A stream that holds a latency target, a quality target, or both, by changing depth.

        Args:
            batch: a typical call; tells what each depth costs on this machine while it is idle.
            latency_ms: what a call may take.
            least_quality: what the measured metric must reach; needs :meth:`measure_quality`.
            costs: milliseconds by depth where they are known already; None measures them.
            rule: how quickly the controller acts.

        Raises:
            ConfigurationError: no target, or a quality that was not measured.
            PlanError: no depth reaches the quality.
        """
        controller = DepthController(
            costs if costs is not None else self.measure_latency(batch),
            latency_ms=latency_ms,
            qualities=self.qualities,
            least_quality=least_quality,
            direction=self.task.direction,
            rule=rule,
        )
        return HeldDepth(self, controller)


class HeldDepth:
    """A stream of calls that a controller keeps within its target. For one thread.

    Args:
        dynamic: the model; its depth follows the controller's.
        controller: decides.
    """

    def __init__(self, dynamic: DynamicDepth, controller: DepthController) -> None:
        self.dynamic, self.controller = dynamic, controller
        dynamic.depth = controller.depth

    def __call__(self, batch: Batch) -> Any:
        """What the model returns for a batch, without gradients; how long it took decides the next call's depth."""
        return self.timed(lambda model: model.forward(batch))

    def timed(self, call: Callable[[UniversalModel], Any]) -> Any:
        """Run anything at the present depth, such as ``lambda model: model.module.generate(…)``, as one call."""
        depth = self.dynamic.depth
        model = self.dynamic.at(depth)
        began = time.perf_counter()
        with torch.inference_mode():
            answer = call(model)
            if model.device.type == "cuda":
                torch.cuda.synchronize(model.device)
        self.dynamic.depth = self.controller.observe((time.perf_counter() - began) * 1000, depth)
        return answer

    def report(self) -> StreamReport:
        """The stream so far; its quality is the mean of the measured quality of the depths used.

        Raises:
            ConfigurationError: there was no call yet.
        """
        return self.controller.report()


def _skeleton(model: UniversalModel, removed: list[int]) -> UniversalModel:
    module = remove_layers(model, removed, share_weights=True).eval()
    return compressed_model(model, module, removed)
