"""How layers are named by their stacks, and what the usual stacks are called; in both languages.

A stack is known by the part of its path that tells it from the others (``encoder``, ``vision``, ``stage 1``). What has
no name here, as a stack of somebody's own model, keeps the word that its path has.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "numbers_alone": "{numbers}",
        "numbers_bare": "{numbers}",
        "parts_in_stack": "{stack} {numbers}",
        "numbers_in_stack": "{stack} {numbers}",
        "numbers_in_numbered_stack": "{numbers} of {stack}",
        "place_in_stack": "{stack} {number}",
        "place_in_numbered_stack": "{stack}, block {number}",
        "mark_in_numbered_stack": "{stack}.{number}",
        "numbered_stack": "{stack} {number}",
        "stack_encoder": "encoder",
        "stack_decoder": "decoder",
        "stack_vision": "vision",
        "stack_visual": "visual",
        "stack_image": "image",
        "stack_text": "text",
        "stack_language": "language",
        "stack_audio": "audio",
        "stack_speech": "speech",
        "stack_stage": "stage",
        "stack_vision encoder": "vision encoder",
        "stack_image encoder": "image encoder",
        "stack_text encoder": "text encoder",
        "stack_text decoder": "text decoder",
        "stack_audio encoder": "audio encoder",
        "stack_down": "down",
        "stack_mid": "mid",
        "stack_up": "up",
        "stack_backbone": "backbone",
        "stack_generator": "generator",
        "stack_discriminator": "discriminator",
        "stack_actor": "actor",
        "stack_critic": "critic",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "numbers_alone": "第 {numbers} 层",
        "numbers_bare": "{numbers}",
        "parts_in_stack": "{stack} {numbers}",
        "numbers_in_stack": "{stack}第 {numbers} 层",
        "numbers_in_numbered_stack": "{stack} 第 {numbers} 层",
        "place_in_stack": "{stack} {number}",
        "place_in_numbered_stack": "{stack}，块 {number}",
        "mark_in_numbered_stack": "{stack}.{number}",
        "numbered_stack": "{stack} {number}",
        "stack_encoder": "编码器",
        "stack_decoder": "解码器",
        "stack_vision": "视觉塔",
        "stack_visual": "视觉塔",
        "stack_image": "图像塔",
        "stack_text": "文本塔",
        "stack_language": "语言模型",
        "stack_audio": "音频塔",
        "stack_speech": "语音塔",
        "stack_stage": "阶段",
        "stack_vision encoder": "视觉编码器",
        "stack_image encoder": "图像编码器",
        "stack_text encoder": "文本编码器",
        "stack_text decoder": "文本解码器",
        "stack_audio encoder": "音频编码器",
        "stack_down": "下采样段",
        "stack_mid": "中间段",
        "stack_up": "上采样段",
        "stack_backbone": "骨干网络",
        "stack_generator": "生成器",
        "stack_discriminator": "判别器",
        "stack_actor": "策略网络",
        "stack_critic": "价值网络",
    }
)
