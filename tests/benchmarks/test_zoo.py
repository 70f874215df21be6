"""What every embedded model costs to analyse, and how fast the catalog answers."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from analysis_core.data.interaction_files import read_interactions
from analysis_core.data.own import Purpose, own_examples
from analysis_core.models.catalog import catalog
from analysis_core.runs.nursery import RUN_ENVIRONMENT
from analysis_core.vocabulary import ModalityType, TaskType

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
Record = Callable[..., None]
CARDS = [card.id for card in catalog()]
LINES = 10_000_000


@pytest.mark.parametrize("name", CARDS)
def test_shared_methods_on_the_whole_sample(record: Record, name: str) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.zoo_probe", name]
    environment = {**os.environ, **RUN_ENVIRONMENT}  # as a worker's process has it
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    note = f"{found['methods']} methods, {found['examples']} examples, 2 threads"
    record(f"{name}: shared methods, seconds", found["seconds"], 20, note)
    record(f"{name}: peak memory of the process, MiB", found["peak_mib"], 1536, note)
    assert found["seconds"] < 20 and found["peak_mib"] < 1536


def test_the_catalog_answers_at_once(record: Record) -> None:
    command = [str(Path(sys.executable).with_name("layerwise")), "models", "--json"]
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        taken.append(time.perf_counter() - began)
    record("`layerwise models --json`, seconds", median(taken), 0.5, f"median of {len(taken)}, {len(CARDS)} models")
    assert median(taken) < 0.5


def test_ten_million_lines_of_log(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("w") as file:
        file.writelines(f"{line % 200_003} {line * 7919 % 50_021}\n" for line in range(LINES))
    began = time.perf_counter()
    log = read_interactions(path)
    record("10 million lines of log read, seconds", time.perf_counter() - began, note=f"{len(log):,} interactions")
    del log
    purpose = Purpose(ModalityType.TABULAR, TaskType.RECOMMENDATION, columns=("history", "item"))
    examples = own_examples(path, purpose)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record("10 million lines of log as examples, peak MiB", peak_mib, 3072, f"{len(examples):,} examples")
    assert len(examples) > 400_000 and peak_mib < 3072
