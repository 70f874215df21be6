"""Surgery: what is left computes what a forward pass with the same blocks skipped computes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.errors import SurgeryError
from analysis_core.models.base import with_first_tensor
from analysis_core.models.plain import ModuleModel
from tests.compression import models
from tests.compression.models import TinyModel, inputs_for

CASES: list[tuple[Callable[[], TinyModel], tuple[int, ...]]] = [
    (models.bert, (1, 2)),
    (models.bert, (0, 3)),
    (models.gpt2, (1,)),
    (models.llama, (1, 2)),
    (models.qwen2, (0, 2)),
    (models.t5, (1, 2, 4)),
    (models.bart, (1, 4, 5)),
    (models.vit, (0, 2)),
    (models.resnet, (1, 3, 8)),
    (models.convnext, (3, 6)),
    (models.hf_resnet, (1, 3, 5)),
    (models.swin, (1, 2)),
    (models.plain, (0, 3)),
]
case = pytest.mark.parametrize(("build", "removed"), CASES)


@contextmanager
def skipped(model: TinyModel, removed: Sequence[int]) -> Iterator[None]:
    """The reference: every removed block runs, and its output is replaced by its input."""

    def skip(block: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        hidden = args[0] if args else kwargs["hidden_states"]
        return with_first_tensor(output, hidden)

    hooks = [model.layer_modules[i].register_forward_hook(skip, with_kwargs=True) for i in removed]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def run(module: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    with torch.no_grad():
        outputs = module(**inputs)
    return outputs if isinstance(outputs, Tensor) else outputs.logits


@case
def test_a_removed_block_equals_a_skipped_block(build: Callable[[], TinyModel], removed: tuple[int, ...]) -> None:
    model = build()
    inputs = inputs_for(model)
    whole = run(model.module, inputs)
    before = copy.deepcopy(model.module.state_dict())
    smaller = remove_layers(model, removed)
    with skipped(model, removed):
        expected = run(model.module, inputs)
    torch.testing.assert_close(run(smaller, inputs), expected, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(expected, whole, atol=1e-4), "the removed blocks should have mattered"
    assert torch.equal(run(model.module, inputs), whole)
    after = model.module.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


@case
def test_only_the_removed_weights_are_gone(build: Callable[[], TinyModel], removed: tuple[int, ...]) -> None:
    model = build()
    smaller = remove_layers(model, removed)
    gone = {id(p) for index in removed for p in model.layer_modules[index].parameters()}
    expected = sum(p.numel() for p in model.module.parameters() if id(p) not in gone)
    assert sum(p.numel() for p in smaller.parameters()) == expected
    ours = {p.data_ptr() for p in model.module.parameters()}
    assert not any(p.data_ptr() in ours for p in smaller.parameters()), "the copy shares memory with the original"


@case
def test_the_smaller_model_is_a_model_again(build: Callable[[], TinyModel], removed: tuple[int, ...]) -> None:
    model = build()
    twin = compressed_model(model, remove_layers(model, removed), removed)
    kept = [layer for layer in model.layers if layer.index not in removed]
    assert [layer.index for layer in twin.layers] == list(range(len(kept)))
    for old, new, block in zip(kept, twin.layers, twin.layer_modules, strict=True):
        assert new.parameters == old.parameters and new.removable == old.removable
        assert sum(p.numel() for p in block.parameters()) == old.parameters
        original_block = model.layer_modules[old.index]
        pairs = zip(block.parameters(), original_block.parameters(), strict=True)
        assert all(torch.equal(ours, theirs) for ours, theirs in pairs)
    assert twin.layers == compressed_model(model, twin.module).layers or model.fixed
    assert len(model.layers) == len(kept) + len(removed)


def test_a_smaller_model_can_be_cut_again() -> None:
    model = models.gpt2(5)
    once = compressed_model(model, remove_layers(model, [1]), [1])
    twice = remove_layers(once, [1, 2])
    directly = remove_layers(model, [1, 2, 3])
    inputs = inputs_for(model)
    assert torch.equal(run(twice, inputs), run(directly, inputs))


@pytest.mark.parametrize("build", [models.gpt2, models.llama, models.qwen2])
def test_generation_with_and_without_cache_agree(build: Callable[[], TinyModel]) -> None:
    model = build()
    smaller: Any = remove_layers(model, [0, 2])
    tokens = inputs_for(model)["input_ids"]
    settings = {
        "max_new_tokens": 8,
        "min_new_tokens": 8,
        "do_sample": False,
        "attention_mask": torch.ones_like(tokens),
    }
    cached = smaller.generate(tokens, use_cache=True, **settings)
    assert torch.equal(cached, smaller.generate(tokens, use_cache=False, **settings))
    assert cached.shape == (3, 17)


def test_the_cache_of_an_encoder_decoder_still_works() -> None:
    model = models.bart()
    smaller: Any = remove_layers(model, [0, 3, 4])
    tokens = inputs_for(model)["input_ids"]
    settings = {"max_new_tokens": 6, "min_new_tokens": 6, "do_sample": False, "num_beams": 1}
    assert torch.equal(
        smaller.generate(tokens, use_cache=True, **settings),
        smaller.generate(tokens, use_cache=False, **settings),
    )


def test_numbers_that_only_look_like_the_depth_stay() -> None:
    smaller: Any = remove_layers(models.bert(4), [1])
    assert smaller.config.num_hidden_layers == 3
    assert smaller.config.num_attention_heads == 4
    assert smaller.config.num_labels == 4
    gpt: Any = remove_layers(models.gpt2(4), [1])
    assert gpt.config.n_layer == 3 and gpt.config.n_head == 4


def test_lists_with_one_entry_a_layer_are_cut() -> None:
    smaller: Any = remove_layers(models.qwen2(), [0, 2])
    assert smaller.config.layer_types == ["full_attention", "sliding_attention"]
    assert [block.self_attn.layer_idx for block in smaller.model.layers] == [0, 1]
    assert [block.self_attn.sliding_window for block in smaller.model.layers] == [None, 4]


def test_each_half_of_an_encoder_decoder_has_its_own_depth() -> None:
    bart: Any = remove_layers(models.bart(), [4])
    assert (bart.config.encoder_layers, bart.config.decoder_layers, bart.config.num_hidden_layers) == (
        3,
        2,
        3,
    )
    t5: Any = remove_layers(models.t5(), [1])
    assert (t5.config.num_layers, t5.config.num_decoder_layers) == (2, 3)


def test_ties_and_counts_of_a_plain_module_survive() -> None:
    smaller: Any = remove_layers(models.plain(5), [1, 2])
    assert smaller.leave.weight is smaller.enter.weight
    assert smaller.num_layers == 3
    assert [block.layer_idx for block in smaller.blocks] == [0, 1, 2]


def test_a_named_sequence_keeps_its_other_members() -> None:
    blocks = {
        "enter": nn.Linear(3, 8),
        **{f"block{i}": nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for i in range(3)},
    }
    module = nn.Sequential()
    for name, block in blocks.items():
        module.add_module(name, block)
    model = TinyModel(module, [""], fixed=["enter"])
    twin = compressed_model(model, remove_layers(model, [2]), [2])
    assert [name for name, _ in twin.module.named_children()] == ["enter", "block0", "block2"]
    assert [layer.name for layer in twin.layers] == ["enter", "block0", "block2"]
    x = torch.randn(2, 3)
    assert torch.equal(twin.module(x), blocks["block2"](blocks["block0"](blocks["enter"](x))))


def test_the_timm_description_says_the_new_depth() -> None:
    def arguments(model: TinyModel, removed: list[int]) -> dict[str, Any]:
        twin = compressed_model(model, remove_layers(model, removed), removed)
        assert isinstance(twin, TinyModel) and twin.config_dict is not None
        return dict(twin.config_dict["model_args"])

    assert arguments(models.vit(), [1])["depth"] == 3
    assert arguments(models.resnet(), [1, 3])["layers"] == [1, 2, 2, 2]
    assert arguments(models.convnext(), [3])["depths"] == [1, 1, 2, 2]
    assert models.vit().config_dict is not None


def test_lists_with_one_depth_a_stage_are_corrected() -> None:
    smaller: Any = remove_layers(models.hf_resnet(), [1, 3, 5])
    assert smaller.config.depths == [1, 2, 2, 2]
    assert smaller.config.hidden_sizes == [8, 8, 16, 16]


def test_a_pattern_of_blocks_that_the_library_would_not_build_is_cut_out_of_the_whole() -> None:
    """Without its second block, swin's third one, which shifts nothing, would come back shifting."""
    model = models.swin()
    pair, single = (compressed_model(model, remove_layers(model, gone), gone) for gone in ([1, 2], [1]))
    assert isinstance(pair, TinyModel) and pair.config_dict is not None
    assert pair.config_dict["model_args"]["depths"] == [2, 2]
    assert isinstance(single, TinyModel) and single.config_dict is not None
    assert single.config_dict["model_args"]["depths"] == (4, 2)
    cut = {"removed": ["layers.0.blocks.1"], "numbers": [["layers.0", "depth", 3]]}
    assert single.config_dict["cuts"] == [cut]


