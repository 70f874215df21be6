"""Every task from a tiny model to scores, a plan and a measurement, by the names that people know its metric by."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForQuestionAnswering,
    GPT2Config,
    GPT2LMHeadModel,
    YolosConfig,
    YolosForObjectDetection,
)

from analysis_core.compression.estimate import estimate
from analysis_core.compression.search import GREEDY, MeasuredSubsets
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.models.loading import universal_model
from analysis_core.results import AnalysisReport
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.tasks.tokens import next_token_targets
from analysis_core.vocabulary import LayerKind, ModalityType, TaskType
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.choosing import choose_layers
from analysis_core.workflow.cutting import CompressionResult, cut_and_measure

EXAMPLES, BATCH_SIZE, BLOCKS, WIDTH, WORDS = 10, 4, 4, 24, 30
SMALL = {"hidden_size": WIDTH, "num_hidden_layers": BLOCKS, "num_attention_heads": 2, "intermediate_size": 32}
MAY_BE_SILENT = {"causal_analysis", "meta_learning"}
"""A model that learnt nothing may do no worse when its input is corrupted, and is like none that was learnt from."""


@dataclass(frozen=True)
class Subject:
    """A model with its examples, and the metric that its results are read by."""

    model: UniversalModel
    batches: list[Batch]
    metric: str


class Block(nn.Module):
    """What it computes is added to its input."""

    def __init__(self, inner: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.first, self.second = inner(), inner()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(torch.relu(self.first(x)))


class Net(nn.Module):
    """A stem, equal blocks, and a head."""

    def __init__(self, stem: nn.Module, inner: Callable[[], nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.stem, self.blocks, self.head = stem, nn.Sequential(*(Block(inner) for _ in range(BLOCKS))), head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))


class Average(nn.Module):
    """The mean over an example's items."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


def numbers(high: int, *sizes: int, seed: int = 1) -> Tensor:
    return torch.randint(1, high, sizes, generator=torch.Generator().manual_seed(seed))


def values(*sizes: int, seed: int = 2) -> Tensor:
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed))


def cut(inputs: Any, targets: Tensor, mask: Tensor | None = None) -> list[Batch]:
    def rows(part: slice) -> Batch:
        chosen = {name: value[part] for name, value in inputs.items()} if isinstance(inputs, Mapping) else inputs[part]
        padding = mask[part] if mask is not None else None
        return Batch(chosen, targets[part], len(targets[part]), padding, part.start)

    return [rows(slice(start, start + BATCH_SIZE)) for start in range(0, EXAMPLES, BATCH_SIZE)]


def subject_of(module: nn.Module, batches: list[Batch], task: TaskType, modality: ModalityType, metric: str) -> Subject:
    return Subject(universal_model(module, task=task, modality=modality, example=batches[0]), batches, metric)


def padded_tokens() -> tuple[Tensor, Tensor]:
    mask = (torch.arange(9) < numbers(7, EXAMPLES, 1, seed=3) + 3).long()
    return numbers(WORDS, EXAMPLES, 9) * mask, mask


