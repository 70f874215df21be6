"""What came of writing a smaller model as ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from analysis_core.results.plain import JsonResult


@dataclass(frozen=True)
class OnnxReport(JsonResult):
    """Whether a smaller model could be written as ONNX.

    Args:
        file: what was written; None where nothing was.
        reason: one sentence why it was not.
        axes: names of the axes whose length may vary.
        opset: version of the operators.
        largest_difference: from torch's outputs, as a share of the largest of them; None where nothing ran the file.
        tolerance: how much of that was allowed.
        checked_with: what ran the file.
    """

    file: str | None = None
    reason: str | None = None
    axes: tuple[str, ...] = ()
    opset: int | None = None
    largest_difference: float | None = None
    tolerance: float | None = None
    checked_with: str | None = None

    @property
    def sentence(self) -> str:
        """What came of it, for people."""
        if self.file is None:
            return f"There is no ONNX model. {self.reason}"
        axes = f"{' and '.join(self.axes)} may vary" if self.axes else "all sizes are fixed"
        if self.largest_difference is None:
            return f"{self.file} (opset {self.opset}; {axes}) was not checked: onnxruntime is not installed."
        return (
            f"{self.file} (opset {self.opset}; {axes}) computes what torch computes, {self.largest_difference:.1g} "
            f"apart at most ({self.tolerance:g} allowed), run by {self.checked_with}."
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "axes": tuple(values.get("axes", ()))})
