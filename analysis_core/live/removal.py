"""In which order a model's layers go when nobody has said so yet: a quick greedy removal, kept for the next time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis_core.compression.depth.dynamic import DynamicDepth
from analysis_core.compression.plan import protected_layers
from analysis_core.compression.search import greedy_removal
from analysis_core.errors import ModelError, PlanError, SurgeryError
from analysis_core.models.base import UniversalModel
from analysis_core.models.fingerprint import fingerprint
from analysis_core.probe.replay import Replayer
from analysis_core.results.plain import plain
from analysis_core.tasks import task_for
from analysis_core.workflow.examples import SEARCH, prepare

SHALLOWEST = 1 / 4
"""Of the layers, so many stay at the smallest depth."""
ORDER_EXAMPLES = 48


class Notes:
    """What was found of a model before, in one file by its exact weights.

    Args:
        folder: where it stands.
        model: the model.
    """

    def __init__(self, folder: Path, model: UniversalModel) -> None:
        self._path = folder / f"{fingerprint(model)[:24]}.notes"

    def read(self) -> dict[str, Any]:
        """The notes; empty where there are none that can be read."""
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def add(self, **findings: Any) -> None:
        """Keep something more; notes that cannot be written are done without."""
        temporary = self._path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(plain({**self.read(), **findings})), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)


def quick_order(model: UniversalModel, examples: Any, say: Callable[[str], None]) -> tuple[int, ...]:
    """Greedy removal on a few examples; both ends stay.

    Raises:
        PlanError: no layer may go.
    """
    layers = len(model.layers)
    staying = sum(not layer.removable or layer.index in protected_layers(model.layers) for layer in model.layers)
    kept = max(math.ceil(layers * SHALLOWEST), staying, 1)
    if kept >= layers:
        raise PlanError("None of its layers can go.", where=model.name, remedy="Choose a model with layers that can.")
    batches = prepare(model, examples, SEARCH, 16, ORDER_EXAMPLES, 0).batches
    replayer = Replayer(model, task_for(model.task, model.modality), batches)
    plan = greedy_removal(
        replayer, layers / kept, progress=lambda share, _words: say(f"Finding out which layers can go: {share:.0%}")
    ).plan
    return plan.removal_order


def deepest_cut(model: UniversalModel, order: Sequence[int], say: Callable[[str], None]) -> DynamicDepth:
    """All depths along an order, as far down as the model can be cut.

    Raises:
        ModelError: it cannot be cut at all.
    """
    for length in range(len(order), 0, -1):
        try:
            return DynamicDepth.from_order(
                model, order[:length], progress=lambda share, _words: say(f"Building all depths: {share:.0%}")
            )
        except SurgeryError:
            continue
    raise ModelError("It cannot be made less deep.", where=model.name, remedy="Choose another model.")
