"""Example inputs for any Hugging Face model, from the names in its forward's signature.

What a name stands for is mostly known (``input_ids``, ``pixel_values``), its layout is not: sound features come as
``[examples, bands, frames]`` or the other way round, pictures with or without a dimension of frames. So every name has
one or more makers, and the first combination that the model accepts is taken.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig

EXAMPLES, TOKENS, ANSWER_TOKENS, FRAMES, SAMPLES = 4, 12, 6, 64, 4000
MOST_TRIES = 30
FEATURES = re.compile(r"tokens\D*(\d+)\D*features\D*(\d+)", re.IGNORECASE)

Maker = Callable[["Feeder"], Any]


class Feeder:
    """Makes inputs that fit one model.

    Args:
        module: the model.
        examples: how many examples.
    """

    def __init__(self, module: nn.Module, examples: int = EXAMPLES) -> None:
        self.module, self.examples = module, examples
        self.config: PretrainedConfig = module.config
        self.placeholders = 0
        self._random = torch.Generator().manual_seed(0)

    def number(self, *names: str, default: int) -> int:
        """The first of these fields in the configuration or in one that is part of it."""
        for config, name in itertools.product(list(_parts(self.config)), names):
            value = getattr(config, name, None)
            value = next(iter(value), None) if isinstance(value, (list, tuple)) else value
            if type(value) is int:
                return value
        return default

    def floats(self, *shape: int) -> Tensor:
        """Random numbers of about 1."""
        return torch.randn(self.examples, *shape, generator=self._random)

    def whole(self, below: int, *shape: int) -> Tensor:
        """Random whole numbers from 0."""
        return torch.randint(0, below, (self.examples, *shape), generator=self._random)

    def tokens(self, length: int = TOKENS) -> Tensor:
        """Ordinary words, without special tokens, around as many placeholders as there are features to put in."""
        special = {*_special(self.config)}
        words = torch.tensor(
            [token for token in range(3, self.number("vocab_size", default=64)) if token not in special]
        )
        chosen = words[self.whole(len(words), length)]
        if self.placeholders:
            mark = self.number("image_token_id", "image_token_index", "audio_token_id", "audio_token_index", default=0)
            marks = torch.full((self.examples, self.placeholders), mark)
            chosen = torch.cat([chosen[:, :2], marks, chosen[:, 2:]], 1)
        return chosen

    @property
    def width(self) -> int:
        """Width of the hidden states."""
        return self.number("hidden_size", "d_model", "embed_dim", default=64)

    @property
    def picture(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        side = self.number("image_size", "img_size", default=64)
        return self.number("num_channels", "in_channels", "in_chans", default=3), side, side

    @property
    def bands(self) -> int:
        """Frequency bands of a spectrogram."""
        names = ("num_mel_bins", "n_mels", "input_feat_size", "feature_size", "input_dim", "mel_dim", "model_in_dim")
        return self.number(*names, default=64)


def _patches(feeder: Feeder) -> tuple[int, int]:
    """How many patches the pictures of all examples are cut into, and how many numbers each holds."""
    side = feeder.number("patch_size", default=8)
    frames = feeder.number("temporal_patch_size", default=1)
    return feeder.examples * GRID * GRID, feeder.picture[0] * frames * side * side


def _grid(feeder: Feeder) -> Tensor:
    return torch.tensor([[1, GRID, GRID]] * feeder.examples)


def _flat(feeder: Feeder) -> Tensor:
    return feeder.floats(*_patches(feeder)).reshape(-1, _patches(feeder)[1])[: _patches(feeder)[0]]


def _flat_squares(feeder: Feeder) -> Tensor:
    side = feeder.number("patch_size", default=8)
    return feeder.floats(_patches(feeder)[0], feeder.picture[0], side, side).flatten(0, 1)[: _patches(feeder)[0]]


MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "input_ids": (lambda f: f.tokens(), lambda f: f.whole(20, TOKENS, f.number("num_codebooks", default=4))),
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
    "image": (lambda f: f.floats(*f.picture),),
    "qformer_input_ids": (lambda f: f.tokens()[:, :TOKENS],),
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
        lambda f: f.floats(f.number("context_length", default=32) + max(1, *f.config.lags_sequence)),
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
GRID = 4
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
    "vit_mae": ("noise",),
    "sam": ("input_points",),
    "sam_hq": ("input_points",),
    "fastspeech2_conformer": ("lang_ids",),
    "xmod": ("lang_ids",),
    "prompt_depth_anything": ("prompt_depth",),
}
"""What some types cannot do without, though their signatures say so of nothing."""


def example_inputs(module: nn.Module) -> tuple[dict[str, Any], int]:
    """Inputs that the model accepts, and how many examples they are.

    Raises:
        ValueError: none of the tries was accepted; says what the model has against the first.
    """
    first: Exception | None = None
    for feeder, names in _plans(module):
        makers_of = [FLAT.get(name, ()) if set(GRIDS) & set(names) and name in FLAT else MAKERS[name] for name in names]
        for makers in itertools.islice(itertools.product(*makers_of), MOST_TRIES):
            try:
                return _accepted(feeder, dict(zip(names, makers, strict=True))), feeder.examples
            except TimeoutError:
                raise
            except Exception as error:  # noqa: BLE001 - a model refuses what does not fit it in its own way
                first = first or error
    needed = ", ".join(name for name in _needed(module) if name not in MAKERS)
    raise ValueError(f"No example inputs fit: {type(first).__name__}: {first}" if first else f"It asks for {needed}.")


def _needed(module: nn.Module) -> list[str]:
    parameters = inspect.signature(module.forward).parameters.values()
    plain = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return [*plain, *EXTRA.get(module.config.model_type, ())]


def _plans(module: nn.Module) -> Iterator[tuple[Feeder, list[str]]]:
    """Which inputs to try: all that are known, then only what the model cannot do without."""
    needed = _needed(module)
    main = module.main_input_name
    accepted = list(inspect.signature(module.forward).parameters)
    known = [name for name in accepted if name in MAKERS and (name in needed or name not in SPARE)]
    if "input_ids" not in known:
        known = [name for name in known if name != "attention_mask" or name in needed]
    least = [*needed, *([main] if isinstance(main, str) else main)]
    words = [name for name in known if "input_ids" in name or name == "attention_mask"]
    lists = [known, [*needed, *words], least, [name for name in accepted if name in FLAT or name in GRIDS]]
    for names in (list(dict.fromkeys(names)) for names in lists):
        if not names or any(name not in MAKERS for name in [*names, *needed]) or set(needed) - set(names):
            continue
        for examples in (1,) if set(GRIDS) & set(names) else (EXAMPLES, 1):
            yield Feeder(module, examples), [name for name in names if name in accepted]


def _accepted(feeder: Feeder, makers: Mapping[str, Maker]) -> dict[str, Any]:
    feeder.placeholders = 0
    for _ in range(3):
        inputs = {name: make(feeder) for name, make in makers.items()}
        if "use_cache" in inspect.signature(feeder.module.forward).parameters:
            inputs["use_cache"] = False
        try:
            with torch.no_grad():
                feeder.module(**inputs)
        except Exception as error:
            counts = FEATURES.search(str(error))
            if counts is None or "input_ids" not in inputs:
                raise
            wanted = int(counts[2]) // feeder.examples
            if wanted == feeder.placeholders or wanted > 512:
                raise
            feeder.placeholders = wanted
        else:
            return inputs
    raise ValueError("The number of placeholders was not found.")


def _parts(config: PretrainedConfig) -> Iterator[PretrainedConfig]:
    yield config
    for value in list(vars(config).values()):
        if isinstance(value, PretrainedConfig):
            yield from _parts(value)


def _special(config: PretrainedConfig) -> Iterator[int]:
    for part in _parts(config):
        for name, value in vars(part).items():
            if re.search(r"(token|_id|_ids|_index)", name):
                yield from (
                    item for item in (value if isinstance(value, (list, tuple)) else [value]) if type(item) is int
                )
