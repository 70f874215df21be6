"""The library's front door: load a model, analyse its layers, plan, compress, export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from analysis_core.compression.depth.dynamic import DynamicDepth
from analysis_core.compression.plan import CONSENSUS, STRATEGIES
from analysis_core.compression.search import Budget, Goal, MeasuredSubsets
from analysis_core.config import AnalysisConfig, as_member, checked_share
from analysis_core.data.batches import Batch, as_batches
from analysis_core.errors import DataError, PlanError, UnknownNameError
from analysis_core.methods import METHODS
from analysis_core.methods.own import MethodRegistry
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import load_model, universal_model
from analysis_core.models.sublayers import cut_to, example_of
from analysis_core.probe.runners import Progress
from analysis_core.results import AnalysisReport, CompressionPlan, Layer
from analysis_core.vocabulary import Granularity, HealWay, ModalityType, Quantization, RatioOf, TaskType
from analysis_core.workflow.analysis import ResultListener, analyze
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.compression import compress_run
from analysis_core.workflow.cutting import MOST_TRAINING_EXAMPLES, CompressionResult, Healing, cut_and_measure
from analysis_core.workflow.examples import HEAL, SEARCH, TEST, configured_examples, prepare

__all__ = ["MethodRegistry", "UniversalLayerwiseAdapter", "compress_run", "create_analyzer"]


class UniversalLayerwiseAdapter:
    """One model, analysed and made smaller.

    Args:
        config: settings of the analysis.

    Attributes:
        registry: its methods; ``registry.add_method(name, Class)`` adds one, which analyses then run as well.
        model: the model once it is loaded.
        report: the last analysis.
    """

    def __init__(self, config: AnalysisConfig) -> None:
        self.config = config
        self.registry = MethodRegistry()
        self.model: UniversalModel | None = None
        self._finer: UniversalModel | None = None
        self.report: AnalysisReport | None = None
        self._batches: tuple[Batch, ...] = ()
        self._measured: MeasuredSubsets | None = None
        self._own_loader = False
        self._built_in = set(self.registry.names())

    def load_model(self, module: nn.Module | UniversalModel | None = None) -> UniversalModel:
        """Load the configured model, or take a module of your own.

        Args:
            module: any ``torch.nn.Module``, or a model that is already taken apart; None loads ``config.model_name``.

        Raises:
            ModelError: it cannot be loaded, or has no layers to speak of.
            UnknownNameError: no model, task or modality of that name.
        """
        task, modality = self.config.task_type, self.config.modality_type
        if isinstance(module, UniversalModel):
            self.model = module
        elif module is not None:
            self.model = universal_model(
                module,
                name=self.config.model_name,
                task=task or TaskType.CLASSIFICATION,
                modality=modality or ModalityType.TEXT,
                layers=self.config.layer_pattern,
            )
        else:
            self.model = load_model(
                self.config.model_name,
                task=task,
                modality=modality,
                device=self.config.device,
                layers=self.config.layer_pattern,
            )
        self.report, self._batches, self._finer = None, (), None
        return self.model

    def analyze_importance(
        self,
        data_loader: Iterable[Any] | None = None,
        *,
        progress: Progress | None = None,
        on_result: ResultListener | None = None,
        on_layers: Callable[[Sequence[Layer]], None] | None = None,
    ) -> AnalysisReport:
        """Score every layer by every configured method, and by those added to the registry.

        Args:
            data_loader: yields ``(inputs, targets)``, dictionaries with ``labels``, or
                :class:`~analysis_core.data.batches.Batch`; None takes ``config.data`` or the model's own sample.
            progress: called with the done share, 0 … 1, and a few words; may raise to stop.
            on_result: called with each method's result as soon as it is complete.
            on_layers: called once with the layers that will be scored, before the first result.

        Raises:
            UnknownNameError: a configured method does not exist.
            DataError: there are no examples, or they do not fit the model.
            NumericalError: a loss is not finite.
        """
        config = self.config
        methods = {name: self.registry.get(name) for name in self._method_names()}
        model = self._loaded()
        facts: Any
        if data_loader is None:
            examples = configured_examples(model, config)
            part = prepare(model, examples, SEARCH, config.batch_size, config.max_samples, config.seed)
            batches, facts = part.batches, part.facts
        else:
            batches = tuple(as_batches(data_loader, config.max_samples))
            facts = {"name": "data loader", "examples": sum(batch.size for batch in batches)}
            observe = getattr(model, "observe", None)
            if observe is not None:
                observe(batches[0].select(0, 1))
        self._batches, self._own_loader, self._measured = batches, data_loader is not None, None
        model = self._cut(batches)
        if on_layers is not None:
            on_layers(model.layers)
        self.report = analyze(model, batches, config, methods, data=facts, progress=progress, on_result=on_result)
        return self.report

    def generate_compression_plan(
        self,
        target_ratio: float | None = 2.0,
        strategy: str = CONSENSUS,
        *,
        ratio_of: str = "layers",
        largest_drop: float | None = None,
        protect: Iterable[int] | None = None,
        budget: Budget | None = None,
        progress: Progress | None = None,
    ) -> CompressionPlan:
        """Choose the layers to remove; runs the analysis first if there is none yet.

        Args:
            target_ratio: before / after; None removes as much as ``largest_drop`` allows.
            strategy: ``"consensus"`` or a method's name (one-shot); ``"greedy"``, ``"beam"`` or ``"evolutionary"``
                (measured removal).
            ratio_of: what the ratio counts: ``"layers"``, ``"parameters"``, ``"flops"``, ``"latency"`` or ``"memory"``.
            largest_drop: how much of the metric may be lost, in its own unit, on the examples of the analysis.
            protect: layers that must stay; None protects the first and the last one.
            budget: what a measured removal may cost.
            progress: as in :meth:`analyze_importance`.

        Raises:
            PlanError: the goal cannot be reached, or its parts contradict each other; what is possible is named.
            UnknownNameError: there is no such strategy, or nothing of that name to count.
        """
        goal = Goal(target_ratio, as_member("ratio", RatioOf, ratio_of), largest_drop)
        report = self.report or self.analyze_importance()
        if strategy not in STRATEGIES and strategy not in report:
            raise UnknownNameError("strategy", strategy, [*STRATEGIES, *report.methods])
        if self._measured is None:
            self._measured = MeasuredSubsets(report.measured)
        plan, _ = choose_layers(
            self._cut(self._batches),
            self._batches,
            goal,
            strategy,
            report=report,
            measured=self._measured,
            protect=tuple(protect) if protect is not None else None,
            budget=budget,
            seed=self.config.seed,
            progress=progress,
        )
        return plan

    def compress(
        self,
        plan: CompressionPlan,
        heal: str = "none",
        *,
        quantize: str | None = None,
        low_rank: float | None = None,
        test_loader: Iterable[Any] | None = None,
        heal_loader: Iterable[Any] | None = None,
        heal_seconds: float = 60.0,
        latency_pairs: int = 15,
        progress: Progress | None = None,
    ) -> CompressionResult:
        """Remove the plan's layers from a copy of the model, mend the gap and make the rest smaller, and measure that.

        Args:
            plan: from :meth:`generate_compression_plan`.
            heal: what mends the gap: ``"none"``, ``"linear"`` (a patch in closed form), ``"distill"`` (a short
                training with the whole model as the teacher) or ``"lora"`` (the same training of adapters alone, which
                are merged; needs peft); see :mod:`analysis_core.compression.healing.heal`.
            quantize: how linear layers that stay are stored: ``"none"`` or ``"int8"``; None does as the plan says.
            low_rank: share of the weights, above 0 and at most 1, that each linear layer inside the blocks keeps, as
                two thin layers; None does as the plan says.
            test_loader: examples to measure on; needed when the analysis ran on a loader of yours, because the
                examples that chose the layers must not judge them. None takes the model's own test examples.
            heal_loader: examples to learn from, likewise. None takes the model's own training examples.
            heal_seconds: how long a training may take.
            latency_pairs: how many interleaved pairs of timings are taken.
            progress: of the healing; may raise to stop.

        Raises:
            UnknownNameError: there is no such way to heal or to quantise.
            ConfigurationError: no such share of weights can stay.
            SurgeryError: a layer cannot be removed, this model's gaps cannot be mended in that way, or it has no linear
                layers to make smaller.
            DataError: there are no examples to measure on or to learn from, or some of them chose the layers.
        """
        way = as_member("way to heal", HealWay, heal)
        if quantize is not None:
            plan = replace(plan, quantize=as_member("quantisation", Quantization, quantize))
        if low_rank is not None:
            plan = replace(plan, low_rank=checked_share(low_rank))
        test = self._part(TEST, test_loader, "test_loader", "must not judge them")
        healing = None
        if way is not HealWay.NONE:
            training = self._part(HEAL, heal_loader, "heal_loader", "tell whether healing helped")
            healing = Healing(way, training, self._batches or self._part(SEARCH), heal_seconds)
        search = () if plan.low_rank is None else self._batches or self._part(SEARCH)
        return cut_and_measure(
            self._cut(self._batches or test),
            plan,
            test,
            search=search,
            healing=healing,
            latency_pairs=latency_pairs,
            seed=self.config.seed,
            facts=self.report.provenance if self.report is not None else {},
            progress=progress,
        )

    def dynamic(
        self,
        plan_or_order: CompressionPlan | Iterable[int],
        *,
        test_loader: Iterable[Any] | None = None,
        progress: Progress | None = None,
    ) -> DynamicDepth:
        """The model at any depth, changed while it runs, with its metric measured at each depth.

        Args:
            plan_or_order: a plan, down to whose depth the model goes, or layers in the order in which they go.
            test_loader: examples to measure on, as in :meth:`compress`.
            progress: of the building and the measuring; may raise to stop.

        Raises:
            PlanError: a layer does not exist or cannot go, layers are no whole blocks, or the plan changes the weights
                of those that stay.
            SurgeryError: the model cannot be cut so.
            DataError: there are no examples to measure on.
        """
        model = self._loaded()
        if self.config.granularity is not Granularity.BLOCK:
            raise PlanError("A depth that changes counts whole blocks.", remedy="Choose granularity 'block'.")
        if isinstance(plan_or_order, CompressionPlan):
            found = DynamicDepth.from_plan(model, plan_or_order, progress=progress)
        else:
            found = DynamicDepth.from_order(model, plan_or_order, progress=progress)
        found.measure_quality(self._part(TEST, test_loader, "test_loader", "must not judge them"), progress=progress)
        return found

    def _part(
        self, split: str, loader: Iterable[Any] | None = None, argument: str = "", why: str = ""
    ) -> tuple[Batch, ...]:
        """The examples of a loader, or one part of the model's own.

        Raises:
            DataError: the analysis ran on a loader, so that the model's own examples are another data set.
        """
        if loader is not None:
            return tuple(as_batches(loader))
        if self._own_loader:
            raise DataError(
                f"The examples of the analysis chose the layers and {why}.",
                where="compress",
                remedy=f"Pass other examples as {argument}.",
            )
        model, config = self._loaded(), self.config
        limits = {SEARCH: config.max_samples, HEAL: MOST_TRAINING_EXAMPLES}
        examples = configured_examples(model, config)
        return prepare(model, examples, split, config.batch_size, limits.get(split), config.seed).batches

    def _method_names(self) -> list[str]:
        asked = self.config.analysis_methods
        added = [name for name in self.registry.names() if name not in self._built_in]
        chosen = sorted(self._built_in) if "all" in asked else list(asked)
        return list(dict.fromkeys([*chosen, *added]))

    def _cut(self, batches: Sequence[Batch]) -> UniversalModel:
        """The model with layers of the configured size."""
        model, granularity = self._loaded(), self.config.granularity
        if granularity is not Granularity.BLOCK and self._finer is None:
            self._finer = cut_to(model, granularity, example_of(batches))
        return self._finer or model

    def _loaded(self) -> UniversalModel:
        return self.model if self.model is not None else self.load_model()


def create_analyzer(
    model_name: str = "model",
    task_type: str | TaskType | None = None,
    modality_type: str | ModalityType | None = None,
    analysis_methods: Iterable[str] | str | None = None,
    **settings: Any,
) -> UniversalLayerwiseAdapter:
    """An adapter from plain words; see :class:`~analysis_core.config.AnalysisConfig` for all settings.

    Raises:
        UnknownNameError: a task, modality, method or setting of that name does not exist.
    """
    if analysis_methods is not None:
        settings["analysis_methods"] = analysis_methods
    config = AnalysisConfig.from_dict(
        {"model_name": model_name, "task_type": task_type, "modality_type": modality_type, **settings}
    )
    for name in config.analysis_methods:
        if name != "all":
            METHODS.get(name)
    return UniversalLayerwiseAdapter(config)
