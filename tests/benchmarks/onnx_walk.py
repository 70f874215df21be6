"""Which smaller embedded models can be written as ONNX, and how far onnxruntime agrees with torch.

Usage: ``uv run python -m tests.benchmarks.onnx_walk [MODEL …]``. Without models all are taken, each with every second
of its inner removable layers taken out. The record ``assets/benchmarks/onnx.json`` keeps every model as soon as it is
there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis_core.compression.exporting.onnx_export import write_onnx
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.data.loading import load_examples
from analysis_core.models.catalog import catalog
from analysis_core.models.loading import load_model
from analysis_core.provenance import provenance
from analysis_core.workflow.examples import TEST, prepare

RECORD = Path(__file__).parents[2] / "assets" / "benchmarks" / "onnx.json"
EXAMPLES = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Walk over the models and keep the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    names = parser.parse_args(arguments).models or [card.id for card in catalog()]
    for name in names:
        row = walk(name)
        _keep(name, row)
        print(f"{name:28} {row['seconds']:6.1f} s  {row['sentence']}", flush=True)


def walk(name: str) -> dict[str, Any]:
    """What comes of one smaller model."""
    model = load_model(name, device="cpu")
    removed = [layer.index for layer in model.layers[1:-1] if layer.removable][::2]
    smaller = compressed_model(model, remove_layers(model, removed), removed)
    batch = prepare(model, load_examples(model), TEST, EXAMPLES, EXAMPLES, seed=0).batches[0]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = write_onnx(smaller, Path(folder), batch)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    seconds = round(time.perf_counter() - began, 1)
    return {"removed": removed, **report.to_dict(), "sentence": report.sentence, "bytes": size, "seconds": seconds}


def _keep(name: str, row: dict[str, Any]) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {"models": {}}
    models = dict(sorted({**record["models"], name: row}.items()))
    text = json.dumps({"provenance": provenance(), "models": models}, indent=1, ensure_ascii=False)
    RECORD.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
