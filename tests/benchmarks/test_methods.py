"""All methods together: what sharing one pass saves, what everything costs, and how others do on the same data."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from backpack import backpack, extend
from backpack.extensions import BatchL2Grad
from captum.attr import LayerConductance
from torch import nn

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.insight.cost import predicted_seconds
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.probe.attention import eager_attention
from analysis_core.probe.conductance import run_conductance
from analysis_core.probe.measure import measure
from analysis_core.probe.needs import Need, PathConductance, PerExampleGradientNorms, Served
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.probe.subject import Subject
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.calibration import calibrate
from tests.benchmarks.subjects import SUBJECTS, zoo
from tests.benchmarks.test_speed import plain_step
from tests.benchmarks.timing import ratio, seconds
from tests.reference.spectra import weightwatcher_details
from tests.toys import NamedLayersModel

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]


def needs_of(name: str) -> tuple[Need, ...]:
    method = METHODS.get(name)
    return method.needs(AnalysisConfig(analysis_methods=(name,))) if isinstance(method, ProbeMethod) else ()


def shared_only() -> dict[str, tuple[Need, ...]]:
    """The methods that need nothing but the shared pass, with what they need."""
    found = {name: needs_of(name) for name in METHODS.names()}
    served = {name: all(need.served is Served.SHARED for need in needs) for name, needs in found.items()}
    return {name: needs for name, needs in found.items() if needs and served[name] and name != "meta_learning"}


def plain_eager_step(model: UniversalModel, batches: Sequence[Batch]) -> None:
    with eager_attention(model.module):
        plain_step(model, batches)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_methods_of_the_shared_pass_together(subject: str, record: Record) -> None:
    model, batches = SUBJECTS[subject]()
    task, methods = task_for(model.task), shared_only()
    union = [need for needs in methods.values() for need in needs]

    def together() -> Any:
        return run_shared_pass(model, batches, task, union)

    def one_by_one() -> None:
        for needs in methods.values():
            run_shared_pass(model, batches, task, needs)

    shared = ratio(together, lambda: plain_eager_step(model, batches))
    apart = ratio(one_by_one, together, rounds=3)
    statistics = together()
    own = {
        name: sum(statistics.seconds[need] for need in needs) / shared.reference_seconds
        for name, needs in methods.items()
    }
    share = ", ".join(f"{name} {part:.2f}" for name, part in sorted(own.items(), key=lambda item: -item[1]))
    record(f"{len(methods)} shared methods / plain eager forward+backward, {subject}", shared.value, 1.5, str(shared))
    record(f"the same one by one / together, {subject}", apart.value, 5.0, f"{apart}; shares of a step: {share}")


def test_all_methods_on_text_bert(record: Record) -> None:
    model, batches = zoo("zoo/text-bert", 256)
    names = tuple(METHODS.names())
    config = AnalysisConfig(model_name="zoo/text-bert", analysis_methods=names, max_samples=256)
    began, first = time.perf_counter(), []
    report = analyze(
        model, batches, config, {name: METHODS.get(name) for name in names},
        on_result=lambda _result: first.append(time.perf_counter() - began),
    )  # fmt: skip
    took = time.perf_counter() - began
    costs = ", ".join(f"{name} {result.seconds:.1f}" for name, result in report.methods.items())
    record(f"all {len(names)} methods, text-bert, 256 examples, seconds", took, 90, costs)
    record("first method's scores, text-bert, 256 examples, seconds", first[0], 3.0)
    assert took <= 90


@pytest.mark.parametrize("subject", ["zoo/text-bert", "zoo/vision-vit"])
@pytest.mark.parametrize("examples", [64, 256])
def test_predicted_cost(subject: str, examples: int, record: Record) -> None:
    """Each method alone and all together: predicted seconds against real ones."""
    model, batches = zoo(subject, examples)
    every = tuple(METHODS.names())
    speed = calibrate(
        model, batches, AnalysisConfig(analysis_methods=every), {name: METHODS.get(name) for name in every}
    )
    ratios = {}
    for names in [(name,) for name in METHODS.names()] + [tuple(METHODS.names())]:
        config = AnalysisConfig(model_name=subject, analysis_methods=names)
        methods = {name: METHODS.get(name) for name in names}
        real = min(seconds(lambda m=methods, c=config: analyze(model, batches, c, m)) for _ in range(2))
        needs = {name: needs_of(name) for name in names}
        ratios["all" if len(names) > 1 else names[0]] = predicted_seconds(needs, speed, examples) / real
    worst = max(ratios.values(), key=lambda value: abs(np.log(value)))
    note = ", ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    record(f"predicted / real seconds of all methods, {subject}, {examples} examples", ratios["all"], None, note)
    record(f"worst predicted / real seconds of one method, {subject}, {examples} examples", worst, None, "goal 0.7-1.3")


class ConvolutionalClassifier(nn.Sequential):
    """Plain convolutions, because BackPACK cannot follow residual sums by itself."""

    def __init__(self, channels: int = 32, depth: int = 6, classes: int = 10) -> None:
        blocks = [nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()) for _ in range(depth)]
        super().__init__(
            nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.ReLU()),
            *blocks,
            nn.Flatten(),
            nn.Linear(channels * 12 * 12, classes),
        )


def backpack_norms(net: nn.Module, batches: Sequence[Batch], depth: int) -> np.ndarray:
    """Per-example squared gradient norms of each block, by BackPACK's BatchL2Grad."""
    criterion, rows = extend(nn.CrossEntropyLoss(reduction="sum")), []
    for batch in batches:
        with backpack(BatchL2Grad()):
            criterion(net(batch.inputs), batch.targets).backward()
        rows.append(
            torch.stack([sum(w.batch_l2 for w in net[index].parameters()) for index in range(1, depth + 1)], dim=1)
        )
        net.zero_grad(set_to_none=True)
    return torch.cat(rows).double().numpy()


