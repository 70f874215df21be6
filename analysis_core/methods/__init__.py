"""The methods. Importing this package registers the built-in ones and brings in no torch."""

from analysis_core.methods import (  # noqa: F401 - each registers itself
    block_influence,
    fisher_information,
    gradient_based,
    layer_ablation,
    layer_correlation,
)
from analysis_core.methods.base import METHODS, ImportanceAnalyzer, ProbeMethod, Scores

__all__ = ["METHODS", "ImportanceAnalyzer", "ProbeMethod", "Scores"]
