"""Train a sequential recommender: a causal transformer that predicts every item from those before it.

SASRec (Kang & McAuley 2018) with the cross-entropy over all items in place of one sampled negative, which is what
makes it strong (Klenitskiy & Vasilev 2023). Where there are many items, the sum over all of them is estimated from
some, drawn evenly and weighted by how many they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel

from analysis_core.data.interactions import InteractionLog
from analysis_core.data.splitting import SPLITS
from analysis_core.models.sequences import FIRST_ITEM, PADDING
from analysis_core.zoo import Progress
from analysis_core.zoo.training import Stage, decayed, fit

ITEM_RATE = 3.0
"""How much larger the steps of the item table are than those of the layers."""


@dataclass(frozen=True)
class Size:
    """How large a recommender is, and how it is trained.

    Args:
        layers, hidden, heads, feed_forward: of the transformer.
        longest: items that it reads at most.
        dropout: of embeddings and of what each part adds to the stream.
        places: predictions in one batch, padding counted.
        steps, learning_rate, weight_decay: of the training.
        negatives: items that stand for all others in one batch; 0 takes all items.
        left_out: share of the read items that are left out at random, so that no history is learned by heart.
        smoothing: share of each target's weight that is spread over all items; only without ``negatives``.
        loudness: deviation of the blocks' first weights; None takes GPT-2's, whose blocks begin close to the identity.
    """

    layers: int = 12
    hidden: int = 64
    heads: int = 2
    feed_forward: int = 128
    longest: int = 50
    dropout: float = 0.2
    places: int = 512
    steps: int = 1000
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    negatives: int = 0
    left_out: float = 0.0
    smoothing: float = 0.0
    loudness: float | None = None


def build(items: int, size: Size) -> GPT2LMHeadModel:
    """An untrained model whose tokens are padding and all items."""
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=items + FIRST_ITEM,
            n_positions=size.longest,
            n_embd=size.hidden,
            n_layer=size.layers,
            n_head=size.heads,
            n_inner=size.feed_forward,
            activation_function="gelu_pytorch_tanh",
            embd_pdrop=size.dropout,
            resid_pdrop=size.dropout,
            attn_pdrop=0.0,  # with it, torch computes attention on a much slower path
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=PADDING,
            use_cache=False,
            architectures=["GPT2LMHeadModel"],
            dtype="float32",
        )
    )
    for weight in model.transformer.h.parameters():
        if size.loudness is not None and weight.ndim > 1:
            torch.nn.init.normal_(weight, std=size.loudness)
    return model


def train(
    model: GPT2LMHeadModel,
    log: InteractionLog,
    size: Size,
    seed: int = 0,
    progress: Progress | None = None,
    users: Sequence[int] | None = None,
) -> None:
    """Train on the part of the log that precedes everything held out; leaves the model in evaluation mode.

    Args:
        users: positions of the sequences that are learned from, among those of the training part; None takes all.
    """
    records = log.split("heal")
    sequences = [records[index].items for index in (range(len(records)) if users is None else users)]
    batches = WindowBatches(windows(sequences, size.longest), size.places, np.random.default_rng(seed), size.left_out)
    items = len(log.item_names)

    def loss_of_step(_step: int) -> Tensor:
        tokens, targets = batches.draw()
        real = targets != PADDING
        hidden = model.transformer(input_ids=tokens, attention_mask=real.long()).last_hidden_state[real]
        return next_item_loss(hidden, model.transformer.wte.weight, targets[real], items, size)

    model.train()
    stage = Stage("Next items", size.steps, size.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress, _optimizer(model, size))
    model.eval()


def _optimizer(model: GPT2LMHeadModel, size: Size) -> torch.optim.Optimizer:
    """AdamW with larger steps for the item table: most of its rows are seen in few batches only."""
    table = model.transformer.wte.weight
    groups = decayed((weight for weight in model.parameters() if weight is not table), size.weight_decay)
    items = {"params": [table], "weight_decay": size.weight_decay, "lr": ITEM_RATE * size.learning_rate}
    return torch.optim.AdamW([*groups, items], lr=size.learning_rate, betas=(0.9, 0.98), fused=True)


def windows(sequences: Iterable[np.ndarray], longest: int) -> list[np.ndarray]:
    """Sequences of items as tokens, long ones cut from their end into pieces of ``longest`` predictions."""
    found = []
    for sequence in sequences:
        tokens = sequence + FIRST_ITEM
        found += [tokens[max(0, end - longest - 1) : end] for end in range(len(tokens), 1, -longest)]
    return found


@dataclass
class WindowBatches:
    """An endless source of batches of windows of like lengths; all windows come once before any comes again.

    Args:
        windows: tokens of each.
        places: predictions in a batch at most, padding counted; a longer window is a batch of its own.
        random: decides the order, and which items are left out.
        left_out: share of the read items that are left out; what follows them is predicted from the others.
    """

    windows: Sequence[np.ndarray]
    places: int
    random: np.random.Generator
    left_out: float = 0.0
    _dealt: list[list[int]] = field(default_factory=list)

    def draw(self) -> tuple[Tensor, Tensor]:
        """Tokens and the tokens that follow them, both ``[windows, places]``, padded behind."""
        if not self._dealt:
            self._dealt = self._deal()
        chosen = [self._thinned(self.windows[index]) for index in self._dealt.pop()]
        padded = np.full((2, len(chosen), max(len(tokens) for tokens, _ in chosen)), PADDING)
        for row, pair in enumerate(chosen):
            padded[:, row, : len(pair[0])] = pair
        tokens, targets = torch.from_numpy(padded)
        return tokens, targets

    def _thinned(self, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is read of a window, and what follows each of it; the first item always stays."""
        if not self.left_out:
            return window[:-1], window[1:]
        stays = self.random.uniform(size=len(window) - 1) >= self.left_out
        stays[0] = True
        return window[:-1][stays], window[1:][stays]

    def _deal(self) -> list[list[int]]:
        lengths = np.array([len(window) for window in self.windows])
        order = np.argsort(lengths + self.random.uniform(size=len(lengths)))  # equal lengths in a random order
        batches: list[list[int]] = [[]]
        for index in order.tolist():
            if batches[-1] and (len(batches[-1]) + 1) * (lengths[index] - 1) > self.places:
                batches.append([])
            batches[-1].append(index)
        self.random.shuffle(batches)
        return batches


