"""What stands for each input of a Hugging Face model, by its name in the forward's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from tests.universality.feeder import TOKENS, Feeder

ANSWER_TOKENS, FRAMES, SAMPLES = 6, 64, 4000
GRID = 4

Maker = Callable[[Feeder], Any]


def patch_numbers(feeder: Feeder) -> tuple[int, int]:
    """How many patches a picture is cut into, and how many numbers each holds."""
    channels, height, width = feeder.picture
    side = feeder.number("patch_size", default=8)
    return (height // side) * (width // side), channels * side * side


def _patches(feeder: Feeder) -> tuple[int, int]:
    """How many patches the pictures of all examples are cut into, and how many numbers each holds."""
    side = feeder.number("patch_size", default=8)
    frames = feeder.number("temporal_patch_size", "patch_temporal", default=1)
    return feeder.examples * GRID * GRID, feeder.picture[0] * frames * side * side


def _grid(feeder: Feeder) -> Tensor:
    return torch.tensor([[1, GRID, GRID]] * feeder.examples)


def _flat(feeder: Feeder) -> Tensor:
    return feeder.floats(*_patches(feeder)).reshape(-1, _patches(feeder)[1])[: _patches(feeder)[0]]


def _flat_squares(feeder: Feeder) -> Tensor:
    side = feeder.number("patch_size", default=8)
    return feeder.floats(_patches(feeder)[0], feeder.picture[0], side, side).flatten(0, 1)[: _patches(feeder)[0]]


MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "input_ids": (
        lambda f: f.tokens(),
        lambda f: f.whole(20, TOKENS, f.number("num_codebooks", default=4)),
        lambda f: f.whole(20, TOKENS, f.number("num_codebooks", default=4) + 1),
    ),
    "attention_mask": (lambda f: torch.ones(f.examples, TOKENS + f.placeholders, dtype=torch.long),),
    "decoder_input_ids": (
        lambda f: f.tokens(ANSWER_TOKENS + f.placeholders)[:, f.placeholders :][:, :ANSWER_TOKENS],
        lambda f: f.whole(20, ANSWER_TOKENS, f.number("num_codebooks", "num_channels", default=4)),
        lambda f: f.whole(20, f.number("num_codebooks", default=4), ANSWER_TOKENS).flatten(0, 1),
    ),
    "pixel_values": (
        lambda f: f.floats(*f.picture),
        lambda f: f.floats(f.number("num_frames", "frames_per_clip", default=2), *f.picture),
        lambda f: f.floats(1, *f.picture),
        lambda f: f.floats(2, *f.picture),
        lambda f: f.floats(f.picture[0], 64, 64),
        lambda f: f.floats(f.picture[0], 128, 128),
        lambda f: f.floats(f.picture[0], 32, 320),
        lambda f: f.floats(GRID * GRID, _patches(f)[1]),
        lambda f: f.floats(2, f.picture[0], 64, 64),
        lambda f: f.floats(1, f.number("max_num_tiles", default=4), *f.picture),
    ),
    "pixel_values_videos": (lambda f: f.floats(f.number("num_frames", "frames_per_clip", default=2), *f.picture),),
    "input_features": (
        lambda f: f.floats(f.bands, 2 * f.number("max_source_positions", default=FRAMES // 2)),
        lambda f: f.floats(FRAMES, f.bands),
        lambda f: f.floats(1, FRAMES, f.bands),
        lambda f: f.floats(f.bands, FRAMES),
        lambda f: f.floats(1, f.number("max_length", "spec_size", default=FRAMES), f.bands),
    ),
    "input_features_mask": (lambda f: torch.ones(f.examples, FRAMES, dtype=torch.long),),
    "input_values": (
        lambda f: f.floats(SAMPLES),
        lambda f: f.floats(1, SAMPLES),
        lambda f: f.floats(f.number("max_length", default=FRAMES), f.bands),
        lambda f: f.floats(1, 9600),
        lambda f: f.floats(9600),
    ),
    "bbox": (lambda f: f.whole(50, TOKENS, 4).sort(-1).values,),
    "inputs_embeds": (lambda f: f.floats(TOKENS, f.width),),
    "hidden_states": (lambda f: f.floats(TOKENS, f.width),),
    "image_grid_thw": (_grid,),
    "grid_thw": (_grid,),
    "merge_sizes": (lambda f: torch.full((f.examples,), f.number("spatial_merge_size", default=2)),),
    "spatial_shapes": (lambda f: torch.tensor([[GRID, GRID]] * f.examples),),
    "pixel_attention_mask": (
        lambda f: torch.ones(f.examples, GRID * GRID, dtype=torch.long),
        lambda f: torch.ones(f.examples, 1, *f.picture[1:], dtype=torch.long),
    ),
    "image_sizes": (lambda f: torch.tensor([f.picture[1:]] * f.examples),),
    "query_embeds": (lambda f: f.floats(8, f.width),),
    "high_res_pixel_values": (lambda f: f.floats(*f.picture),),
    "image": (lambda f: f.floats(*f.picture),),
    "qformer_input_ids": (lambda f: f.tokens()[:, :TOKENS],),
    "qformer_attention_mask": (lambda f: torch.ones(f.examples, TOKENS, dtype=torch.long),),
    "image_attention_mask": (lambda f: torch.ones(f.examples, TOKENS, 1, dtype=torch.long),),
    "mm_token_type_ids": (lambda f: f.placed().long(),),
    "pixel_position_ids": (
        lambda f: torch.cartesian_prod(torch.arange(GRID), torch.arange(GRID)).expand(f.examples, -1, -1),
    ),
    "spectrogram": (lambda f: f.floats(FRAMES, f.bands),),
    "mel_spectrogram": (lambda f: f.floats(f.bands, FRAMES),),
    "audio_mel": (lambda f: f.floats(FRAMES, f.bands),),
    "audio_mel_mask": (lambda f: torch.zeros(f.examples, FRAMES, dtype=torch.bool),),
    "context": (lambda f: f.floats(TOKENS, f.width),),
    "audio_input_ids": (lambda f: f.whole(4, TOKENS, f.number("num_codebooks", "n_mel_bins", default=4)),),
    "aspect_ratio_ids": (lambda f: torch.ones(f.examples, 1, dtype=torch.long),),
    "aspect_ratio_mask": (lambda f: torch.ones(f.examples, 1, f.number("max_num_tiles", default=4), dtype=torch.long),),
    "noise_embeds": (lambda f: f.floats(TOKENS, f.width),),
    "context_hidden_states": (lambda f: f.floats(TOKENS, f.width),),
    "task_inputs": (lambda f: f.whole(20, f.number("task_seq_len", default=16)),),
    "past_values": (
        lambda f: f.floats(f.number("context_length", default=32), f.number("num_input_channels", default=1)),
        lambda f: f.floats(f.past),
        lambda f: f.floats(f.number("context_length", default=32)),
    ),
    "past_time_features": (
        lambda f: f.floats(
            f.number("context_length", default=32) + max(1, *f.config.lags_sequence),
            f.number("num_time_features", default=1),
        ),
    ),
    "past_observed_mask": (
        lambda f: torch.ones(f.examples, f.number("context_length", default=32) + max(1, *f.config.lags_sequence)),
    ),
    "future_values": (lambda f: f.floats(f.config.prediction_length),),
    "future_time_features": (lambda f: f.floats(f.config.prediction_length, f.number("num_time_features", default=1)),),
    "encoder_hidden_states": (
        lambda f: f.floats(TOKENS, f.number("encoder_hidden_size", "cross_hidden_size", default=f.width)),
    ),
    "past_values_padding": (lambda f: torch.zeros(f.examples, f.number("context_length", default=32)),),
    "freq": (lambda f: torch.zeros(f.examples, 1, dtype=torch.long),),
    "mask": (lambda f: torch.ones(f.examples, FRAMES, dtype=torch.bool),),
    "state": (lambda f: f.floats(f.number("max_state_dim", default=32)),),
    "flattened_patches": (lambda f: f.floats(GRID * GRID, f.number("patch_embed_hidden_size", default=64) + 2),),
    "states": (lambda f: f.floats(TOKENS, f.number("state_dim", default=17)),),
    "actions": (lambda f: f.floats(TOKENS, f.number("act_dim", default=4)),),
    "rewards": (lambda f: f.floats(TOKENS, 1),),
    "returns_to_go": (lambda f: f.floats(TOKENS, 1),),
    "timesteps": (lambda f: torch.arange(TOKENS).expand(f.examples, -1),),
    "prompt_pixel_values": (lambda f: f.floats(*f.picture),),
    "prompt_masks": (lambda f: f.floats(*f.picture),),
    "patch_embeds": (lambda f: f.floats(GRID * GRID, f.width), lambda f: f.floats(GRID, GRID, f.width)),
    "visual_feats": (lambda f: f.floats(TOKENS, f.number("visual_feat_dim", default=64)),),
    "visual_pos": (lambda f: f.floats(TOKENS, f.number("visual_pos_dim", default=4)),),
    "prompt_depth": (lambda f: f.floats(1, *f.picture[1:]),),
    "image_embeds_position_mask": (
        lambda f: torch.arange(TOKENS).lt(f.number("latent_query_num", default=4)).expand(f.examples, -1),
    ),
    "noise": (lambda f: f.floats(GRID * GRID),),
    "input_points": (lambda f: f.floats(1, 2, 2).abs() * 20,),
    "lang_ids": (lambda f: torch.zeros(f.examples, dtype=torch.long),),
}
FLAT: Mapping[str, tuple[Maker, ...]] = {
    "pixel_values": (_flat, _flat_squares, lambda f: f.floats(*_patches(f))[:, :, : _patches(f)[1]]),
    "hidden_states": (_flat, lambda f: f.floats(*_patches(f))[0, :, :1].expand(-1, f.width)),
}
"""Pictures of any size, patch after patch, beside a grid that says which belong together."""
GRIDS = ("image_grid_thw", "grid_thw")
SPARE = (
    "inputs_embeds",
    "hidden_states",
    "pixel_values_videos",
    "image",
    "mask",
    "state",
    "context",
    "prompt_depth",
    "noise",
    "lang_ids",
    "input_points",
    "patch_embeds",
    "spatial_shapes",
    "encoder_hidden_states",
)
"""Given only where a model cannot do without."""
EXTRA: Mapping[str, tuple[str, ...]] = {
    "blip_2_qformer": ("encoder_hidden_states",),
    "instructblip_qformer": ("encoder_hidden_states",),
    "instructblipvideo_qformer": ("encoder_hidden_states",),
    "siglip2": ("pixel_attention_mask", "spatial_shapes"),
    "vit_mae": ("noise",),
    "sam": ("input_points",),
    "sam_hq": ("input_points",),
    "fastspeech2_conformer": ("lang_ids",),
    "prompt_depth_anything": ("prompt_depth",),
}
"""What some types cannot do without, though their signatures say so of nothing."""
