"""Attention over examples of several pieces: padding inside a piece is honoured, as it is in a single sequence."""

from __future__ import annotations

import pytest
import torch

from analysis_core.data.batches import Batch
from analysis_core.probe.attention_reducer import reach, relative_entropy
from analysis_core.probe.hidden import as_tokens, tokens_come_first
from analysis_core.probe.needs import AttentionHeads
from analysis_core.probe.shared_pass import run_shared_pass
from analysis_core.tasks import task_for
from analysis_core.vocabulary import LayerKind
from tests.toys import NamedLayersModel, tiny_bert, token_batches


def test_reach_and_entropy_by_hand() -> None:
    """Two pieces of two tokens and one head. The second token of the second piece is padding."""
    maps = torch.tensor([[[[[0.5, 0.5], [0.25, 0.75]]], [[[1.0, 0.0], [0.5, 0.5]]]]])
    real = torch.tensor([[[1.0, 1.0], [1.0, 0.0]]])
    causal, distance = reach(maps, real)
    assert causal.tolist() == [False]
    torch.testing.assert_close(distance, torch.tensor([0.5 + 0.25]))
    entropy, counted = relative_entropy(maps, real, causal)
    quarter = -(0.25 * torch.tensor(0.25).log() + 0.75 * torch.tensor(0.75).log()) / torch.tensor(2.0).log()
    torch.testing.assert_close(entropy, (1.0 + quarter).reshape(1))
    assert counted == 2  # the second piece has one real token, which has no choice


def test_pieces_in_a_mask_give_what_single_sequences_give() -> None:
    """Two sequences as one example of two pieces: what heads look like is the same."""
    model, batches = tiny_bert(), token_batches(examples=8, batch_size=8)
    [together] = batches
    assert together.padding_mask is not None and together.padding_mask.min() == 0
    needs = [AttentionHeads()]
    single = run_shared_pass(model, batches, task_for(model.task), needs)[needs[0]]
    pairs = Paired(model.module, [layer.name for layer in model.layers], LayerKind.TRANSFORMER)
    paired = run_shared_pass(pairs, [paired_batch(together)], task_for(model.task), needs)[needs[0]]
    for index in range(len(model.layers)):
        assert paired.entropy[index] == pytest.approx(single.entropy[index], rel=1e-4)
        assert paired.distance[index] == pytest.approx(single.distance[index], rel=1e-4)
    assert paired.importance.shape == (4, len(model.layers))


def paired_batch(batch: Batch) -> Batch:
    assert isinstance(batch.inputs, dict) and batch.padding_mask is not None and batch.targets is not None
    grouped = {name: value.reshape(4, 2, -1) for name, value in batch.inputs.items()}
    return Batch(grouped, batch.targets[::2], 4, stack_masks={"bert": batch.padding_mask.reshape(4, -1)}, pieces=2)


class Paired(NamedLayersModel):
    """A model whose examples are two sequences each, the sum of whose logits is the answer."""

    def forward(self, batch: Batch) -> torch.Tensor:
        assert isinstance(batch.inputs, dict)
        logits = self.module(**{name: value.flatten(0, 1) for name, value in batch.inputs.items()}).logits
        summed: torch.Tensor = logits.reshape(batch.size, 2, -1).sum(1)
        return summed


def test_as_many_tokens_as_examples_do_not_confuse_pieces() -> None:
    hidden = torch.arange(2 * 3 * 2 * 5).reshape(6, 2, 5).float()  # 2 examples of 3 pieces of 2 tokens
    assert tokens_come_first((6, 2, 5), 2) and not tokens_come_first((6, 2, 5), 2, pieces=3)
    assert torch.equal(as_tokens(hidden, 2, LayerKind.TRANSFORMER, 3), hidden.reshape(2, 6, 5))
    assert torch.equal(as_tokens(hidden, 2, LayerKind.TRANSFORMER), hidden.transpose(0, 1))
