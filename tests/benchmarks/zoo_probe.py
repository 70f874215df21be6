"""One embedded model in a process of its own: seconds and peak memory of the shared methods on its whole sample.

Usage: ``python -m tests.benchmarks.zoo_probe zoo/NAME``; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

import torch

from analysis_core.config import AnalysisConfig
from analysis_core.data.loading import load_examples
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.models.loading import load_model
from analysis_core.probe.needs import Served
from analysis_core.workflow.analysis import analyze
from analysis_core.workflow.examples import SEARCH, prepare

WHOLE = 10**9


def shared_methods() -> list[str]:
    """The methods that need nothing but the weights and the shared pass."""
    found = []
    for name in METHODS.names():
        method = METHODS.get(name)
        needs = method.needs(AnalysisConfig(analysis_methods=(name,))) if isinstance(method, ProbeMethod) else ()
        if needs and all(need.served in (Served.SHARED, Served.WEIGHTS) for need in needs):
            found.append(name)
    return found


def main(name: str) -> None:
    """Load, read, analyse, and say what that took."""
    torch.set_num_threads(os.cpu_count() or 1)
    began = time.perf_counter()
    model = load_model(name)
    names = shared_methods()
    part = prepare(model, load_examples(model), SEARCH, 32, WHOLE, 0)
    loaded = time.perf_counter()
    analyze(
        model, part.batches, AnalysisConfig(name, analysis_methods=tuple(names)), {n: METHODS.get(n) for n in names}
    )
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"load_seconds": loaded - began, "seconds": time.perf_counter() - loaded, "peak_mib": peak_mib}
    print(json.dumps({**figures, "examples": part.facts["examples"], "methods": len(names)}))


if __name__ == "__main__":
    main(sys.argv[1])
