"""Calibration on toys: everything is timed, nothing is changed, and the model's facts are right."""

from __future__ import annotations

import pytest
import torch

from analysis_core.config import AnalysisConfig
from analysis_core.insight.cost import Calibration, predicted_seconds
from analysis_core.methods import METHODS, ImportanceAnalyzer, ProbeMethod
from analysis_core.models.base import UniversalModel
from analysis_core.probe.needs import Served
from analysis_core.workflow.calibration import calibrate, model_facts
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

CONFIG = AnalysisConfig(analysis_methods=tuple(METHODS.names()))
ALL: dict[str, ImportanceAnalyzer] = {name: METHODS.get(name) for name in METHODS.names()}


@pytest.fixture(scope="module")
def subject() -> UniversalModel:
    return tiny_bert()


@pytest.fixture(scope="module")
def calibration(subject: UniversalModel) -> Calibration:
    return calibrate(subject, token_batches(), CONFIG, ALL)


def test_every_part_is_timed(calibration: Calibration) -> None:
    assert calibration.layers == 4
    assert calibration.forward_seconds > 0 and calibration.backward_seconds > 0 and calibration.replay_seconds > 0
    timed = {Served.SHARED, Served.WEIGHTS}
    for method in ALL.values():
        assert isinstance(method, ProbeMethod)
        needs = method.needs(CONFIG)
        assert all(calibration.need_seconds[need] > 0 for need in needs if need.served in timed)
        if all(need.served in timed for need in needs):
            assert calibration.scoring_seconds[method.name] > 0


def test_predictions_grow_with_examples_and_methods(calibration: Calibration) -> None:
    needs = {name: method.needs(CONFIG) for name, method in ALL.items() if isinstance(method, ProbeMethod)}
    several = [predicted_seconds(dict(list(needs.items())[:count]), calibration, 64) for count in range(len(needs) + 1)]
    assert several == sorted(several) and several[0] > 0
    assert predicted_seconds(needs, calibration, 128) > several[-1]


def test_model_is_left_as_it_was(subject: UniversalModel) -> None:
    before = {name: weight.clone() for name, weight in subject.module.state_dict().items()}
    random_state = torch.get_rng_state()
    calibrate(subject, token_batches(), CONFIG, ALL)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(weight, before[name]) for name, weight in subject.module.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in subject.module.modules())
    assert all(weight.requires_grad and weight.grad is None for weight in subject.module.parameters())


def test_facts_of_models() -> None:
    text, pictures = model_facts(tiny_bert()), model_facts(tiny_convolutional())
    assert (text.layers, text.has_attention) == (4, True)
    assert (pictures.layers, pictures.has_attention) == (4, False)


def test_a_model_without_attention_and_a_model_drawn_fisher_are_timed_too() -> None:
    config = AnalysisConfig(analysis_methods=("fisher_information",), fisher_labels="model")
    methods = {name: ALL[name] for name in ("fisher_information", "gradient_based", "attention_analysis")}
    found = calibrate(tiny_convolutional(), image_batches(), config, methods)
    assert found.backward_seconds > 0
