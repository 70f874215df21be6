"""The tokenizer of a model's folder, checked before it is loaded: its settings can name files and code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.files import read_json, refuse_by_content
from analysis_core.models.foreign import or_refuse, quiet

TOKENIZER_CONFIG = "tokenizer_config.json"
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model",
                    "sentencepiece.bpe.model")  # fmt: skip


def load_tokenizer(folder: Path, config: Any, name: str) -> Any:
    """The folder's tokenizer, able to pad.

    Args:
        folder: of the model.
        config: the model's configuration, which may lack the number of the padding token.
        name: how the model is called in errors.

    Raises:
        ModelError: there is none, or it cannot be loaded.
        UnsafeFileError: a file or setting that could run code or points elsewhere.
    """
    if not any((folder / file).is_file() for file in _TOKENIZER_FILES):
        raise ModelError(
            "The folder holds no tokenizer.",
            where=name,
            remedy="Put tokenizer.json and tokenizer_config.json there.",
        )
    for file in _TOKENIZER_FILES:
        if (folder / file).is_file():
            refuse_by_content(folder / file)
    if (folder / TOKENIZER_CONFIG).is_file():
        _check_tokenizer_settings(read_json(folder / TOKENIZER_CONFIG))
    with quiet():
        tokenizer = or_refuse(
            lambda: AutoTokenizer.from_pretrained(
                folder, config=config, local_files_only=True, trust_remote_code=False
            ),
            "has a tokenizer that cannot be loaded",
            name,
        )
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    return tokenizer


def _check_tokenizer_settings(settings: Mapping[str, Any]) -> None:
    for key, value in settings.items():
        if key in ("auto_map", "trust_remote_code") and value:
            raise UnsafeFileError(
                f"The setting '{key}' asks to run code that came with the tokenizer.",
                where=TOKENIZER_CONFIG,
                remedy="Save the tokenizer as tokenizer.json.",
            )
        if key.endswith("_file") and isinstance(value, str) and Path(value).name != value:
            raise UnsafeFileError(
                f"The setting '{key}' points outside the folder.",
                where=TOKENIZER_CONFIG,
                remedy="Take it out.",
            )
