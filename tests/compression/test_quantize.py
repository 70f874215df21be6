"""Int8 layers: worked by hand, against a slow reference, within their error bound, and as parts of models."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from analysis_core.compression.shrinking import compact
from analysis_core.compression.shrinking.compact import (
    Int8Linear,
    compact_layers,
    quantized_rows,
    quantized_weight,
    swap_in,
)
from analysis_core.compression.shrinking.linear_layers import linear_layers
from analysis_core.compression.shrinking.quantize import quantize
from analysis_core.data.batches import Batch
from analysis_core.errors import SurgeryError
from analysis_core.vocabulary import LayerKind
from tests.compression import models
from tests.toys import NamedLayersModel, tiny_bert, token_batches


def made(inputs: int, outputs: int, seed: int = 0, bias: bool = True) -> tuple[nn.Linear, Int8Linear]:
    torch.manual_seed(seed)
    linear = nn.Linear(inputs, outputs, bias=bias)
    return linear, Int8Linear.of(linear.weight.detach(), linear.bias.detach() if bias else None)


def reference(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A row and an output at a time, in whole numbers and float64."""
    y = np.empty((len(x), len(weight)))
    for row, inputs in enumerate(x.astype(np.float32)):
        low, high = min(inputs.min(), np.float32(0)), max(inputs.max(), np.float32(0))
        step = np.float32(high - low) / np.float32(255)
        zero = np.round(np.float32(-128) - low / step)
        whole_x = np.minimum(np.round(inputs * (np.float32(1) / step) + zero), 127).astype(np.int64)
        for output, weights in enumerate(weight.astype(np.float32)):
            scale = np.abs(weights).max() / np.float32(127)
            whole_w = np.round(weights / scale).astype(np.int64)
            total = sum(int(a - int(zero)) * int(b) for a, b in zip(whole_x, whole_w, strict=True))
            y[row, output] = total * float(step) * float(scale) + bias[output]
    return y


def test_weights_worked_by_hand() -> None:
    # The largest of each row becomes 127; 1.27 -> one step is 0.01; -0.126 lies nearer to -13 than to -12.
    whole, scale = quantized_weight(torch.tensor([[1.27, -0.126, 0.0], [0.0, 0.0, 0.0], [-25.4, 12.7, 0.3]]))
    assert whole.tolist() == [[127, -13, 0], [0, 0, 0], [-127, 64, 2]]  # 63.5 goes to the even 64, 1.5 to 2
    assert scale.tolist() == pytest.approx([0.01, 1.0, 0.2])
    assert whole.dtype == torch.int8


def test_inputs_worked_by_hand() -> None:
    # From -1 to 1.55 there are 255 steps of 0.01; -1 becomes -128, so 0 becomes -28 and 1.55 becomes 127.
    whole, scale, zero = quantized_rows(torch.tensor([[-1.0, 0.0, 1.55, 0.104], [0.0, 5.1, 2.55, 0.02]]))
    assert scale[:, 0].tolist() == pytest.approx([0.01, 0.02])
    assert zero[:, 0].tolist() == [-28, -128]  # the second row has nothing below zero: all steps are above it
    assert whole[0].tolist() == [-128, -28, 127, -18]
    assert whole[1, [0, 1, 3]].tolist() == [-128, 127, -127]


def test_a_row_of_zeros_stays_zero() -> None:
    _, layer = made(4, 3)
    assert torch.equal(layer(torch.zeros(2, 4)), layer.bias.detach().expand(2, 3))  # type: ignore[union-attr]