def test_an_architecture_without_a_depth_argument_has_no_description() -> None:
    model = models.vit()
    assert model.config_dict is not None
    model.config_dict["architecture"] = "resnet18"
    twin = compressed_model(model, remove_layers(model, [1]), [1])
    assert isinstance(twin, TinyModel) and twin.config_dict is None


def test_a_block_that_changes_shapes_is_refused_with_its_reason() -> None:
    with pytest.raises(SurgeryError, match=r"layer2\.0.*It changes the shape"):
        remove_layers(models.resnet(), [2])


@pytest.mark.parametrize("removed", [[7], [-1], [0, 1, 2, 3]])
def test_impossible_removals_are_refused(removed: list[int]) -> None:
    with pytest.raises(SurgeryError):
        remove_layers(models.bert(4), removed)


def test_a_scale_that_depends_on_the_position_is_refused() -> None:
    model = models.gpt2(4, scale_attn_by_inverse_layer_idx=True)
    with pytest.raises(SurgeryError, match="'scaling' would be"):
        remove_layers(model, [1])
    assert remove_layers(model, [3]) is not None  # the last one shifts nobody


def test_the_position_weights_of_the_first_block_are_handed_on() -> None:
    model, inputs = models.t5(), inputs_for(models.t5())
    smaller: Any = remove_layers(model, [0, 1, 3])
    with skipped(model, [0, 1, 3]):
        expected = run(model.module, inputs)
    torch.testing.assert_close(run(smaller, inputs), expected, rtol=1e-5, atol=1e-6)
    first: Any = model.module.get_submodule("encoder.block.0.layer.0.SelfAttention")
    heir = smaller.encoder.block[0].layer[0].SelfAttention
    assert torch.equal(heir.relative_attention_bias.weight, first.relative_attention_bias.weight)
    assert heir.relative_attention_bias.weight is not first.relative_attention_bias.weight


