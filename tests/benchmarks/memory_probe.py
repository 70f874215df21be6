"""One measurement in a process of its own: how much memory a pass adds on top of the loaded model.

Usage: python -m tests.benchmarks.memory_probe plain|shared|all EXAMPLES
"""

from __future__ import annotations

import gc
import resource
import sys
from dataclasses import replace

import psutil
import torch

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.methods import METHODS
from analysis_core.models.base import UniversalModel
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from analysis_core.workflow.analysis import analyze
from tests.benchmarks.subjects import minilm, zoo
from tests.benchmarks.test_speed import GRADIENT_FAMILY, plain_step


def repeated_pictures(examples: int) -> tuple[UniversalModel, list[Batch]]:
    """The vision model with its sample over and over: as many examples as asked for."""
    model, batches = zoo("zoo/vision-vit", 128)
    times = range(examples // 128)
    return model, [replace(batch, first=128 * turn + batch.first) for turn in times for batch in batches]


def main() -> None:
    kind, examples = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    model, batches = repeated_pictures(examples) if kind == "all" else minilm(max(64, examples))
    gc.collect()
    before = psutil.Process().memory_info().rss
    if kind == "plain":
        plain_step(model, batches)
    elif kind == "all":
        names = tuple(METHODS.names())
        analyze(model, batches, AnalysisConfig(analysis_methods=names), {name: METHODS.get(name) for name in names})
    else:
        run_shared_pass(model, batches, task_for(model.task), GRADIENT_FAMILY)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(before, max(peak, before))


if __name__ == "__main__":
    main()
