"""Retrieval and recommendation: ranks by hand, torchmetrics, fixed candidates, plain formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchmetrics.functional.retrieval import (
    retrieval_auroc,
    retrieval_normalized_dcg,
    retrieval_recall,
    retrieval_reciprocal_rank,
)
from transformers import CLIPConfig, CLIPModel

from analysis_core.data.batches import Batch
from analysis_core.errors import DataError
from analysis_core.tasks import task_for
from analysis_core.tasks.candidates import DEFAULT_SCALE, candidate_places
from analysis_core.tasks.ranking import (
    areas_under_curve,
    discounted_gains,
    ranks,
    recalls,
    reciprocal_ranks,
    standings,
)
from analysis_core.vocabulary import ModalityType, TaskType
from tests.tasks.cases import case

RETRIEVAL, RECOMMENDATION = task_for(TaskType.RETRIEVAL), task_for(TaskType.RECOMMENDATION)
BOTH_WAYS = task_for(TaskType.RETRIEVAL, ModalityType.MULTIMODAL)


def test_ranks_by_hand() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.5, 0.7], [2.0, 1.0, 0.0, -torch.inf]])
    standing = standings(scores, torch.tensor([2, 0]))
    assert ranks(standing).tolist() == [3, 1]
    assert reciprocal_ranks(standing).tolist() == pytest.approx([1 / 3, 1])
    assert recalls(standing, 2).tolist() == [0, 1]
    assert discounted_gains(standing, 10).tolist() == pytest.approx([1 / math.log2(4), 1])
    assert discounted_gains(standing, 2).tolist() == [0, 1]
    # One of three rivals stands behind; both of the two rivals that there are.
    assert areas_under_curve(standing).tolist() == pytest.approx([1 / 3, 1])


def test_a_model_that_scores_all_alike_wins_nothing() -> None:
    standing = standings(torch.zeros(1, 5), torch.tensor([0]))
    assert ranks(standing).tolist() == [5]
    assert areas_under_curve(standing).tolist() == [0.5]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (reciprocal_ranks, retrieval_reciprocal_rank),
        (lambda standing: recalls(standing, 5), lambda s, t: retrieval_recall(s, t, top_k=5)),
        (lambda standing: discounted_gains(standing, 10), lambda s, t: retrieval_normalized_dcg(s, t, top_k=10)),
        (areas_under_curve, retrieval_auroc),
    ],
)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), candidates=st.integers(2, 30))
def test_metrics_agree_with_torchmetrics(
    ours: Callable[[Tensor], np.ndarray], theirs: Callable[..., Any], seed: int, candidates: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = (1 + torch.randperm(candidates, generator=generator)) / (1 + candidates)  # no two alike
    right = int(torch.randint(candidates, (1,), generator=generator))
    found = ours(standings(scores.unsqueeze(0), torch.tensor([right])))[0]
    assert found == pytest.approx(float(theirs(scores, torch.arange(candidates) == right)), rel=1e-5)


def test_retrieval_losses_by_a_plain_formula() -> None:
    found = case("retrieval")
    outputs, batch = found.whole()
    for example, loss in enumerate(found.task.losses(outputs, batch).tolist()):
        query = outputs["query_embeds"][example].double().numpy()
        cosines = [
            query @ document / np.linalg.norm(query) / np.linalg.norm(document)
            for document in outputs["document_embeds"][example].double().numpy()
        ]
        scores = [3.0 * cosine for cosine in cosines]
        right = scores[int(found.targets[example])]
        assert loss == pytest.approx(math.log(sum(map(math.exp, scores))) - right, rel=1e-5, abs=1e-6)


def test_retrieval_by_hand() -> None:
    outputs = {"logits": torch.tensor([[3.0, 1, 2], [3, 1, 2]])}
    targets = torch.tensor([0, 1])
    found = RETRIEVAL.metrics(RETRIEVAL.predictions(outputs, Batch({}, targets, 2)), targets)
    assert found["mean_reciprocal_rank"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["recall@1"] == 0.5 and found["recall@5"] == 1
    assert found["ndcg@10"] == pytest.approx((1 + 1 / 2) / 2)


def test_all_forms_of_outputs_give_the_same_losses() -> None:
    found = case("retrieval")
    queries, documents = found.outputs["query_embeds"], found.outputs["document_embeds"]
    _, batch = found.whole()
    base = RETRIEVAL.losses((queries, documents), batch)
    flat = {"query_embeds": queries, "document_embeds": documents.flatten(0, 1)}
    torch.testing.assert_close(RETRIEVAL.losses(flat, batch), base)
    normal = torch.nn.functional.normalize
    scores = DEFAULT_SCALE * (normal(queries, dim=-1).unsqueeze(1) * normal(documents, dim=-1)).sum(-1)
    torch.testing.assert_close(RETRIEVAL.losses({"logits": scores}, batch), base)
    index = {"query_embeds": queries, "candidate_embeds": documents[0]}
    own = {"query_embeds": queries, "document_embeds": documents[:1].expand(6, -1, -1)}
    torch.testing.assert_close(RETRIEVAL.losses(index, batch), RETRIEVAL.losses(own, batch))
    assert RETRIEVAL.answer_features(index, batch).shape == (6, 5)
    assert RETRIEVAL.answer_features({"logits": scores}, batch).shape == (6, 4)


def test_a_contrast_within_the_batch_is_refused() -> None:
    pairs = torch.randn(4, 8), torch.randn(4, 8)
    batch = Batch({}, torch.arange(4), 4)
    with pytest.raises(DataError, match="within the batch"):
        RETRIEVAL.losses(pairs, batch)
    with pytest.raises(DataError, match="within the batch"):
        BOTH_WAYS.losses({"image_embeds": pairs[0], "text_embeds": pairs[1]}, batch)


def test_clip_states_the_same_loss_for_one_group() -> None:
    """With both ways of all pairs averaged, fixed groups give the library's own contrastive loss."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    config = CLIPConfig(
        text_config={**sizes, "vocab_size": 20, "max_position_embeddings": 6, "eos_token_id": 19},
        vision_config={**sizes, "image_size": 8, "patch_size": 4},
        projection_dim=8,
    )
    module = CLIPModel(config).eval()
    texts = torch.tensor([[1, 2, 19], [3, 4, 19], [5, 6, 19]])
    with torch.no_grad():
        outputs = module(input_ids=texts, pixel_values=torch.randn(3, 3, 8, 8), return_loss=True)
    # Each pair once at place 0, the others behind.
    order = torch.tensor([[0, 1, 2], [1, 0, 2], [2, 0, 1]])
    given = {
        "image_embeds": outputs.image_embeds[order],
        "text_embeds": outputs.text_embeds[order],
        "logit_scale": module.logit_scale.exp(),
    }
    losses = BOTH_WAYS.losses(given, Batch({}, torch.zeros(3, dtype=torch.long), 3))
    torch.testing.assert_close(losses.mean(), outputs.loss)