def test_a_decoder_that_is_deeper_than_its_encoder_still_writes_with_a_cache() -> None:
    smaller: Any = remove_layers(models.t5(), [0])
    tokens = torch.tensor([[5, 6, 7, 1]])
    cached, plain = (smaller.generate(tokens, max_new_tokens=4, use_cache=use) for use in (True, False))
    assert torch.equal(cached, plain)


def test_a_block_used_twice_is_refused() -> None:
    block = nn.Linear(4, 4)
    model = TinyModel(nn.Sequential(block, nn.Linear(4, 4), block), [""])
    with pytest.raises(SurgeryError, match=r"used in 2 places \(0, 2\)"):
        remove_layers(model, [0])


class Named(nn.Module):
    """Code that calls its blocks by name."""

    def __init__(self, first: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, nn.Linear(4, 4)

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        return cast(Tensor, self.second(self.first(x, *more)))


def test_where_a_parent_calls_its_block_by_name_something_that_does_nothing_stands_there() -> None:
    model = TinyModel(Named(nn.Linear(4, 4)), [""])
    smaller: Any = remove_layers(model, [0])
    x = torch.randn(2, 4)
    assert torch.equal(smaller(x), model.module.second(x))  # type: ignore[operator]  # a Linear
    assert sum(weight.numel() for weight in smaller.parameters()) == 20
    twin = compressed_model(model, smaller, [0])
    assert [layer.name for layer in twin.layers] == ["second"]


def test_a_block_that_is_called_by_name_with_two_arguments_is_refused() -> None:
    model = TinyModel(Named(nn.Bilinear(4, 4, 4)), [""])
    with pytest.raises(SurgeryError, match="first: It stands in a Named, whose code calls it by name with 2 arguments"):
        remove_layers(model, [0])


def test_mode_and_precision_are_kept() -> None:
    model = models.bert()
    model.module.to(torch.bfloat16).train()
    smaller = remove_layers(model, [1])
    assert smaller.training
    assert {parameter.dtype for parameter in smaller.parameters()} == {torch.bfloat16}


class CountsOnAllBlocks(nn.Module):
    """A head behind the blocks reads the output of the third."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        outputs = [x]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        return outputs[3]


def test_a_model_that_would_not_run_is_refused() -> None:
    x = torch.ones(2, 4)
    model = ModuleModel(CountsOnAllBlocks(), example=x)
    with pytest.raises(SurgeryError, match="does not run: IndexError"):
        remove_layers(model, [1])
    assert model.module(x).shape == (2, 4) and len(model.layers) == 3


def test_without_an_example_nothing_is_run() -> None:
    smaller = remove_layers(ModuleModel(CountsOnAllBlocks()), [1])
    assert len(list(smaller.get_submodule("blocks").children())) == 2
