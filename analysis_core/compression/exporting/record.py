"""What ``compression.json`` says of an exported model."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis_core.models.base import UniversalModel
from analysis_core.results import CompressionPlan, HealReport, LinearChange, Measurement, OnnxReport

PACKAGES = ("torch", "transformers", "timm", "safetensors", "numpy")
ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def export_record(
    model: UniversalModel,
    library: str,
    draft: Path,
    plan: CompressionPlan,
    *,
    measurement: Measurement | None,
    provenance: Mapping[str, Any],
    linear: Sequence[LinearChange],
    heal: HealReport | None,
    onnx: OnnxReport | None,
) -> dict[str, Any]:
    """Everything that is needed to repeat the compression, and to know these very weights again."""
    weights = sorted((*draft.glob("*.safetensors"), *draft.glob("*.onnx*")))
    packages = PACKAGES if onnx is None else (*PACKAGES, *ONNX_PACKAGES)
    return {
        "model": model.describe(),
        "library": library,
        "plan": plan.to_dict(),
        "measurement": measurement.to_dict() if measurement is not None else None,
        "provenance": dict(provenance),
        "versions": {"python": platform.python_version(), **_versions(packages)},
        "sha256": {path.name: _checksum(path) for path in weights},
        "linear": [change.to_dict() for change in linear],
        "heal": heal.to_dict() if heal is not None else None,
        "onnx": onnx.to_dict() if onnx is not None else None,
    }


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # e.g. timm, where only text models are used
            continue
    return found


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
