"""What some model types need beside the rules of :mod:`tests.universality.shrinking`.

Mostly fields without a default that builds, and pairs of fields that must fit each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DEFAULT_ROTATION = {"rope_type": "default", "rope_theta": 10_000.0}
SECTIONS = {"rope_parameters": DEFAULT_ROTATION | {"mrope_section": [2, 3, 3]}}
HALF_SECTIONS = {"rope_parameters": DEFAULT_ROTATION | {"mrope_section": [1, 1, 2], "partial_rotary_factor": 0.5}}
FULL_SECTIONS = {"rope_parameters": DEFAULT_ROTATION | {"mrope_section": [2, 3, 3], "partial_rotary_factor": 1.0}}
SERIES = {"prediction_length": 4, "context_length": 16, "num_time_features": 1}
SMALL_EFFICIENT_NET = {"width_coefficient": 0.25, "depth_coefficient": 1.0, "hidden_dim": 320}
SMALL_SWIN = {"embed_dim": 16, "num_heads": [1, 2, 4, 8], "window_size": 2, "image_size": 64}
SMALL_RESNET = {
    "backbone_config": {
        "model_type": "resnet",
        "embedding_size": 8,
        "hidden_sizes": [8, 8, 16, 16],
        "depths": [2, 2, 2, 2],
        "layer_type": "basic",
        "out_indices": [1, 2, 3, 4],
    },
}
"""In the place of a ResNet-50 beside which the transformer's layers would be too small to count."""
SMALL_EDGE = {
    "backbone_config": {
        "model_type": "timm_wrapper",
        "architecture": "resnet18",
        "num_classes": 2,
        "model_args": {"in_chans": 3, "features_only": True, "out_indices": [1, 2, 3, 4]},
    },
    "backbone_channel_list": [512, 256, 128, 64],
    "backbone_feature_sizes": [[8, 8], [4, 4], [2, 2]],
}
GEMMA_3N = {
    "num_kv_shared_layers": 2,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
}
IMAGE_WORDS = {"vocabulary_map": {"<image>": 100, "IMGIMGABZ": 101, "<|image token|>": 100}}