@pytest.mark.filterwarnings("ignore:Full backward hook:UserWarning")  # BackPACK's hooks on a frozen first layer
def test_fisher_against_backpack(record: Record) -> None:
    torch.manual_seed(0)
    depth, net = 6, ConvolutionalClassifier()
    model = NamedLayersModel(net, [str(i) for i in range(1, depth + 1)], LayerKind.CONVOLUTION)
    pictures, labels = torch.randn(128, 1, 12, 12), torch.randint(10, (128,))
    batches = [Batch(pictures[i : i + 32], labels[i : i + 32], 32, first=i) for i in range(0, 128, 32)]
    twin, need = extend(copy.deepcopy(net)), PerExampleGradientNorms()
    for name, weight in twin.named_parameters():
        weight.requires_grad_(name.split(".")[0] in map(str, range(1, depth + 1)))
    ours = run_shared_pass(model, batches, task_for(model.task), [need])[need]
    np.testing.assert_allclose(ours, backpack_norms(twin, batches, depth), rtol=1e-3)
    found = ratio(
        lambda: run_shared_pass(model, batches, task_for(model.task), [need]),
        lambda: backpack_norms(twin, batches, depth),
    )
    record("exact Fisher / BackPACK, convolutional net", found.value, 1.0, f"equal norms; {found}")


def test_conductance_against_captum(record: Record) -> None:
    """All 12 layers of the vision model, 16 examples, as many steps as ours; that results agree is an ordinary test."""
    model, batches = zoo("zoo/vision-vit", 16)
    batch, need = batches[0].select(0, 16), PathConductance()
    task = task_for(model.task)
    subject = Subject(model, task, [batch])

    def log_likelihood(pictures: torch.Tensor) -> torch.Tensor:
        times = len(pictures) // batch.size
        return -task.losses(model.module(pictures), Batch(pictures, batch.targets.repeat(times), len(pictures)))

    def captum() -> None:
        for layer in model.layer_modules:
            LayerConductance(log_likelihood, layer).attribute(batch.inputs, n_steps=need.steps, internal_batch_size=32)

    found = ratio(lambda: run_conductance(need, subject, lambda _done, _message: None), captum, rounds=3)
    record("conductance of 12 layers / Captum layer by layer, vision-vit", found.value, 1.0, str(found))


@pytest.mark.parametrize("name", ["zoo/text-bert", "zoo/vision-vit"])
def test_spectra_against_weightwatcher(name: str, record: Record) -> None:
    model, batches = zoo(name, 16)
    method, config = METHODS.get("spectral_analysis"), AnalysisConfig(analysis_methods=("spectral_analysis",))
    assert isinstance(method, ProbeMethod)

    def ours() -> Any:
        return method.result(
            measure(model, batches[:1], task_for(model.task), method.needs(config)), model.layers, config
        )

    found = ratio(ours, lambda: weightwatcher_details(model.module), rounds=3)
    record(f"spectral analysis / weightwatcher, {name}", found.value, 1.0, f"equal exponents; {found}")


@pytest.mark.parametrize("examples", [128, 512, 2048])
def test_memory_of_all_methods(examples: int, record: Record) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.memory_probe", "all", str(examples)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    before, peak = map(int, done.stdout.split()[-2:])
    record(f"memory of all methods, vision-vit, {examples} examples, MiB on top of the model", (peak - before) / 2**20)
