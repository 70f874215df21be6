"""Figures of results: plotly objects for the app and for reports. No torch, no streamlit.

Each function takes results and a palette, and returns a figure whose title states what the data say;
each has a text alternative beside it, for readers who cannot see it.
"""

from analysis_core.report.figures.bars import (
    MEAN_RANK,
    consensus_bars,
    consensus_of,
    consensus_text,
    method_bars,
    method_text,
)
from analysis_core.report.figures.curve import curve, curve_text
from analysis_core.report.figures.heatmap import heatmap, heatmap_text
from analysis_core.report.figures.insight import agreement_map, agreement_text, trust_bars, trust_text
from analysis_core.report.figures.stream import Call, StreamWords, share_within, stream_chart
from analysis_core.report.figures.strip import strip, strip_text

__all__ = [
    "MEAN_RANK",
    "Call",
    "StreamWords",
    "agreement_map",
    "agreement_text",
    "consensus_bars",
    "consensus_of",
    "consensus_text",
    "curve",
    "curve_text",
    "heatmap",
    "heatmap_text",
    "method_bars",
    "method_text",
    "share_within",
    "stream_chart",
    "strip",
    "strip_text",
    "trust_bars",
    "trust_text",
]
