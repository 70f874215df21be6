"""Can anything be taken out of a model at all? Asked before time is spent on choosing layers."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from analysis_core.compression.removal.surgery import remove_layers
from analysis_core.errors import NothingToCutError, SurgeryError
from analysis_core.models.base import UniversalModel


def first_cut(
    model: UniversalModel, candidates: Iterable[int] | None = None, *, share_weights: bool = False
) -> tuple[int, nn.Module]:
    """The first layer that can really go, and the model without it.

    Layers that keep the shape of what they are given are removable by all that shows without cutting. In some models
    none is: their parts run side by side, or a loop goes by a number that no configuration changes.

    Args:
        model: taken apart into layers.
        candidates: which layers are tried, in this order; None tries every removable one, in the order of the layers.
        share_weights: as in :func:`~analysis_core.compression.removal.surgery.remove_layers`.

    Raises:
        NothingToCutError: every one of them was refused, or there is none; says why the first was.
    """
    refused: SurgeryError | None = None
    for index in [layer.index for layer in model.layers if layer.removable] if candidates is None else candidates:
        try:
            return index, remove_layers(model, [index], share_weights=share_weights)
        except SurgeryError as error:
            refused = refused or error
    reason = f" The first that was tried: {refused}" if refused else ""
    raise NothingToCutError(
        f"No layer of this model can be taken out.{reason}",
        where=model.name,
        remedy="Analyse it only, or compress another model.",
    )
