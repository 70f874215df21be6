"""Candidates of retrieval, fixed for each example, and how they are scored.

A contrast within the batch makes an example's loss depend on who else stands in its batch. So each example brings
its candidates along: the right one and others from the data set, drawn once by a seed and the example's position.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks.reading import check_integers, check_range, field_of, required_targets

DEFAULT_SCALE = 20.0
"""Factor of cosine similarities where a model brings none (Reimers & Gurevych 2019: temperature 0.05)."""


def candidate_places(contents: Sequence[Any], candidates: int, seed: int = 0) -> np.ndarray:
    """Which of the data set's documents are each example's candidates.

    Args:
        contents: what each example's own document says; documents that say the same are never rivals.
        candidates: how many for each example, its own included.
        seed: of the draw; the position of the example adds to it, so that no other example changes it.

    Returns:
        ``[examples, candidates]`` positions in ``contents``; the first one is the example itself.

    Raises:
        DataError: fewer than two candidates are asked for, or there are not so many different documents.
    """
    first_of = {content: position for position, content in reversed(list(enumerate(contents)))}
    distinct = np.array(sorted(first_of.values()))
    if not 2 <= candidates <= len(distinct):
        raise DataError(
            f"{candidates} candidates cannot be drawn from {len(distinct)} different documents.",
            remedy="Ask for at least 2 and at most as many as there are.",
        )
    rows = []
    for position, content in enumerate(contents):
        rivals = distinct[distinct != first_of[content]]
        chosen = np.random.default_rng((seed, position)).choice(rivals, candidates - 1, replace=False)
        rows.append(np.concatenate([[position], chosen]))
    return np.stack(rows)


def grouped(embeddings: Tensor, batch: Batch, what: str) -> Tensor:
    """Candidates' embeddings as ``[examples, candidates, width]``.

    Args:
        embeddings: in that shape, or ``[examples x candidates, width]`` with each example's candidates together.
        batch: the examples.
        what: what is embedded, in the plural, for messages.

    Raises:
        DataError: there are not at least two for each example.
    """
    if embeddings.dim() == 2 and embeddings.shape[0] % batch.size == 0:
        embeddings = embeddings.reshape(batch.size, -1, embeddings.shape[-1])
    if embeddings.dim() != 3 or embeddings.shape[0] != batch.size or embeddings.shape[1] < 2:
        raise DataError(
            f"{what.capitalize()} of shape {tuple(embeddings.shape)} came for {batch.size} examples; each needs two or "
            "more of its own. A contrast within the batch would change with the batch size.",
            remedy="Feed fixed candidates for each example: candidate_places(contents, candidates, seed).",
        )
    return embeddings


def scale_of(outputs: Any) -> Tensor | float:
    """The factor of cosine similarities: the output's own ``logit_scale`` (not its logarithm), or the default."""
    scale = field_of(outputs, ("logit_scale",))
    return DEFAULT_SCALE if scale is None else scale.float()


def cosine_scores(queries: Tensor, candidates: Tensor, scale: Tensor | float) -> Tensor:
    """Scaled cosine similarities.

    Args:
        queries: ``[examples, width]``.
        candidates: ``[examples, candidates, width]``, or ``[candidates, width]`` where all examples share them.
        scale: factor.

    Returns:
        ``[examples, candidates]`` float32.

    Raises:
        DataError: the widths differ.
    """
    if queries.dim() != 2 or queries.shape[-1] != candidates.shape[-1]:
        raise DataError(
            f"Queries of shape {tuple(queries.shape)} cannot be compared with candidates of shape "
            f"{tuple(candidates.shape)}.",
            remedy="Embed both in one space, one vector for each.",
        )
    directions = functional.normalize(queries.float(), dim=-1), functional.normalize(candidates.float(), dim=-1)
    pattern = "ew,ecw->ec" if candidates.dim() == 3 else "ew,cw->ec"
    return torch.einsum(pattern, *directions) * scale


def right_places(batch: Batch, candidates: int) -> Tensor:
    """Targets of retrieval: the right candidate's place, ``[examples]`` int64.

    Raises:
        DataError: they are missing or out of range.
    """
    targets = check_integers(required_targets(batch, "places of right candidates"), "candidate")
    if targets.dim() != 1:
        raise DataError(
            f"Targets of shape {tuple(targets.shape)} do not name one candidate for each of {batch.size} examples.",
            remedy="Give the place of the right candidate, shape [examples].",
        )
    check_present(targets, candidates, batch, "candidate")
    return targets


def check_present(targets: Tensor, size: int, batch: Batch, what: str) -> None:
    """As ``check_range``, and no target may be missing.

    Raises:
        DataError: names the first example.
    """
    check_range(torch.where(targets < 0, -1, targets), size, batch, what)
