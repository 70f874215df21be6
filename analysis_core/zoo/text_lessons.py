"""How the recipes for text teach: examples are read as anybody's are, and the task's own loss is made small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from analysis_core.data.batches import Batch
from analysis_core.models.text_encoding import TextEncoding
from analysis_core.models.text_feeds import feed_for
from analysis_core.tasks import task_for
from analysis_core.vocabulary import TaskType
from analysis_core.zoo import Progress
from analysis_core.zoo.definitions import Pair, Parts
from analysis_core.zoo.training import Stage, fit, shared_out

POOL = 8
"""Batches that are drawn together, sorted by length and dealt out, so that little is padded."""


@dataclass
class Dealer:
    """An endless source of batches of numbers of examples, in a seeded random order.

    Args:
        lengths: of each example, in any unit.
        batch: examples in a batch.
        seed: of the order.
    """

    lengths: Sequence[int]
    batch: int
    seed: int
    _dealt: list[list[int]] = field(default_factory=list)
    _left: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._generator = torch.Generator().manual_seed(self.seed)

    def draw(self) -> list[int]:
        """The next batch; each example comes once before any comes again."""
        if not self._dealt:
            while len(self._left) < self.batch * POOL:
                self._left += torch.randperm(len(self.lengths), generator=self._generator).tolist()
            drawn, self._left = self._left[: self.batch * POOL], self._left[self.batch * POOL :]
            drawn.sort(key=self.lengths.__getitem__)
            batches = [drawn[start : start + self.batch] for start in range(0, len(drawn), self.batch)]
            order = torch.randperm(len(batches), generator=self._generator).tolist()
            self._dealt = [batches[number] for number in order]
        return self._dealt.pop()


@dataclass(frozen=True)
class Lessons:
    """How long a model is taught, and how fast.

    Args:
        batch: examples in a batch.
        steps: batches.
        learning_rate: the highest one.
    """

    batch: int = 32
    steps: int = 1200
    learning_rate: float = 2e-3


def teach(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    task_type: TaskType,
    examples: pd.DataFrame,
    lessons: Lessons,
    seed: int,
    progress: Progress | None = None,
) -> None:
    """Train a model on examples in the columns that its task reads; it ends in evaluation mode."""
    task, texts = task_for(task_type), TextEncoding(model, tokenizer, "training")
    read = feed_for(task_type, writes=bool(model.config.is_encoder_decoder)).read
    dealer = Dealer(_lengths(examples), lessons.batch, seed)

    def loss_of_step(step: int) -> torch.Tensor:
        batch = read(texts, examples.iloc[dealer.draw()], "training")
        return task.losses(outputs_of(model, batch), batch).mean()

    model.train()
    stage = Stage("Training", lessons.steps, lessons.learning_rate, 0.0, 0.98)
    fit(list(model.parameters()), loss_of_step, stage, progress)
    model.eval()


def outputs_of(model: nn.Module, batch: Batch) -> object:
    """What a model answers to a batch of keyword arguments."""
    inputs: dict[str, object] = dict(batch.inputs) if isinstance(batch.inputs, dict) else {}
    return model(**inputs)


def quieten(branches: Iterable[nn.Linear], layers: int) -> None:
    """Let every block begin close to the identity: what its branches add is scaled by 1 / sqrt(2 layers).

    Where a norm stands behind each residual sum, gradients fade on the way down loud blocks. The factor is that of
    A. Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.3.
    """
    with torch.no_grad():
        for branch in branches:
            branch.weight.mul_((2 * layers) ** -0.5)


def pair_rows(parts: Parts, columns: Sequence[str], heal: int) -> pd.DataFrame:
    """A sample of held-out pairs, and of training pairs spread evenly over the files."""
    stride = max(1, len(parts.train) // heal)
    listed = {"search": parts.search, "test": parts.test, "heal": parts.train[::stride][:heal]}
    rows = [(pair.text, pair.target, split) for split, pairs in listed.items() for pair in pairs]
    frame = pd.DataFrame(rows, columns=["text", "target_text", "split"])
    return frame[[*columns, "split"]]


def training_rows(pairs: Sequence[Pair], share: float, seed: int) -> pd.DataFrame:
    """A seeded random share of training pairs as examples."""
    kept = [pairs[index] for index in shared_out(len(pairs), share, seed)]
    return pd.DataFrame([(pair.text, pair.target) for pair in kept], columns=["text", "target_text"])


def commonest_token_share(tokenizer: PreTrainedTokenizerFast, train: Iterable[str], test: Iterable[str]) -> float:
    """The token accuracy of always writing the training targets' most frequent token, mean over test targets."""
    counts = torch.bincount(torch.tensor([token for row in _tokens(tokenizer, train) for token in row]))
    commonest = int(counts.argmax())
    shares = [row.count(commonest) / len(row) for row in _tokens(tokenizer, test)]
    return sum(shares) / len(shares)


def unigram_perplexity(tokenizer: PreTrainedTokenizerFast, train: Iterable[str], test: Iterable[str]) -> float:
    """The perplexity of knowing how frequent each token is, and nothing of what stands before it."""
    counts = torch.ones(len(tokenizer), dtype=torch.float64)
    for row in _tokens(tokenizer, train):
        counts += torch.bincount(torch.tensor(row), minlength=len(counts))
    nats = -(counts / counts.sum()).log()
    means = [nats[torch.tensor(row[1:])].mean() for row in _tokens(tokenizer, test)]
    return float(torch.stack(means).mean().exp())


def _tokens(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str]) -> Iterator[list[int]]:
    yield from tokenizer(list(texts), truncation=True)["input_ids"]


def _lengths(examples: pd.DataFrame) -> list[int]:
    counted: Callable[[object], int] = lambda value: len(value) if isinstance(value, str) else 0  # noqa: E731
    return [sum(map(counted, row)) for row in examples.itertuples(index=False)]
