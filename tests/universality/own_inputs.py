"""Inputs of model types whose signatures do not tell enough: which names they need, and in which layout.

Mostly parts of larger models, which read what another part puts out, and models that read several things in shapes
that must fit each other.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from tests.universality.feeder import TOKENS
from tests.universality.makers import FRAMES, GRID, Maker, patch_numbers
from tests.universality.own_makers import (
    HALVES,
    all_seen,
    codes,
    half_picture,
    hidden,
    length_of_sound,
    levels,
    numbered_patches,
    ones,
    patches_in_a_row,
    squares,
    vector,
    window_of_sound,
)

CLASSES_A_TASK = 3
FRAMES_A_TOKEN = 8
STACKED = 4
"""A frame and the next one, each beside its change."""

SOUND_CHUNKS: Mapping[str, Maker] = {
    "input_features": lambda f: f.floats(f.bands, 4 * f.number("n_window", default=50)),
    "input_features_mask": lambda f: torch.ones(f.examples, 4 * f.number("n_window", default=50), dtype=torch.long),
}
SOUNDS_IN_A_ROW: Mapping[str, Maker] = {"input_features": window_of_sound, "feature_lens": length_of_sound}
PATCHES_IN_A_ROW: Mapping[str, Maker] = {
    "pixel_values": patches_in_a_row,
    "target_sizes": lambda f: torch.tensor([[GRID, GRID]], dtype=torch.int32),
}
INSTRUCTED: Mapping[str, Maker] = {
    "input_ids": lambda f: f.tokens(),
    "attention_mask": lambda f: torch.ones(f.examples, TOKENS + f.placeholders, dtype=torch.long),
    "qformer_input_ids": lambda f: f.tokens()[:, :TOKENS],
    "qformer_attention_mask": ones(TOKENS),
}
DETECTION_ENCODER: Mapping[str, Maker] = {
    "vision_features": levels(1),
    "text_features": lambda f: f.floats(TOKENS, f.width),
    "vision_pos_embeds": levels(1),
}
DETECTION_DECODER: Mapping[str, Maker] = {
    "vision_features": lambda f: f.floats(GRID * GRID, f.width),
    "text_features": lambda f: f.floats(TOKENS, f.width),
    "vision_pos_encoding": lambda f: f.floats(GRID * GRID, f.width),
    "spatial_shapes": lambda f: torch.tensor([[GRID, GRID]]),
}
MASK_DECODER: Mapping[str, Maker] = {
    "decoder_queries": lambda f: f.floats(TOKENS, f.width),
    "backbone_features": levels(3),
    "encoder_hidden_states": lambda f: f.floats(GRID * GRID, f.width),
    "prompt_features": lambda f: f.floats(TOKENS, f.width),
}
OWN_INPUTS: Mapping[str, Mapping[str, Maker]] = {
    "blt_local_decoder": {
        "inputs_embeds": lambda f: f.floats(TOKENS, f.width),
        "patch_embeds": hidden("hidden_size_global"),
    },
    "blt_local_encoder": {
        "input_ids": lambda f: f.tokens(),
        "num_patches": lambda f: GRID,
        "patch_ids": lambda f: (torch.arange(TOKENS) * GRID // TOKENS).expand(f.examples, -1),
    },
    "clap": {
        "input_ids": lambda f: f.tokens(),
        "input_features": lambda f: f.floats(1, FRAMES, f.bands),
        "is_longer": lambda f: torch.zeros(f.examples, 1, dtype=torch.bool),
    },
    "clvp": {
        "input_ids": lambda f: f.whole(100, TOKENS) + 1,
        "input_features": lambda f: f.floats(f.number("feature_size", default=80), FRAMES),
    },
    "deepseek_ocr2_encoder": {
        "inputs_embeds": lambda f: f.floats(2 * TOKENS, f.width),
        "num_patches": lambda f: TOKENS,
    },
    "dia_decoder": {
        "input_ids": lambda f: f.whole(20, TOKENS, f.number("num_channels", default=9)),
        "encoder_hidden_states": hidden("cross_hidden_size"),
    },
    "dots3_note_audio_encoder": {
        "input_features": lambda f: f.floats(f.bands, FRAMES),
        "chunk_sample_lengths": lambda f: torch.full((f.examples,), FRAMES * f.number("hop_length", default=160)),
    },
    "efficientloftr": {"pixel_values": lambda f: f.floats(HALVES, *f.picture)},
    "florence_vision": {"hidden_states": lambda f: f.floats(3, 64, 64)},
    "fun_asr_nano_encoder": {
        "input_features": lambda f: f.floats(FRAMES, f.bands * f.number("num_stacked_frames", default=7)),
        "input_features_mask": ones(FRAMES),
    },
    "granite_speech5_ctc": {"input_features": lambda f: f.floats(FRAMES, STACKED * f.bands)},
    "granite_speech5_encoder": {"input_features": lambda f: f.floats(FRAMES, STACKED * f.bands)},
    "kosmos_2_5_vision_model": {"flattened_patches": numbered_patches, "attention_mask": ones(GRID * GRID)},
    "inkling2_vision": {
        "pixel_values": lambda f: f.floats(
            f.number("patch_size", default=8) * 2, f.number("patch_size", default=8) * 2, 3
        ),
        "image_grid_thw": lambda f: torch.tensor([[1, 1, 1]] * f.examples),
    },
    "inkling_vision": {"pixel_values": lambda f: f.floats(2, 40, 40, 3)},
    "instructblip": {**INSTRUCTED, "pixel_values": lambda f: f.floats(*f.picture)},
    "instructblipvideo": {**INSTRUCTED, "pixel_values": lambda f: f.floats(HALVES, *f.picture)},
    "jev": {
        "input_ids": lambda f: f.tokens(),
        "marks": lambda f: torch.tensor([[4, 8]]),
        "num_options": lambda f: torch.tensor([[2, 3]]),
        "question_type_ids": lambda f: torch.zeros(1, 2, dtype=torch.long),
    },
    "minicpm_ocr_vision": PATCHES_IN_A_ROW,
    "minicpmv4_6_vision": PATCHES_IN_A_ROW,
    "minicpmv4_7_vision": PATCHES_IN_A_ROW,
    "mimi_decoder": {"latents": lambda f: f.floats(f.width, TOKENS)},
    "mimi": {"input_values": lambda f: f.floats(1, 9600)},
    "molmo2_adapter": {
        "image_features": lambda f: f.floats(GRID * GRID, 2 * f.width),
        "pooled_patches_idx": lambda f: torch.arange(f.examples * GRID * GRID).reshape(-1, GRID),
    },
    "molmo2_vision": {"pixel_values": lambda f: f.floats(*patch_numbers(f))},
    "moshi_depth": {
        "input_ids": lambda f: f.whole(20, f.number("num_codebooks", default=4)),
        "last_hidden_state": lambda f: f.floats(1, f.number("input_size", default=64)),
    },
    "muse_glimmer_assistant": {
        "noise_embeds": lambda f: f.floats(f.number("block_size", default=8), f.width),
        "context_hidden_states": lambda f: f.floats(TOKENS, f.width * len(f.config.target_layer_ids)),
        "attention_mask": all_seen,
    },
    "musicgen_decoder": {"input_ids": codes()},
    "musicgen_melody_decoder": {"input_ids": codes()},
    "omdet-turbo": {
        "pixel_values": lambda f: f.floats(*f.picture),
        "classes_input_ids": lambda f: f.tokens().repeat(CLASSES_A_TASK, 1),
        "classes_attention_mask": lambda f: torch.ones(CLASSES_A_TASK * f.examples, TOKENS, dtype=torch.long),
        "tasks_input_ids": lambda f: f.tokens(),
        "tasks_attention_mask": ones(TOKENS),
        "classes_structure": lambda f: torch.full((f.examples,), CLASSES_A_TASK),
    },
    "paddleocr_vl_vision": {
        "pixel_values": lambda f: f.floats(*squares(f)),
        "grid_thw": lambda f: torch.tensor([[1, GRID, GRID]]),
    },
    "pi0": {
        "state": vector("max_state_dim"),
        "noise": lambda f: f.floats(f.number("chunk_size", default=50), f.number("max_action_dim", default=32)),
        "timestep": lambda f: torch.full((f.examples,), 0.5),
        "input_ids": lambda f: f.tokens(),
        "pixel_values": lambda f: f.floats(1, *f.picture),
        "pixel_attention_mask": lambda f: torch.ones(f.examples, 1, dtype=torch.bool),
        "attention_mask": lambda f: torch.ones(f.examples, TOKENS + f.placeholders, dtype=torch.long),
    },
    "pix2struct": {
        "flattened_patches": numbered_patches,
        "attention_mask": ones(GRID * GRID),
        "decoder_input_ids": lambda f: f.tokens(),
    },
    "pix2struct_vision_model": {"flattened_patches": numbered_patches},
    "pocket_tts_audio_tokenizer_decoder": {"latents": lambda f: f.floats(f.width, TOKENS)},
    "qwen2_5_omni_audio_encoder": SOUNDS_IN_A_ROW,
    "qwen2_5_omni_dit": {
        "hidden_states": lambda f: f.floats(2 * TOKENS, f.number("mel_dim", default=80)),
        "condition_vector": lambda f: f.floats(FRAMES, f.number("mel_dim", default=80)),
        "speaker_embedding": lambda f: f.floats(2 * TOKENS, f.number("enc_emb_dim", default=192)),
        "quantized_code": lambda f: f.whole(20, TOKENS),
        "time_step": lambda f: torch.full((f.examples,), 0.5),
        "apply_cfg": lambda f: False,
    },
    "qwen3_omni_moe_audio_encoder": SOUNDS_IN_A_ROW,
    "qwen3_asr_encoder": SOUND_CHUNKS,
    "qwen3_omni_moe_talker_text": {"inputs_embeds": lambda f: f.floats(TOKENS, f.width)},
    "qwen3_omni_moe_talker_code_predictor": {"inputs_embeds": lambda f: f.floats(2, f.width)},
    "rag": {
        "input_ids": lambda f: f.tokens(),
        "attention_mask": ones(TOKENS),
        "context_input_ids": lambda f: f.tokens().repeat(f.config.n_docs, 1),
        "context_attention_mask": lambda f: torch.ones(f.config.n_docs * f.examples, TOKENS, dtype=torch.long),
        "doc_scores": lambda f: f.floats(f.config.n_docs),
        "decoder_input_ids": lambda f: f.tokens(),
    },
    "sam3_detr_decoder": DETECTION_DECODER,
    "sam3_detr_encoder": DETECTION_ENCODER,
    "sam3_lite_text_detr_decoder": DETECTION_DECODER,
    "sam3_lite_text_detr_encoder": DETECTION_ENCODER,
    "sam3_lite_text_mask_decoder": MASK_DECODER,
    "sam3_mask_decoder": MASK_DECODER,
    "seggpt": {"pixel_values": half_picture, "prompt_pixel_values": half_picture, "prompt_masks": half_picture},
    "t5gemma2_decoder": {
        "input_ids": lambda f: f.tokens(),
        "encoder_hidden_states": lambda f: f.floats(TOKENS, f.width),
    },
    "unlimited_ocr_vision_encoder": {"patch_embeds": lambda f: f.floats(f.width, GRID, GRID)},
    "vitmatte": {"pixel_values": lambda f: f.floats(4, *f.picture[1:])},
    "voxtral_realtime": {
        "input_ids": lambda f: f.tokens(),
        "input_features": lambda f: f.floats(f.bands, FRAMES_A_TOKEN * TOKENS),
    },
    "voxtral_realtime_text": {
        "input_ids": lambda f: f.tokens(),
        "t_cond": lambda f: f.floats(1, f.width),
    },
}
"""By the type of the configuration."""
ALONE = {name for name, makers in OWN_INPUTS.items() if makers in (DETECTION_ENCODER, DETECTION_DECODER, MASK_DECODER)}
"""Types that are fed a single example: their inputs or outputs count levels or layers before the examples."""
