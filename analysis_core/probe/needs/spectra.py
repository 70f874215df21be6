"""What can be asked of the weights alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analysis_core.probe.needs.base import FloatArray, Need, Served


@dataclass(frozen=True)
class WeightSpectra(Need):
    """The eigenvalues of every weight matrix of every layer: :class:`WeightSpectraStatistics`. No data is read."""

    served: ClassVar[Served] = Served.WEIGHTS

    def passes(self, layers: int, examples: int) -> float:
        return 0.0


@dataclass(frozen=True)
class MatrixSpectrum:
    """One weight matrix.

    Args:
        name: path of the weight in the model.
        shape: of the weight as the module holds it.
        parameters: how many numbers it holds.
        eigenvalues: of W^T W, those of its smaller side, ascending; a convolution gives those of all its kernel
            positions' matrices together.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int
    eigenvalues: FloatArray


@dataclass(frozen=True)
class WeightSpectraStatistics:
    """For each layer, its weight matrices in the order of registration; weights of one dimension are left out."""

    layers: tuple[tuple[MatrixSpectrum, ...], ...]
