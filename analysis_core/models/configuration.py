"""Check a model's configuration before anything is built from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.tensor_headers import TensorHeader

LARGEST_NUMBER = 2**24
"""No size in a configuration is larger, except one that is the size of a tensor as well."""

_REMOTE_CODE = frozenset({"auto_map", "trust_remote_code", "custom_pipelines", "code_revision"})
_OTHER_WEIGHTS = frozenset(
    {"quantization_config", "compression_config", "transformers_weights", "fusion_config", "kernel_config",
     "use_kernels", "gguf_file", "checkpoint_path", "use_pretrained_backbone", "pretrained_cfg_overlay"}
)  # fmt: skip
_SAFE_ATTENTION = (None, "eager", "sdpa")
_DEPTH_KEYS = re.compile(r"^(n_layers?|num_layers|n_blocks|depths?|(num_)?(\w+_)?(hidden|encoder|decoder)_layers)$")
_SHARED_DEPTH_TYPES = frozenset({"albert"})
"""Model types that run one block many times: their depth says nothing about how many tensors there are."""
_MOST_SHARED_LAYERS = 1000
_REPOSITORY_ID = re.compile(r"^[\w.-]+/[\w.-]+(@[\w.-]+)?(:\w+)?$")
_DESCRIPTIVE_KEYS = frozenset(
    {"_name_or_path", "name_or_path", "id2label", "label2id", "labels", "title", "problem_type",
     "_commit_hash", "finetuning_task", "pretrained_cfg"}
)  # fmt: skip
"""What stands under these is shown or overwritten, and never followed."""


def check_configuration(config: Mapping[str, Any], tensors: Mapping[str, TensorHeader]) -> None:
    """Refuse what would run code, fetch something, or ask for more than the weights can fill.

    Args:
        config: content of ``config.json``, of transformers or timm.
        tensors: headers of the weights that come with it.

    Raises:
        UnsafeFileError: a setting that runs code or points elsewhere.
        ModelError: sizes that the weights cannot fill.
    """
    sizes = {size for header in tensors.values() for size in header.shape}
    for path, key, value in _walk(config, ""):
        _refuse_code(path, key, value)
        if type(value) is int and abs(value) > LARGEST_NUMBER and value not in sizes and not _is_label(key):
            raise ModelError(
                f"The number {value} is larger than any real model's.",
                where=f"config.json, {path}",
                remedy="Check the configuration.",
            )
        if type(value) is int and _DEPTH_KEYS.match(key):
            _check_depth(path, value, len(tensors), str(config.get("model_type")))


def _refuse_code(path: str, key: str, value: Any) -> None:
    where = f"config.json, {path}"
    if key in _REMOTE_CODE and value not in (None, False):
        raise UnsafeFileError(
            f"The setting '{key}' asks to run code that came with the model.",
            where=where,
            remedy="Use a model type that transformers itself knows, and take this setting out.",
        )
    if key in _OTHER_WEIGHTS and value not in (None, False):
        raise UnsafeFileError(
            f"The setting '{key}' is refused: it changes where weights come from or what they mean.",
            where=where,
            remedy="Save the model unquantised, with its own weights, and take this setting out.",
        )
    names_code = "implementation" in path and not isinstance(value, Mapping)
    if names_code and value not in _SAFE_ATTENTION:
        raise UnsafeFileError(
            f"The implementation '{value}' is refused; it may name code on the hub.",
            where=where,
            remedy="Use 'eager' or 'sdpa', or take the setting out.",
        )
    if isinstance(value, str) and key not in _DESCRIPTIVE_KEYS and _REPOSITORY_ID.match(value):
        raise UnsafeFileError(
            f"The setting points to another repository, '{value}'.",
            where=where,
            remedy="Take it out; a model must be complete in itself.",
        )


def _is_label(key: str) -> bool:
    """Numbers that stand for something and measure nothing."""
    return key.endswith(("_id", "_ids", "seed"))


def _check_depth(path: str, depth: int, tensors: int, model_type: str) -> None:
    """Every layer holds at least one tensor, so there are no more layers than tensors."""
    most = _MOST_SHARED_LAYERS if model_type in _SHARED_DEPTH_TYPES else tensors
    if depth > most:
        raise ModelError(
            f"The configuration asks for {depth} layers, but the weights hold {tensors} tensors in all.",
            where=f"config.json, {path}",
            remedy="Give the configuration that the weights were saved with.",
        )


def _walk(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Every setting with its path and its own name, however deep; descriptive tables are not entered."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = f"{path}.{key}" if path else str(key)
            yield here, str(key), item
            if key not in _DESCRIPTIVE_KEYS:
                yield from _walk(item, here)
    elif isinstance(value, (list, tuple)):
        own_name = path.rpartition(".")[2]
        for item in value:
            yield path, own_name, item
            yield from _walk(item, path)
