"""The command line that an export names makes the same run again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analysis_core.cli import app as commands
from analysis_core.cli import work
from analysis_core.config import CompressionConfig
from analysis_core.vocabulary import Granularity
from analysis_core.workflow.command import command_of

PLAIN = CompressionConfig("zoo/text-bert", export=True)
RICH = CompressionConfig(
    "zoo/text-bert", target_ratio=1.5, ratio_of="parameters", largest_drop=0.02, strategy="beam", protect=(0, 3),  # type: ignore[arg-type]
    search_seconds=20.0, search_evaluations=40.0, heal="distill", heal_seconds=30.0, quantize="int8", low_rank=0.5,  # type: ignore[arg-type]
    granularity=Granularity.SUBLAYER, export=True, onnx=True, data="mine.csv", data_format="csv",
    data_columns={"text": "a review", "label": "stars"}, max_samples=100, seed=4,
)  # fmt: skip


@pytest.mark.parametrize("config", [PLAIN, RICH])
def test_the_command_line_reads_back_to_the_same_settings(
    config: CompressionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def noted(read: Any) -> str:
        asked.append(read)
        raise SystemExit(0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "_run_in_foreground", noted)
    command = command_of(config, config.granularity or Granularity.BLOCK)
    assert command is not None
    CliRunner().invoke(commands, shlex.split(command)[1:])
    assert asked == [replace(config, granularity=config.granularity or Granularity.BLOCK)]


def test_layers_that_were_named_have_no_command_and_folders_stay_private(tmp_path: Path) -> None:
    assert command_of(replace(PLAIN, remove=(1,))) is None
    told = str(command_of(replace(PLAIN, data=str(tmp_path / "mine.csv"))))
    assert "mine.csv" in told and str(tmp_path) not in told
