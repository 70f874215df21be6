"""Batches of passages: padding, fairness between topics, and which words are hidden."""

from __future__ import annotations

import torch

from analysis_core.zoo.docstrings import Passage
from analysis_core.zoo.masking import IGNORED, PassageBatches, pad
from analysis_core.zoo.subwords import MASK, SPECIAL, train_tokenizer

TOPICS = ["fruit", "tool"]
PASSAGES = [Passage(f"an apple and {number} pears in a bowl", "fruit", "a:") for number in range(95)] + [
    Passage(f"a hammer and {number} nails", "tool", "b:") for number in range(5)
]


def batches(seed: int = 0) -> PassageBatches:
    tokenizer = train_tokenizer([passage.text for passage in PASSAGES], vocabulary=200, max_length=16)
    return PassageBatches.of(PASSAGES, TOPICS, tokenizer, batch=32, seed=seed)


def test_padding_by_hand() -> None:
    ids, attention = pad([[5, 6, 7], [8]], padding=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert attention.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_topics_come_equally_often() -> None:
    source = batches()
    labels = torch.cat([source.draw(0.0).labels for _ in range(40)])
    assert 0.4 < labels.float().mean() < 0.6


def test_only_words_are_hidden_and_about_as_many_as_asked() -> None:
    source = batches()
    drawn = [source.draw(0.3) for _ in range(40)]
    hidden = sum(int((batch.words != IGNORED).sum()) for batch in drawn)
    words = sum(int((batch.attention.sum(dim=1) - 2).sum()) for batch in drawn)  # all but [CLS] and [SEP]
    assert 0.25 < hidden / words < 0.35
    for batch in drawn:
        kept = batch.words == IGNORED
        assert (batch.words[~kept] >= len(SPECIAL)).all()
        assert (batch.ids[:, 0] == source.tokenizer.cls_token_id).all()
        assert not (batch.ids[kept] == source.tokenizer.convert_tokens_to_ids(MASK)).any()


def test_same_seed_same_batches() -> None:
    one, two, other = (batches(seed).draw(0.2) for seed in (1, 1, 2))
    assert torch.equal(one.ids, two.ids) and torch.equal(one.words, two.words)
    assert one.ids.shape != other.ids.shape or not torch.equal(one.ids, other.ids)


def test_tokenizer_reads_as_bert_does() -> None:
    tokenizer = batches().tokenizer
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == [0, 1, 2, 3, 4]
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("An APPLE")["input_ids"])
    assert tokens == ["[CLS]", "▁an", "▁apple", "[SEP]"]
