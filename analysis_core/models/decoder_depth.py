"""How deep a decoder is, said where transformers looks for it."""

from __future__ import annotations

from typing import Any


def note_decoder_depth(config: Any) -> None:
    """Let ``generate()`` make a key-value cache as deep as the decoder.

    In T5 and its kin it takes ``num_layers``, the encoder's depth, and fails where the decoder is deeper; a field
    ``decoder_layers``, as BART has it, goes before.

    Args:
        config: of any model, or None; changed where the depths differ.
    """
    depth = getattr(config, "num_decoder_layers", None)
    if isinstance(depth, int) and depth != getattr(config, "num_layers", depth):
        config.decoder_layers = depth
