"""Frozen value objects that every room passes on: layers, scores, plans, measurements, runs. No torch here."""

from analysis_core.results.analysis import AnalysisReport, Layer, MethodResult, SubsetResult
from analysis_core.results.compression import (
    CompressionOutcome,
    CompressionPlan,
    Estimate,
    HealReport,
    Interval,
    Latency,
    LinearChange,
    Measurement,
)
from analysis_core.results.insight import Agreement, MethodChoice, MethodDecision, Trust
from analysis_core.results.onnx import OnnxReport
from analysis_core.results.runs import RunView

__all__ = [
    "Agreement",
    "AnalysisReport",
    "CompressionOutcome",
    "CompressionPlan",
    "Estimate",
    "HealReport",
    "Interval",
    "Latency",
    "Layer",
    "LinearChange",
    "Measurement",
    "MethodChoice",
    "MethodDecision",
    "MethodResult",
    "OnnxReport",
    "RunView",
    "SubsetResult",
    "Trust",
]