def test_both_ways_by_hand() -> None:
    # The picture is nearest to its text; the text is nearer to the other picture.
    images = torch.tensor([[[1.0, 0], [0.6, 0.8]]])
    texts = torch.tensor([[[0.8, 0.6], [0, 1]]])
    batch = Batch({}, torch.tensor([0]), 1)
    assert batch.targets is not None
    found = BOTH_WAYS.metrics(BOTH_WAYS.predictions((images, texts), batch), batch.targets)
    assert (found["image_to_text_recall@1"], found["text_to_image_recall@1"]) == (1, 0)
    assert found["text_to_image_recall@5"] == 1
    assert found["mean_reciprocal_rank"] == pytest.approx((1 + 1 / 2) / 2)


def test_candidates_are_fixed_and_never_say_the_same() -> None:
    contents = ["a", "b", "a", "c", "d", "e"]
    places = candidate_places(contents, 4)
    assert places[:, 0].tolist() == list(range(6))
    for row in places:
        assert len({contents[place] for place in row}) == 4
    assert np.array_equal(places, candidate_places(contents, 4))
    assert not np.array_equal(places, candidate_places(contents, 4, seed=1))


@pytest.mark.parametrize("candidates", [1, 4])
def test_impossible_numbers_of_candidates_are_refused(candidates: int) -> None:
    with pytest.raises(DataError, match="cannot be drawn from 3"):
        candidate_places(["a", "b", "c", "a"], candidates)


def test_recommendation_by_hand() -> None:
    logits = torch.tensor([[9.0, 8, 7, 6], [9, 8, 7, -torch.inf]])
    targets = torch.tensor([1, 2])
    found = RECOMMENDATION.metrics(RECOMMENDATION.predictions(logits, Batch({}, targets, 2)), targets)
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(4)) / 2)
    assert found["recall@10"] == 1
    assert found["auc"] == pytest.approx((2 / 3 + 0) / 2)


def test_logits_for_every_step_are_read_at_the_last_real_one() -> None:
    logits = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(0))
    targets, mask = torch.tensor([3, 1]), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    found = RECOMMENDATION.losses(logits, Batch({}, targets, 2, padding_mask=mask))
    expected = torch.nn.functional.cross_entropy(torch.stack([logits[0, 3], logits[1, 1]]), targets, reduction="none")
    torch.testing.assert_close(found, expected)
    left = torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]])
    moved = RECOMMENDATION.losses(logits, Batch({}, targets, 2, padding_mask=left))
    without = RECOMMENDATION.losses(logits, Batch({}, targets, 2))
    torch.testing.assert_close(moved, without)


@pytest.mark.parametrize("bad", [-100, -1, 5])
def test_items_out_of_range_are_named(bad: int) -> None:
    with pytest.raises(DataError, match="Example 3 has item"):
        RECOMMENDATION.losses(torch.zeros(2, 5), Batch({}, torch.tensor([0, bad]), 2, first=2))
    with pytest.raises(DataError, match="Example 3 has candidate"):
        RETRIEVAL.losses({"logits": torch.zeros(2, 5)}, Batch({}, torch.tensor([0, bad]), 2, first=2))
