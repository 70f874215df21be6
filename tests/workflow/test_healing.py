"""Healing through the front doors: the adapter, a stored run's settings, and a whole run on a shipped model."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from analysis_core import cli
from analysis_core.adapter import UniversalLayerwiseAdapter, create_analyzer
from analysis_core.cli import printing
from analysis_core.compression.plan import plan_from_removed
from analysis_core.config import CompressionConfig
from analysis_core.data.batches import Batch
from analysis_core.documents import compression_document
from analysis_core.errors import ConfigurationError, DataError, UnknownNameError
from analysis_core.results import CompressionOutcome, CompressionPlan, HealReport
from analysis_core.vocabulary import HealWay
from analysis_core.workflow.compression import compress_run
from tests.toys import tiny_bert, token_batches


@pytest.fixture
def analysed() -> tuple[UniversalLayerwiseAdapter, CompressionPlan]:
    adapter = create_analyzer("toy", analysis_methods=["gradient_based"])
    model = adapter.load_model(tiny_bert())
    adapter.analyze_importance(token_batches(24, seed=1))
    return adapter, plan_from_removed(model.layers, [2])


def others(seed: int) -> list[Batch]:
    return token_batches(24, seed=seed)


def test_the_adapter_heals_with_a_loader_of_its_own(
    analysed: tuple[UniversalLayerwiseAdapter, CompressionPlan],
) -> None:
    adapter, plan = analysed
    result = adapter.compress(
        plan, heal="distill", test_loader=others(2), heal_loader=others(3), heal_seconds=1.0, latency_pairs=2
    )
    assert result.heal is not None and result.heal.way == "distill" and result.heal.examples == 24
    assert result.heal.helped == (result.heal.loss_reached < result.heal.loss_before)
    plain = adapter.compress(plan, test_loader=others(2), latency_pairs=2)
    assert plain.heal is None


def test_the_adapter_heals_by_lora(analysed: tuple[UniversalLayerwiseAdapter, CompressionPlan]) -> None:
    adapter, plan = analysed
    result = adapter.compress(
        plan, heal="lora", test_loader=others(2), heal_loader=others(3), heal_seconds=1.0, latency_pairs=2
    )
    assert result.heal is not None and result.heal.way == "lora" and result.heal.examples == 24
    assert set(result.model.state_dict()) == set(adapter.compress(plan, test_loader=others(2)).model.state_dict())


def test_a_run_says_that_peft_is_missing_before_it_loads_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ConfigurationError, match="needs the library peft"):
        compress_run(CompressionConfig("no/such-model", heal=HealWay.LORA))


def test_what_the_adapter_refuses(analysed: tuple[UniversalLayerwiseAdapter, CompressionPlan]) -> None:
    adapter, plan = analysed
    with pytest.raises(UnknownNameError, match="Did you mean 'distill'"):
        adapter.compress(plan, heal="distil", test_loader=others(2))
    with pytest.raises(DataError, match=r"tell whether healing helped\. Pass other examples as heal_loader"):
        adapter.compress(plan, heal="distill", test_loader=others(2))
    with pytest.raises(DataError, match="among the test examples too"):
        adapter.compress(plan, heal="distill", test_loader=others(2), heal_loader=others(2))
    with pytest.raises(DataError, match="among the search examples too"):
        adapter.compress(plan, heal="distill", test_loader=others(2), heal_loader=others(1))


def test_settings_travel_as_json_and_are_checked() -> None:
    config = CompressionConfig("toy", heal=HealWay.DISTILL, heal_seconds=5)
    assert CompressionConfig.from_dict(config.to_dict()) == config and config.to_dict()["heal"] == "distill"
    assert CompressionConfig.from_dict({"model_name": "toy", "heal": "linear"}).heal is HealWay.LINEAR
    with pytest.raises(UnknownNameError, match=r"way to heal 'linea'\. Did you mean 'linear'"):
        CompressionConfig.from_dict({"model_name": "toy", "heal": "linea"})
    with pytest.raises(ConfigurationError, match="Nothing heals in 0 seconds"):
        CompressionConfig("toy", heal_seconds=0)


def test_a_run_learns_from_examples_that_neither_choose_nor_judge() -> None:
    config = CompressionConfig(
        "zoo/vision-vit", remove=(4, 6), heal=HealWay.LINEAR, max_samples=64, latency_pairs=2, device="cpu"
    )
    outcome = compress_run(config)
    assert outcome.heal is not None and outcome.heal.helped and outcome.heal.way == "linear"
    data = outcome.provenance["data"]
    assert {part: data[part]["split"] for part in data} == {"search": "search", "test": "test", "heal": "heal"}
    assert len({data[part]["sha256"] for part in data}) == 3
    assert outcome.heal.examples == data["heal"]["examples"]
    again = CompressionOutcome.from_dict(outcome.to_dict())
    assert again.heal == outcome.heal
    assert compression_document(outcome, None)["heal"]["way"] == "linear"


def test_the_command_line_knows_the_ways_and_says_what_came_of_it() -> None:
    asked = ["compress", "zoo/text-bert", "--ratio", "2", "--heal", "distil"]
    failed = CliRunner().invoke(cli.app, asked).exception
    assert isinstance(failed, UnknownNameError) and "Did you mean 'distill'" in failed.sentence
    report = HealReport("distill", True, 1.25, 1.0, 512, 90, 60.2)
    assert printing._heal_line(report) == "healed by 'distill': search loss 1.250 -> 1.000 in 60 s"
    worse = replace(report, helped=False, loss_reached=1.5)
    assert "did not help (search loss 1.250 -> 1.500" in printing._heal_line(worse)
