"""Store linear layers as int8, and multiply in int8: dynamic quantisation of what stays.

Each output's weights share one scale; inputs become int8 as they come, each row with a scale and a zero point of its
own (:class:`~analysis_core.compression.shrinking.compact.Int8Linear`). Nothing is fitted, so no examples are needed
beyond the one that shows which layers run. Embeddings, norms and convolutions stay as they are. torch's own
``quantize_dynamic`` is on its way out, and gives all rows of a batch one scale, so that what an example comes to
depends on its neighbours.
"""

from __future__ import annotations

from analysis_core.compression.shrinking.compact import HIGHEST, INPUT_STEPS, Int8Linear, put
from analysis_core.compression.shrinking.linear_layers import LinearLayer, linear_layers
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.base import UniversalModel

FLOAT_BYTES = 4
MOST_INPUTS = 2**31 // (INPUT_STEPS * (HIGHEST + 1))
"""With more, an int32 sum could overflow."""


def quantize(model: UniversalModel, batch: Batch) -> list[str]:
    """Turn a model's linear layers into int8, in place.

    Args:
        model: its module's layers are replaced; it only infers from here on.
        batch: some examples; one is run to see which layers are called.

    Returns:
        The paths of the layers that are int8 now.

    Raises:
        SurgeryError: no linear layer would become smaller, or their weights are no float32.
    """
    found = [layer for layer in linear_layers(model, batch) if _saves(layer)]
    if not found:
        raise SurgeryError(
            "It has no linear layers that int8 weights would make smaller.",
            where=model.name,
            remedy="Compress it without quantisation.",
        )
    for layer in found:
        put(model.module, layer.module, Int8Linear.of(layer.weight, layer.bias))
    model.module.requires_grad_(False)
    return [layer.path for layer in found]


def _saves(layer: LinearLayer) -> bool:
    """Whether one byte a weight, with a scale and a sum for each output, is less than four bytes a weight."""
    inputs = layer.weight.shape[1]
    return inputs + 2 * FLOAT_BYTES < FLOAT_BYTES * inputs and inputs <= MOST_INPUTS
