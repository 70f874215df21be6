"""The methods. Importing this package registers the built-in ones and brings in no torch."""

from analysis_core.methods import (  # noqa: F401 - each registers itself
    attention_analysis,
    block_influence,
    causal_analysis,
    fisher_information,
    gradient_based,
    gradient_flow,
    information_bottleneck,
    layer_ablation,
    layer_conductance,
    layer_correlation,
    layer_shapley,
    meta_learning,
    neuron_activation,
    spectral_analysis,
    topology_analysis,
    uncertainty_quantification,
)
from analysis_core.methods.base import METHODS, ImportanceAnalyzer, ProbeMethod, Scores

__all__ = ["METHODS", "ImportanceAnalyzer", "ProbeMethod", "Scores"]