def next_item_loss(hidden: Tensor, table: Tensor, targets: Tensor, items: int, size: Size) -> Tensor:
    """Mean cross-entropy of the next items, in nats.

    Args:
        hidden: states that predict, ``[places, width]``.
        table: a row for each token, ``[tokens, width]``; logits are its products with the states.
        targets: tokens that come next, ``[places]``.
        items: how many items there are.
        size: its ``negatives`` and ``smoothing``.
    """
    if not size.negatives:
        logits = hidden @ table[FIRST_ITEM:].T
        return functional.cross_entropy(logits, targets - FIRST_ITEM, label_smoothing=size.smoothing)
    drawn = torch.randint(FIRST_ITEM, items + FIRST_ITEM, (size.negatives,))
    right = (hidden * table[targets]).sum(-1, keepdim=True)
    others = hidden @ table[drawn].T + math.log((items - 1) / size.negatives)
    others = others.masked_fill(drawn == targets.unsqueeze(1), -torch.inf)
    return functional.cross_entropy(torch.cat([right, others], dim=1), torch.zeros_like(targets))


def sample_of(log: InteractionLog) -> pd.DataFrame:
    """A row for each sequence of each part: ``history``, ``item``, ``split``.

    Two users may well do the same; an example that stands in two parts is left out of the one that needs it less.
    """
    owner: dict[tuple[bytes, int], str] = {}
    rows: list[tuple[list[int], int, str]] = []
    for split in ("test", "search", "heal"):
        rows += [
            (record.history.tolist(), record.target, split)
            for record in log.split(split)
            if owner.setdefault((record.history.tobytes(), record.target), split) == split
        ]
    frame = pd.DataFrame(rows, columns=["history", "item", "split"])
    return pd.concat([frame[frame["split"] == split] for split in SPLITS], ignore_index=True)


def popularity_standings(log: InteractionLog, items: Sequence[int]) -> Tensor:
    """Where items stand if all are ranked by how often the training part names them: what takes no model.

    Args:
        items: the right items.

    Returns:
        As :func:`analysis_core.tasks.ranking.standings`, ``[items, 3]``.
    """
    trained = np.concatenate([record.items for record in log.split("heal")])
    counts = np.bincount(trained, minlength=len(log.item_names))
    ordered, own = np.sort(counts), counts[np.asarray(items)]
    lower, not_higher = (np.searchsorted(ordered, own, side=side) for side in ("left", "right"))
    wrong = np.full(len(own), len(counts) - 1)
    return torch.from_numpy(np.stack([len(counts) - not_higher, not_higher - lower - 1, wrong], axis=1)).double()
