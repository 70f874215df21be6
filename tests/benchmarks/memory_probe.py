"""One measurement in a process of its own: how much memory a pass adds on top of the loaded model.

Usage: python -m tests.benchmarks.memory_probe plain|shared EXAMPLES
"""

from __future__ import annotations

import gc
import resource
import sys

import psutil
import torch

from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from tests.benchmarks.subjects import minilm
from tests.benchmarks.test_speed import GRADIENT_FAMILY, plain_step


def main() -> None:
    kind, examples = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    model, batches = minilm(max(64, examples))
    gc.collect()
    before = psutil.Process().memory_info().rss
    if kind == "plain":
        plain_step(model, batches)
    else:
        run_shared_pass(model, batches, task_for(model.task), GRADIENT_FAMILY)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(before, max(peak, before))


if __name__ == "__main__":
    main()
