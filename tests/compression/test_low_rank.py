"""Low-rank factors: numpy's decomposition, the error of Eckart and Young, and what inputs change."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from analysis_core.compression.shrinking import low_rank
from analysis_core.compression.shrinking.compact import LowRankLinear
from analysis_core.compression.shrinking.linear_layers import linear_layers
from analysis_core.compression.shrinking.low_rank import factorize, factors, rank_for, second_moments
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.models.base import UniversalModel
from tests.compression import models
from tests.toys import tiny_bert as training_bert
from tests.toys import tiny_convolutional, token_batches


def tiny_bert(**sizes: int) -> UniversalModel:
    model = training_bert(**sizes)
    model.module.eval()
    return model


def matrix(outputs: int, inputs: int, seed: int = 0) -> Tensor:
    return torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("outputs", "inputs", "rank"), [(6, 9, 3), (9, 6, 1), (5, 5, 4)])
def test_it_is_numpys_truncated_decomposition(outputs: int, inputs: int, rank: int) -> None:
    weight = matrix(outputs, inputs)
    found = factors(weight, rank)
    left, values, right = np.linalg.svd(weight.numpy(), full_matrices=False)
    expected = (left[:, :rank] * values[:rank]) @ right[:rank]
    np.testing.assert_allclose((found.up @ found.down).numpy(), expected, atol=1e-12)
    # Eckart and Young: what is missing is what the dropped singular values hold.
    missing = float((weight - found.up @ found.down).square().sum())
    assert missing == pytest.approx(float(np.square(values[rank:]).sum()))
    assert found.energy == pytest.approx(1 - missing / float(np.square(values).sum()))


@pytest.mark.parametrize("weighted", [False, True])
def test_at_full_rank_nothing_is_lost(weighted: bool) -> None:
    weight, rows = matrix(5, 8), matrix(40, 8, seed=1)
    found = factors(weight, 5, rows.T @ rows / 40 if weighted else None)
    torch.testing.assert_close(found.up @ found.down, weight)
    assert found.energy == pytest.approx(1.0)


def test_inputs_decide_what_is_kept_and_the_error_is_known() -> None:
    weight = matrix(6, 8)
    rows = matrix(50, 8, seed=1) * torch.logspace(-1, 1, 8, dtype=torch.float64)
    weighted, plain = factors(weight, 2, rows.T @ rows / 50), factors(weight, 2)

    def lost(found: low_rank.Factors) -> float:
        return float((rows @ (weight - found.up @ found.down).T).square().sum() / (rows @ weight.T).square().sum())

    assert lost(weighted) == pytest.approx(1 - weighted.energy, rel=1e-6)
    assert lost(weighted) < 0.5 * lost(plain)
    # No other product of this rank comes nearer to the outputs: their own best rank-2 picture is the same.
    left, values, right = np.linalg.svd((rows @ weight.T).numpy(), full_matrices=False)
    np.testing.assert_allclose((rows @ (weighted.up @ weighted.down).T).numpy(), (left[:, :2] * values[:2]) @ right[:2])


def test_inputs_that_never_vary_do_not_harm() -> None:
    rows = torch.zeros(10, 4, dtype=torch.float64)
    rows[:, 1] = 3.0
    found = factors(matrix(4, 4), 1, rows.T @ rows / 10)
    torch.testing.assert_close(rows @ (found.up @ found.down).T, rows @ matrix(4, 4).T, rtol=1e-5, atol=1e-5)
    silent = factors(matrix(4, 4), 1, torch.zeros(4, 4))
    assert bool(silent.up.isfinite().all() and silent.down.isfinite().all())


def test_ranks_worked_by_hand() -> None:
    assert rank_for(0.5, 128, 128) == 32  # 32 x 256 of 16,384 weights
    assert rank_for(0.5, 512, 128) == 51  # 51.2 would be half
    assert rank_for(0.5, 2, 3) == 0  # not even one number in between saves half


def test_moments_leave_padding_out() -> None:
    model, batches = tiny_bert(), token_batches(12)
    layer = next(one for one in linear_layers(model, batches[0]) if one.path.endswith("layer.0.attention.self.query"))
    found = second_moments(model, [layer], batches)[layer.path]
    rows = []
    for batch in batches:
        with torch.no_grad():
            entered = model.module.bert.embeddings(batch.inputs["input_ids"])
        rows.append(entered[batch.inputs["attention_mask"].bool()])
    real = torch.cat(rows).double()
    torch.testing.assert_close(found, real.T @ real / len(real), rtol=1e-5, atol=1e-6)


def test_layers_in_blocks_keep_their_share_and_heads_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    model, batches = tiny_bert(layers=2, width=32), token_batches()
    twin = tiny_bert(layers=2, width=32)
    before = {path: part.weight.numel() for path, part in model.module.named_modules() if "layer." in path and
              isinstance(part, torch.nn.Linear)}  # fmt: skip
    done = factorize(model, 0.5, batches)
    assert done.keys() == before.keys()
    for path, weights in before.items():
        part = model.module.get_submodule(path)
        assert isinstance(part, LowRankLinear)
        held = part.rank * (part.in_features + part.out_features)
        assert held <= 0.5 * weights < held + part.in_features + part.out_features
    assert isinstance(model.module.classifier, torch.nn.Linear)
    assert all(0 < found.energy <= 1 for found in done.values())
    monkeypatch.setattr(low_rank, "MOMENT_BYTES", 1)  # each layer's moments in a pass of their own
    again = factorize(twin, 0.5, batches)
    assert {path: found.energy for path, found in again.items()} != {}


def test_with_the_whole_share_nothing_changes() -> None:
    model, batches = tiny_bert(), token_batches()
    before = model.forward(batches[0]).logits
    assert factorize(model, 1.0, batches) == {}
    assert torch.equal(model.forward(batches[0]).logits, before)


def test_transposed_weights() -> None:
    model = models.gpt2(layers=2)
    inputs = models.inputs_for(model)
    before = model.module(**inputs).logits.detach()
    factorize(model, 0.95, [Batch(inputs, None, 3)])
    with torch.no_grad():
        after = model.module(**inputs).logits
    assert isinstance(model.module.transformer.h[1].mlp.c_fc, LowRankLinear)
    assert 0 < float((after - before).abs().max()) < float(before.abs().max())


def test_what_is_refused() -> None:
    pictures = Batch(torch.randn(2, 1, 6, 6), None, 2)
    with pytest.raises(SurgeryError, match=r"No linear layer in its blocks would become smaller with 0\.5"):
        factorize(tiny_convolutional(), 0.5, [pictures])
    with pytest.raises(SurgeryError, match=r"with 0\.001 of its weights"):
        factorize(tiny_bert(), 0.001, token_batches())
