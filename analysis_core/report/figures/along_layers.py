"""What figures with layers along their width share: the names under them, and where one stack ends and another begins.

Here each layer stands at its number, without the gaps that the heatmap has: lines and maps need no other places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis_core.report.columns import Columns, columns_of, plain
from analysis_core.report.figures.stack_marks import TITLE_DEPTH, column_axis, column_marks, depth
from analysis_core.report.palette import Palette
from analysis_core.report.phrases import ENGLISH, Phrases
from analysis_core.results import Layer

EDGE_OF_LINES, EDGE_OF_CELLS = 1, 4
"""Width of the line between two stacks: fine in a plot, wide enough to part the cells of a map."""


@dataclass(frozen=True)
class AlongLayers:
    """The layers of one figure, from left to right.

    Args:
        columns: a place a layer, at its number.
        palette, phrases: of the figure.
    """

    columns: Columns
    palette: Palette
    phrases: Phrases

    @property
    def axis(self) -> dict[str, Any]:
        """The axis: numbers of layers, within each stack where there are several."""
        return column_axis(self.columns, self.palette, self.phrases)

    @property
    def more_below(self) -> int:
        """Pixels that the names of stacks and blocks take below the numbers."""
        return depth(self.columns) - TITLE_DEPTH

    @property
    def names(self) -> list[dict[str, Any]]:
        """Annotations: the names of stacks and blocks."""
        return self._marks["annotations"]

    @property
    def brackets(self) -> list[dict[str, Any]]:
        """Shapes under the axis, and a fine line in the plot where a stack begins."""
        line = {"color": self.palette.grid, "width": EDGE_OF_LINES}
        return [*self._marks["shapes"], *(self._edge(edge, "x", line, layer="below") for edge in self.edges)]

    @property
    def cuts(self) -> list[dict[str, Any]]:
        """Shapes of a map: brackets under the axis, and a gap between the columns of two stacks."""
        return [*self._marks["shapes"], *(self._edge(edge, "x", self._gap, layer="above") for edge in self.edges)]

    @property
    def upright_cuts(self) -> list[dict[str, Any]]:
        """Shapes of a map with layers upright too: a gap between the rows of two stacks."""
        return [self._edge(edge, "y", self._gap, layer="above") for edge in self.edges]

    @property
    def upright_names(self) -> list[dict[str, Any]]:
        """Annotations of a map with layers upright too: the names of stacks beside their numbers."""
        font = {"size": 13, "color": self.palette.ink}
        return [
            {"text": panel.name, "showarrow": False, "textangle": -90, "font": font, "xref": "x domain", "x": 0,
             "xanchor": "right", "xshift": -22, "yref": "y", "y": panel.middle}
            for panel in self.columns.panels
        ]  # fmt: skip

    @cached_property
    def edges(self) -> list[float]:
        """Where a stack begins, without the first one."""
        return [panel.first - 0.5 for panel in self.columns.panels[1:]]

    def title(self, layer: int) -> str:
        """A layer in full: ``Layer 9``, ``Layer 9 (decoder 1)``."""
        return self.columns.columns[layer].title

    def in_pieces(self, trace: Mapping[str, Any]) -> dict[str, Any]:
        """A series with a value a layer, with a break where a stack begins: nothing flows from one to the other."""
        count, starts = len(self.columns), {round(edge + 0.5) for edge in self.edges}

        def broken(found: Any, key: str = "") -> Any:
            if isinstance(found, Mapping):
                return {name: broken(item, name) for name, item in found.items()}
            if not starts or isinstance(found, str) or not isinstance(found, Sequence) or len(found) != count:
                return found
            breaks = {place: None if key in ("x", "y") else found[place] for place in starts}
            return [
                item
                for place, value in enumerate(found)
                for item in ([breaks[place], value] if place in breaks else [value])
            ]

        return {key: broken(item, key) for key, item in trace.items()}

    @cached_property
    def _marks(self) -> dict[str, list[dict[str, Any]]]:
        return column_marks(self.columns, self.palette)

    @property
    def _gap(self) -> dict[str, Any]:
        return {"color": self.palette.paper, "width": EDGE_OF_CELLS}

    def _edge(self, at: float, along: str, line: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        across = "y" if along == "x" else "x"
        return {
            "type": "line", f"{along}ref": along, f"{along}0": at, f"{along}1": at,
            f"{across}ref": f"{across} domain", f"{across}0": 0, f"{across}1": 1, "line": dict(line), **more,
        }  # fmt: skip


def along_layers(layers: Sequence[Layer], count: int, palette: Palette, phrases: Phrases = ENGLISH) -> AlongLayers:
    """The layers of a figure.

    Args:
        layers: of the model; where they are not as many as the figure has places, numbers alone are known.
        count: places of the figure.
        palette, phrases: of the figure.
    """
    known = columns_of(layers, phrases).closed_up() if len(layers) == count else plain(count, phrases)
    return AlongLayers(known, palette, phrases)