def generation() -> Subject:
    config = GPT2Config(
        vocab_size=WORDS, n_positions=12, n_embd=WIDTH, n_layer=BLOCKS, n_head=2, initializer_range=0.3,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    tokens, mask = padded_tokens()
    inputs = {"input_ids": tokens, "attention_mask": mask}
    batches = cut(inputs, next_token_targets(tokens, mask), mask)
    return subject_of(GPT2LMHeadModel(config), batches, TaskType.GENERATION, ModalityType.TEXT, "perplexity")


def question_answering() -> Subject:
    config = BertConfig(vocab_size=WORDS, max_position_embeddings=12, initializer_range=0.3, **SMALL)
    tokens, mask = padded_tokens()
    last = mask.sum(1) - 1
    batches = cut({"input_ids": tokens, "attention_mask": mask}, torch.stack([last // 2, last], 1), mask)
    return subject_of(BertForQuestionAnswering(config), batches, TaskType.QA, ModalityType.TEXT, "f1")


def regression() -> Subject:
    net = Net(nn.Linear(5, WIDTH), lambda: nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1))
    batches = cut(values(EXAMPLES, 5), values(EXAMPLES, seed=4))
    return subject_of(net, batches, TaskType.REGRESSION, ModalityType.TABULAR, "rmse")


def recommendation() -> Subject:
    head = nn.Sequential(Average(), nn.Linear(WIDTH, WORDS))
    net = Net(nn.Embedding(WORDS, WIDTH), lambda: nn.Linear(WIDTH, WIDTH), head)
    batches = cut(numbers(WORDS, EXAMPLES, 6), numbers(WORDS, EXAMPLES, seed=5))
    return subject_of(net, batches, TaskType.RECOMMENDATION, ModalityType.TABULAR, "ndcg@10")


def segmentation() -> Subject:
    net = Net(nn.Conv2d(3, WIDTH, 3, padding=1), lambda: nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.Conv2d(WIDTH, 3, 1))
    batches = cut(values(EXAMPLES, 3, 8, 8), numbers(3, EXAMPLES, 8, 8) - 1)
    return subject_of(net, batches, TaskType.SEGMENTATION, ModalityType.VISION, "image_mean_iou")


def detection() -> Subject:
    config = YolosConfig(
        image_size=[16, 16], patch_size=8, num_detection_tokens=4, num_labels=2, initializer_range=0.3,
        use_mid_position_embeddings=False, **SMALL,
    )  # fmt: skip
    boxes = values(EXAMPLES, 2, 4, seed=6).sigmoid() * 0.3 + 0.2
    targets = torch.cat([(numbers(3, EXAMPLES, 2, 1) - 1).float(), boxes], -1)
    targets[::3, 1] = NO_TARGET
    batches = cut({"pixel_values": values(EXAMPLES, 3, 16, 16)}, targets)
    module = YolosForObjectDetection(config)
    return subject_of(module, batches, TaskType.DETECTION, ModalityType.VISION, "image_average_precision")


def translation() -> Subject:
    config = BartConfig(
        vocab_size=WORDS, d_model=WIDTH, encoder_layers=BLOCKS, decoder_layers=BLOCKS, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=16, init_std=0.3,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None,
    )  # fmt: skip
    tokens, mask = padded_tokens()
    wanted = numbers(WORDS, EXAMPLES, 5, seed=7)
    inputs = {"input_ids": tokens, "attention_mask": mask, "decoder_input_ids": wanted.roll(1, 1)}
    batches = cut(inputs, wanted, mask)
    module = BartForConditionalGeneration(config)
    return subject_of(module, batches, TaskType.TRANSLATION, ModalityType.TEXT, "token_accuracy")


SUBJECTS: dict[str, Callable[[], Subject]] = {
    found.__name__: found
    for found in (generation, question_answering, regression, recommendation, segmentation, detection, translation)
}


@cache
def analyzed(name: str) -> tuple[Subject, AnalysisReport]:
    torch.manual_seed(0)
    subject = SUBJECTS[name]()
    config = AnalysisConfig(analysis_methods=tuple(METHODS.names()))
    methods = {method: METHODS.get(method) for method in METHODS.names()}
    return subject, analyze(subject.model, subject.batches, config, methods)


@cache
def compressed(name: str) -> CompressionResult:
    subject, report = analyzed(name)
    layers = len(subject.model.layers)
    plan, _ = choose_layers(
        subject.model, subject.batches, layers / (layers - 2), GREEDY, measured=MeasuredSubsets(report.measured)
    )
    return cut_and_measure(subject.model, plan, subject.batches, latency_pairs=2)


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_method_gives_scores_or_says_why_not(name: str) -> None:
    subject, report = analyzed(name)
    json.dumps(report.to_dict(), allow_nan=False)
    assert report.metric == subject.metric
    for method, result in report.methods.items():
        if result.not_applicable is not None:
            assert all(score is None for score in result.scores), method
            continue
        assert any(score is not None for score in result.scores), method
        reasons = dict(enumerate(result.reasons))
        assert all(score is not None or reasons.get(index) for index, score in enumerate(result.scores)), method
    silent = {method for method, result in report.methods.items() if result.not_applicable is not None}
    expected = set()
    if all(layer.kind is not LayerKind.TRANSFORMER for layer in subject.model.layers):
        expected.add("attention_analysis")
    if not task_for(subject.model.task, subject.model.modality).has_probabilities:
        expected.add("uncertainty_quantification")
    assert silent - MAY_BE_SILENT == expected


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_baseline_the_measured_subsets_and_the_measurement_tell_one_metric(name: str) -> None:
    subject, report = analyzed(name)
    intact = next(subset for subset in report.measured if not subset.removed)
    measurement = compressed(name).measurement
    assert intact.metric == pytest.approx(report.baseline[subject.metric], rel=1e-5)
    assert measurement.metric == subject.metric
    assert measurement.original == pytest.approx(intact.metric, rel=1e-5)
    assert measurement.metrics_original[subject.metric] == pytest.approx(measurement.original, rel=1e-5)
    assert measurement.metrics_compressed[subject.metric] == pytest.approx(measurement.compressed, rel=1e-5)
    assert measurement.difference.value == pytest.approx(measurement.compressed - measurement.original)
    assert measurement.difference.low <= measurement.difference.value <= measurement.difference.high
    json.dumps(measurement.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_search_tells_what_the_measurement_tells(name: str) -> None:
    """The searched subset, by replay, and the model that was really cut, on the same examples."""
    subject, _ = analyzed(name)
    result = compressed(name)
    layers = len(subject.model.layers)
    _, searched = choose_layers(subject.model, subject.batches, layers / (layers - 2), GREEDY)
    found = next(subset for subset in searched if subset.removed == result.plan.remove)
    assert found.metric == pytest.approx(result.measurement.compressed, rel=1e-4)
    sign = 1 if result.measurement.metric_direction == "lower" else -1
    assert found.metric_drop == pytest.approx(sign * result.measurement.difference.value, abs=1e-4 * abs(found.metric))


def test_perplexity_is_the_exponential_of_the_mean_nats() -> None:
    subject, report = analyzed("generation")
    nats = []
    with torch.no_grad():
        for batch in subject.batches:
            chances = subject.model.module(**batch.inputs).logits.double().log_softmax(-1)
            for row, targets in zip(chances, batch.targets, strict=True):
                real = [(place, word) for place, word in enumerate(targets) if word != NO_TARGET]
                nats.append(-sum(float(row[place, word]) for place, word in real) / len(real))
    expected = math.exp(sum(nats) / len(nats))
    assert report.baseline["perplexity"] == pytest.approx(expected, rel=1e-5)
    assert compressed("generation").measurement.original == pytest.approx(expected, rel=1e-5)


def test_rmse_is_the_root_of_the_mean_square_and_a_regression_has_no_uncertainty_of_beliefs() -> None:
    subject, report = analyzed("regression")
    smaller = compressed("regression")

    def error(module: nn.Module) -> float:
        with torch.no_grad():
            parts = [(module(batch.inputs)[:, 0] - batch.targets).square() for batch in subject.batches]
        return float(torch.cat(parts).mean().sqrt())

    assert report.baseline["rmse"] == pytest.approx(error(subject.model.module), rel=1e-5)
    assert smaller.measurement.compressed == pytest.approx(error(smaller.model), rel=1e-5)
    assert "no probabilities" in str(report["uncertainty_quantification"].not_applicable)


def test_estimates_of_a_perplexity_stay_positive() -> None:
    _, report = analyzed("generation")
    guess = estimate(report, (1, 2)).metric
    assert 0 < guess.low <= guess.value <= guess.high
