"""Hidden states of several pieces an example, and the mask that belongs to a stack."""

from __future__ import annotations

import pytest
import torch

from analysis_core.data.batches import Batch
from analysis_core.errors import ModelError
from analysis_core.probe.hidden import as_tokens, token_weights
from analysis_core.vocabulary import LayerKind


def test_the_pieces_of_an_example_stand_one_after_the_other() -> None:
    hidden = torch.arange(2 * 3 * 4 * 5).reshape(6, 4, 5).float()  # 2 examples of 3 pieces of 4 tokens
    tokens = as_tokens(hidden, 2, LayerKind.TRANSFORMER)
    assert tokens.shape == (2, 12, 5)
    assert torch.equal(tokens[1, 4:8], hidden[4])


def test_feature_maps_in_pieces_keep_their_channels_together() -> None:
    hidden = torch.randn(6, 7, 2, 3)
    tokens = as_tokens(hidden, 2, LayerKind.CONVOLUTION)
    assert tokens.shape == (2, 3 * 6, 7)
    assert torch.equal(tokens[0, 6 + 5], hidden[1, :, 1, 2])


def test_what_does_not_keep_examples_apart_is_refused() -> None:
    with pytest.raises(ModelError, match="does not keep the 4 examples apart"):
        as_tokens(torch.zeros(6, 3, 5), 4, LayerKind.TRANSFORMER)


def test_each_stack_has_its_mask_and_batches_cut_them_along() -> None:
    encoder, decoder = torch.tensor([[1, 1, 0], [1, 1, 1]]), torch.tensor([[1, 0, 0], [1, 1, 0]])
    batch = Batch(
        {"x": torch.zeros(2, 3)}, None, 2, stack_masks={"encoder": encoder, "decoder": decoder, "vision": None}
    )
    assert batch.mask_of("model.decoder.layers.0") is decoder
    assert batch.mask_of("vision.blocks.0") is None
    second = batch.select(1, 2)
    assert second.stack_masks["decoder"].tolist() == [[1, 1, 0]]
    weights = token_weights(torch.zeros(1, 3, 4), second.mask_of("encoder.block.0"))
    assert weights.tolist() == [[1.0, 1.0, 1.0]]
