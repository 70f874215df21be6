"""Universal Layerwise-Adapter: which layers of a neural network matter, and what it costs to drop the others.

The public names are loaded when they are first used, so that importing the package is quick and brings in no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis_core.adapter import UniversalLayerwiseAdapter, create_analyzer
    from analysis_core.compression.depth.dynamic import DynamicDepth
    from analysis_core.config import AnalysisConfig, CompressionConfig
    from analysis_core.errors import LayerwiseError
    from analysis_core.methods import ImportanceAnalyzer
    from analysis_core.models.base import UniversalModel
    from analysis_core.results import AnalysisReport, CompressionPlan, Layer, Measurement
    from analysis_core.vocabulary import ModalityType, TaskType

_HOMES = {
    "AnalysisConfig": "config",
    "AnalysisReport": "results",
    "CompressionConfig": "config",
    "CompressionPlan": "results",
    "DynamicDepth": "compression.dynamic",
    "ImportanceAnalyzer": "methods",
    "Layer": "results",
    "LayerwiseError": "errors",
    "Measurement": "results",
    "ModalityType": "vocabulary",
    "TaskType": "vocabulary",
    "UniversalLayerwiseAdapter": "adapter",
    "UniversalModel": "models.base",
    "create_analyzer": "adapter",
}

__all__ = [
    "AnalysisConfig",
    "AnalysisReport",
    "CompressionConfig",
    "CompressionPlan",
    "DynamicDepth",
    "ImportanceAnalyzer",
    "Layer",
    "LayerwiseError",
    "Measurement",
    "ModalityType",
    "TaskType",
    "UniversalLayerwiseAdapter",
    "UniversalModel",
    "create_analyzer",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis_core' has no attribute '{name}'")
    return getattr(import_module(f"analysis_core.{_HOMES[name]}"), name)