EXCEPTIONS: Mapping[str, Mapping[str, Any]] = {
    "align": {"projection_dim": 16},
    "align_vision_model": SMALL_EFFICIENT_NET,
    "apertus1p5": {"image_token_offset": 32, "audio_token_offset": 160},
    "apertus1p5_text": {"vocab_size": 512},
    "autoformer": SERIES,
    "bamba": {"attn_layer_indices": [1, 3]},
    "bit": {"num_groups": 4},
    "blip-2": {"image_token_index": 100},
    "blt": {"encoder_hash_byte_group_vocab": 256},
    "blt_local_decoder": {"hidden_size_global": 64},
    "blt_local_encoder": {"hidden_size_global": 64},
    "chameleon": IMAGE_WORDS,
    "clvp_encoder": {"num_attention_heads": 2},
    "clap_audio_model": {
        "patch_embeds_hidden_size": 16,
        "hidden_size": 128,
        "num_attention_heads": [1, 2, 4, 8],
        "window_size": 2,
    },
    "cohere_compass_text": {
        "rope_parameters": {"full_attention": DEFAULT_ROTATION, "sliding_attention": DEFAULT_ROTATION},
    },
    "conditional_detr": SMALL_RESNET,
    "cvt": {"depth": [1, 2, 4]},
    "dab-detr": SMALL_RESNET,
    "DbrxAttentionConfig": {"rope_theta": 10_000.0, "clip_qkv": 8.0},
    "deepseek_ocr2_text": {"mlp_layer_types": ["dense", "sparse", "sparse", "sparse"], "num_experts_per_tok": 2},
    "deepseek_v2": {"num_experts_per_tok": 2, "n_routed_experts": 4, "n_shared_experts": 1},
    "deformable_detr": SMALL_RESNET,
    "depth_pro": {"patch_size": 32},
    "detr": SMALL_RESNET,
    "diffusion_gemma_text": {"num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 32},
    "donut-swin": SMALL_SWIN,
    "dory": {"n_input_layers": 1, "n_recurrent_layers": 2, "n_output_layers": 1},
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "dots3_note_text": {"qk_nope_head_dim": 8, "qk_rope_head_dim": 8},
    "dpt": {"num_hidden_layers": 6, "backbone_out_indices": [0, 2, 3, 5]},
    "edgetam_prompt_encoder": {"patch_size": 16},
    "edgetam_video_prompt_encoder": {"patch_size": 16},
    "efficientloftr": {
        "out_features": [16, 16, 32, 64],
        "stage_num_blocks": [1, 1, 2, 2],
        "rope_parameters": DEFAULT_ROTATION | {"partial_rotary_factor": 2.0},
    },
    "efficientnet": SMALL_EFFICIENT_NET,
    "emu3": IMAGE_WORDS,
    "ernie4_5_vl_moe_text": {"rope_parameters": DEFAULT_ROTATION | {"mrope_section": [3, 3, 2]}},
    "esm": {"vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32},
    "EsmFold2AtomEncoderConfig": {"num_uid_rope_pairs": 2},
    "esmfold2": {"single_inputs_size": 131},
    "fast_vlm": {
        "vision_config": {
            "model_type": "timm_wrapper",
            "architecture": "fastvit_t8",
            "hidden_size": 768,
            "do_pooling": False,
        },
    },
    "FunAsrNanoAdaptorConfig": {"intermediate_size": 16},
    "fun_asr_nano_adaptor": {"intermediate_size": 16},
    "gemma3n_text": GEMMA_3N,
    "gemma4_audio": {"subsampling_conv_channels": [64, 16]},
    "glpn": {"hidden_sizes": [8, 16, 40, 64]},
    "glm4v_moe_text": HALF_SECTIONS,
    "glm4v_text": FULL_SECTIONS,
    "glm5_next_text": {"index_topk": 16},
    "glm_image_text": FULL_SECTIONS,
    "glm_ocr_text": FULL_SECTIONS,
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "granite4_vision": {"deepstack_layer_map": [[-2, 0], [-1, 1]]},
    "hunyuan_v1_dense": {"head_dim": 16},
    "hunyuan_v1_moe": {"head_dim": 16, "num_experts": 4, "moe_topk": 2},
    "informer": SERIES,
    "inkling2_loop_text": {"loop_layer_index_start": 2, "loop_layer_index_end": 4, "n_layers_per_attn_res_block": 2},
    "kosmos-2": {"latent_query_num": 4},
    "kosmos-2.5": {"latent_query_num": 4},
    "layoutlmv3": {"coordinate_size": 12, "shape_size": 8},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "conv", "full_attention"]},
    "lilt": {"hidden_size": 96},
    "llama4_vision_model": {"intermediate_size": 256},
    "lw_detr_vit": {"image_size": 64, "num_windows": 4},
    "mamba2": {"num_heads": 8},
    "maskformer-swin": SMALL_SWIN,
    "ministral": {"head_dim": 16},
    "moonshine_streaming": {"num_key_value_heads": 4},
    "nemotron": {"num_key_value_heads": 2},
    "paddleocr_vl_text": SECTIONS,
    "perception_lm": {
        "vision_config": {
            "model_type": "timm_wrapper",
            "architecture": "vit_pe_core_large_patch14_336",
            "model_args": {
                "embed_dim": 64,
                "img_size": [28, 28],
                "depth": 4,
                "num_heads": 4,
                "global_pool": "",
                "use_post_transformer_norm": False,
                "init_values": 0.1,
                "ref_feat_shape": [2, 2],
            },
        },
    },
    "pvt_v2": {"hidden_sizes": [8, 16, 40, 64]},
    "qwen2_5_omni_text": SECTIONS,
    "qwen2_5_vl_text": SECTIONS,
    "qwen2_vl_text": SECTIONS,
    "qwen3_omni_moe_talker_text": {"shared_expert_intermediate_size": 32},
    "qwen4_exp_text": {
        "indexer_n_heads": 2,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 16,
        "indexer_budget": 16,
        "indexer_compress_ratio": 4,
    },
    "reformer": {"axial_pos_embds_dim": [16, 48]},
    "sam2_hiera_det_model": {"hidden_size": 16},
    "sam2_prompt_encoder": {"patch_size": 16},
    "sam2_video_prompt_encoder": {"patch_size": 16},
    "sam2_vision_model": {"backbone_feature_sizes": [[8, 8], [4, 4], [2, 2]]},
    "sam3_vision_model": {"backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]]},
    "sam_hq_vision_model": {"num_pos_feats": 32},
    "sam_vision_model": {"num_pos_feats": 32},
    "seggpt": {"image_size": [64, 32], "merge_index": 0, "intermediate_hidden_state_indices": [1, 2, 3]},
    "step3p5": {"sliding_window": 8},
    "swin": SMALL_SWIN,
    "swinv2": SMALL_SWIN,
    "t5gemma2_decoder": {"dropout_rate": 0.0},
    "t5gemma2_text": {"dropout_rate": 0.0},
    "table-transformer": SMALL_RESNET,
    "time_series_transformer": SERIES,
    "timm_backbone": {"backbone": "resnet18"},
    "uvdoc_backbone": {"out_indices": [1, 2, 3, 4, 5, 6]},
    "xcodec": {"codebook_dim": 1088},
    "xclip_vision_model": {"num_frames": 2},
    "xmod": {"default_language": "en_XX"},
    "chmv2": {"backbone_config": {"return_class_token": True, "reshape_hidden_states": True, "apply_layernorm": True}},
    "deepseek_ocr2_sam_vision_model": {"downsample_channels": [64, 64]},
    "unlimited_ocr_sam_vision_model": {"downsample_channels": [64, 64]},
    "pp_formulanet_vision": {"post_conv_in_channels": 64},
    "edgetam_vision_model": SMALL_EDGE,
    "falcon_h1": {"mamba_d_ssm": 128, "mamba_n_heads": 8, "mamba_d_head": 16},
    "hunyuan_vl_text": {"head_dim": 16} | SECTIONS,
    "lw_detr": {"projector_scale_factors": [1.0]},
    "mistral_large4_text": {"kv_source_layers": [0, 0, 2, 2]},
    "molmo2_vision": {"num_position_embeddings": 16},
    "vitmatte": {
        "backbone_config": {"num_channels": 4, "patch_size": 16, "image_size": 64},
        "fusion_hidden_sizes": [32, 16, 8, 8],
    },
    "vibevoice_asr": {"acoustic_tokenizer_chunk_size": 3200},
    "mimi": {"vector_quantization_hidden_dimension": 64},
    "janus_vqgan": {"num_patches": 4},
    "pix2struct_text_model": {"initializer_range": 0.02},
    "fastspeech2_conformer_with_hifigan": {"vocoder_config": {"model_in_dim": 80}},
    "omdet-turbo": {"image_size": 640},
    "instructblip": {"image_token_index": 100},
    "instructblipvideo": {"video_token_index": 100},
    "nemotron3_5_asr": {"default_prompt_id": 7},
    "nemotron_asr_streaming_encoder": {"sliding_window": 64},
    "zamba": {
        "layers_block_type": ["linear_attention", "hybrid", "linear_attention", "hybrid"],
        "attention_hidden_size": 128,
        "attention_head_dim": 32,
    },
}
"""Fields that are set to these values, by the type or the class of a configuration."""

GIVEN: Mapping[str, Mapping[str, Any]] = {
    "gemma4_assistant": {
        "text_config": {"model_type": "gemma4_text", "hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 0}
    },
    "granite4_vision": {"downsample_rate": "1/2"},
}
"""Fields of types that refuse their own defaults."""

MADE_BY_HAND: Mapping[str, Callable[[Any], Any]] = {}
"""Types that are put together from two others."""