def test_it_computes_what_a_slow_reference_computes() -> None:
    linear, layer = made(13, 7)
    x = torch.randn(5, 13, generator=torch.Generator().manual_seed(1))
    expected = reference(x.numpy(), linear.weight.detach().numpy(), linear.bias.detach().numpy())
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=2e-5, atol=2e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_the_error_stays_within_its_bound(inputs: int, outputs: int, size: float, seed: int) -> None:
    """Half a step of each input and of each weight, and both together."""
    linear, layer = made(inputs, outputs, seed)
    x = size * torch.randn(6, inputs, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        error = (layer(x) - linear(x)).abs().double()
    _, step_w = quantized_weight(linear.weight.detach())
    _, step_x, _ = quantized_rows(x)
    weights, step_w, step_x = linear.weight.detach().abs().double(), step_w.double(), step_x.double()
    bound = step_x / 2 * weights.sum(1) + (x.abs().double().sum(1)[:, None] + inputs * step_x / 2) * step_w / 2
    assert bool((error <= 1.001 * bound + 1e-5 * size).all())


def test_no_example_depends_on_its_neighbours_and_shapes_are_kept() -> None:
    _, layer = made(16, 8)
    x = torch.randn(3, 5, 16)
    whole = layer(x)
    assert whole.shape == (3, 5, 8) and layer(x[:0]).shape == (0, 5, 8) and layer(x[0, 0]).shape == (8,)
    assert torch.equal(layer(torch.cat([x[1:2], 1000 * x[:1]]))[0], whole[1])


def test_bad_numbers_stay_visible() -> None:
    _, layer = made(4, 3)
    x = torch.tensor([[1.0, float("nan"), 0.0, 2.0], [1.0, float("inf"), 0.0, 2.0], [1.0, 1.0, 0.0, 2.0]])
    finite = layer(x).isfinite().all(dim=1)
    assert finite.tolist() == [False, False, True]


def test_where_no_integer_kernel_is_right_floats_compute_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, layer = made(33, 9)
    x = torch.randn(20, 33)
    before = layer(x)
    monkeypatch.setattr(compact, "_is_exact", lambda _device: False)
    torch.testing.assert_close(layer(x), before, rtol=1e-6, atol=1e-6)


def test_gradients_are_refused_and_weights_cannot_learn() -> None:
    _, layer = made(4, 3)
    assert not any(weight.requires_grad for weight in layer.parameters())
    with pytest.raises(RuntimeError, match=r"only infer\. Run the model under torch\.no_grad"):
        layer(torch.randn(2, 4, requires_grad=True))


def test_a_model_keeps_its_answers_in_a_quarter_of_the_bytes() -> None:
    model, batch = tiny_bert(width=64), token_batches()[0]
    model.module.eval()
    before, embeddings = model.forward(batch).logits.detach(), model.module.bert.embeddings.word_embeddings.weight
    paths = quantize(model, batch)
    assert len(paths) == 4 * 6 + 2  # query, key, value and three more in each block; pooler and head
    with torch.no_grad():
        after = model.forward(batch).logits
    assert float((after - before).abs().max()) < 0.1 * float(before.abs().max())
    assert model.module.bert.embeddings.word_embeddings.weight is embeddings
    weights = [part.weight for part in model.module.modules() if isinstance(part, Int8Linear)]
    assert all(weight.dtype == torch.int8 for weight in weights)


def test_transposed_weights_and_tied_heads() -> None:
    model = models.gpt2()
    inputs = models.inputs_for(model)
    before = model.module(**inputs).logits.detach()
    paths = quantize(model, Batch(inputs, None, 3))
    assert "lm_head" not in paths and len(paths) == 4 * 4  # the head is the table of tokens
    assert isinstance(model.module.transformer.h[0].attn.c_attn, Int8Linear)
    assert model.module.lm_head.weight is model.module.transformer.wte.weight
    assert float((model.module(**inputs).logits - before).abs().max()) < 0.05 * float(before.abs().max())


class Attending(nn.Module):
    """torch's own attention multiplies with the weights of its output layer itself."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.MultiheadAttention(8, 2, batch_first=True) for _ in range(2)])
        self.shared = nn.Linear(8, 8)
        self.again = nn.ModuleList([self.shared, self.shared])

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = x + block(x, x, x)[0]
        for part in self.again:
            x = part(x)
        return x


def test_layers_whose_weights_others_read_stay_and_shared_layers_change_everywhere() -> None:
    net = Attending().eval()
    model = NamedLayersModel(net, ["blocks.0", "blocks.1"], LayerKind.ATTENTION)
    batch = Batch(torch.randn(3, 5, 8), None, 3)
    assert [layer.path for layer in linear_layers(model, batch)] == ["shared"]
    quantize(model, batch)
    assert isinstance(net.shared, Int8Linear) and net.again[0] is net.again[1] is net.shared
    rebuilt = swap_in(Attending().eval(), compact_layers(net))
    rebuilt.load_state_dict(net.state_dict())
    with torch.no_grad():
        assert torch.equal(rebuilt(batch.inputs), net(batch.inputs))


def test_what_is_refused() -> None:
    convolutions = nn.Sequential(nn.Conv1d(2, 2, 1), nn.Conv1d(2, 2, 1))
    model = NamedLayersModel(convolutions, ["0", "1"], LayerKind.CONVOLUTION)
    with pytest.raises(SurgeryError, match=r"no linear layers that int8 weights would make smaller"):
        quantize(model, Batch(torch.randn(1, 2, 4), None, 1))
    halved = copy.deepcopy(tiny_bert())
    halved.module.bfloat16()
    with pytest.raises(SurgeryError, match=r"query: Its weights are bfloat16, where float32 is needed\. Load"):
        quantize(halved, token_batches()[0])
