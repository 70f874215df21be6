"""What a block adds to the stream, read off many libraries' blocks; then switched off, to see that it was that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import transformers
from torch import Tensor, nn

from analysis_core.models.residual import additions

SMALL: dict[str, Any] = {
    "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 32, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
VIT = {"img_size": 8, "patch_size": 4, "embed_dim": 16, "depth": 2, "num_heads": 2}
IDS = torch.arange(3, 17).reshape(2, 7)
PICTURES = torch.linspace(-1, 1, 2 * 3 * 8 * 8).sin().reshape(2, 3, 8, 8)
STATES = torch.linspace(-3, 3, 2 * 7 * 16).cos().reshape(2, 7, 16)

Made = tuple[nn.Module, nn.Module, Any]


def bert() -> Made:
    model = transformers.BertModel(transformers.BertConfig(**SMALL))
    return model, model.encoder.layer[0], IDS


def llama() -> Made:
    model = transformers.LlamaModel(transformers.LlamaConfig(**SMALL))
    return model, model.layers[0], IDS


def gemma2() -> Made:
    model = transformers.Gemma2Model(transformers.Gemma2Config(**SMALL, head_dim=8, num_key_value_heads=2))
    return model, model.layers[0], IDS


def gpt_neox() -> Made:
    model = transformers.GPTNeoXModel(transformers.GPTNeoXConfig(**SMALL))
    return model, model.layers[0], IDS


def distilbert() -> Made:
    config = transformers.DistilBertConfig(vocab_size=50, dim=16, n_layers=2, n_heads=2, hidden_dim=32)
    model = transformers.DistilBertModel(config)
    return model, model.transformer.layer[0], IDS


def beit() -> Made:
    config = transformers.BeitConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=8, patch_size=4,
        layer_scale_init_value=0.5,
    )  # fmt: skip
    model = transformers.BeitModel(config)
    block = next(part for part in model.modules() if type(part).__name__ == "BeitLayer")
    return model, block, PICTURES


def timm_vit() -> Made:
    model = timm.create_model("vit_tiny_patch16_224", **VIT)
    return model, model.blocks[0], PICTURES


def timm_layer_scale() -> Made:
    model = timm.create_model("deit3_small_patch16_224", **VIT, init_values=0.5)
    return model, model.blocks[0], PICTURES


def timm_swin() -> Made:
    model = timm.create_model(
        "swin_tiny_patch4_window7_224", img_size=28, depths=(2, 2), embed_dim=16, num_heads=(2, 4)
    )
    return model, model.layers[0].blocks[0], PICTURES.repeat(1, 1, 4, 4)[..., :28, :28]


def torch_norm_last() -> Made:
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2)
    return model, model.layers[0], STATES


def torch_norm_first() -> Made:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return model, model.layers[0], STATES


MAKERS = [bert, llama, gemma2, gpt_neox, distilbert, beit, timm_vit, timm_layer_scale, timm_swin, torch_norm_last,
          torch_norm_first]  # fmt: skip


def made(make: Callable[[], Made]) -> Made:
    torch.manual_seed(0)
    model, block, inputs = make()
    model.eval()
    for weight in model.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=0.3)
    return model, block, inputs


def run_block(model: nn.Module, block: nn.Module, inputs: Any, silent: set[str]) -> tuple[Tensor, Tensor]:
    """What the block takes and gives when some modules inside it put out zeros."""
    seen: list[tuple[Tensor, Tensor]] = []

    def zero(_module: nn.Module, _args: Any, output: Any) -> Any:
        return (torch.zeros_like(output[0]), *output[1:]) if isinstance(output, tuple) else torch.zeros_like(output)

    def note(_module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        taken = next(v for v in (*args, *kwargs.values()) if isinstance(v, Tensor))
        seen.append((taken, output[0] if isinstance(output, tuple) else output))

    handles = [block.get_submodule(path).register_forward_hook(zero) for path in silent]
    handles.append(block.register_forward_hook(note, with_kwargs=True))
    model(inputs)  # with gradients on: torch's fast path would step over the parts
    for handle in handles:
        handle.remove()
    return seen[0]


@pytest.mark.parametrize("make", MAKERS)
def test_two_parts_are_found(make: Callable[[], Made]) -> None:
    model, block, inputs = made(make)
    found = additions(block, lambda: model(inputs))
    assert len(found) == 2
    assert not {call.path for call in found[0].calls} & {found[1].writer}
    assert not [module for module in model.modules() if "forward" in vars(module)]  # nothing stays wrapped


@pytest.mark.parametrize("make", [llama, gemma2, gpt_neox, beit, timm_vit, timm_layer_scale, timm_swin,
                                  torch_norm_first])  # fmt: skip
def test_with_both_parts_silent_the_stream_passes_through(make: Callable[[], Made]) -> None:
    model, block, inputs = made(make)
    writers = {addition.writer for addition in additions(block, lambda: model(inputs))}
    taken, given = run_block(model, block, inputs, writers)
    torch.testing.assert_close(given.reshape(taken.shape), taken)
    _, one_silent = run_block(model, block, inputs, {sorted(writers)[0]})
    assert not torch.allclose(one_silent.reshape(taken.shape), taken)


@pytest.mark.parametrize("make", [bert, distilbert, torch_norm_last])
def test_with_a_norm_behind_the_sum_only_the_norms_are_left(make: Callable[[], Made]) -> None:
    model, block, inputs = made(make)
    writers = {addition.writer for addition in additions(block, lambda: model(inputs))}
    taken, given = run_block(model, block, inputs, writers)
    normed = nn.functional.layer_norm(taken, taken.shape[-1:], eps=1e-12)
    torch.testing.assert_close(given, nn.functional.layer_norm(normed, taken.shape[-1:]), rtol=1e-3, atol=1e-4)


def test_a_block_that_does_not_add_has_no_parts() -> None:
    model = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16))
    assert additions(model, lambda: model(STATES)) == []


def test_a_convolutional_block_adds_once() -> None:
    model = timm.create_model("resnet18").eval()
    pictures = PICTURES.repeat(1, 1, 4, 4)
    assert len(additions(model.layer1[0], lambda: model(pictures))) <= 1
