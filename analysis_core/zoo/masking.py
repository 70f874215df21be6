"""Training batches of passages: every topic equally often, lengths alike in a batch, some words masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedTokenizerFast

from analysis_core.zoo.docstrings import Passage

IGNORED = -100
"""A target that `torch.nn.functional.cross_entropy` leaves out."""
POOL = 8
"""Batches that are drawn together, sorted by length and dealt out, so that little is padded."""


@dataclass(frozen=True)
class MaskedBatch:
    """A batch in which some words are hidden.

    All are (batch, tokens), but `labels` is (batch,). `words` holds the hidden words, `IGNORED` elsewhere.
    """

    ids: torch.Tensor
    attention: torch.Tensor
    words: torch.Tensor
    labels: torch.Tensor


def pad(sequences: Sequence[Sequence[int]], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token lists -> ids and attention mask, both (batch, longest)."""
    longest = max(map(len, sequences))
    ids = torch.tensor([[*sequence, *[padding] * (longest - len(sequence))] for sequence in sequences])
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return ids, (torch.arange(longest)[None] < lengths[:, None]).long()


@dataclass
class PassageBatches:
    """An endless source of batches; all randomness comes from one generator."""

    encoded: list[list[int]]
    labels: torch.Tensor
    tokenizer: PreTrainedTokenizerFast
    batch: int
    generator: torch.Generator
    _dealt: list[list[int]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        passages: Sequence[Passage],
        topics: Sequence[str],
        tokenizer: PreTrainedTokenizerFast,
        batch: int,
        seed: int,
    ) -> PassageBatches:
        """Tokenise the training passages."""
        encoded = tokenizer([passage.text for passage in passages], truncation=True)["input_ids"]
        labels = torch.tensor([topics.index(passage.topic) for passage in passages])
        return cls(encoded, labels, tokenizer, batch, torch.Generator().manual_seed(seed))

    def draw(self, masked_share: float) -> MaskedBatch:
        """The next batch, with about `masked_share` of its words hidden."""
        if not self._dealt:
            self._deal()
        chosen = self._dealt.pop()
        ids, attention = pad([self.encoded[index] for index in chosen], self.tokenizer.pad_token_id)
        hidden, words = self._hide(ids, masked_share)
        return MaskedBatch(hidden, attention, words, self.labels[chosen])

    def _deal(self) -> None:
        """Draw passages, each topic with the same probability, and sort them into batches of like length."""
        weights = 1.0 / torch.bincount(self.labels)[self.labels].float()
        drawn = torch.multinomial(weights, self.batch * POOL, replacement=True, generator=self.generator).tolist()
        drawn.sort(key=lambda index: len(self.encoded[index]))
        batches = [drawn[start : start + self.batch] for start in range(0, len(drawn), self.batch)]
        order = torch.randperm(len(batches), generator=self.generator).tolist()
        self._dealt = [batches[number] for number in order]

    def _hide(self, ids: torch.Tensor, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Of the chosen words 80 % become [MASK], 10 % another word, 10 % stay (BERT, section 3.1)."""
        ordinary = ids >= len(self.tokenizer.all_special_ids)
        chosen = ordinary & (torch.rand(ids.shape, generator=self.generator) < share)
        fate = torch.rand(ids.shape, generator=self.generator)
        others = torch.randint(0, len(self.tokenizer), ids.shape, generator=self.generator)
        hidden = torch.where(chosen & (fate < 0.8), self.tokenizer.mask_token_id, ids)
        hidden = torch.where(chosen & (fate >= 0.9), others, hidden)
        return hidden, torch.where(chosen, ids, IGNORED)
