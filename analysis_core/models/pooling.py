"""How a text's tokens become one vector: the settings of a sentence-transformers folder, read as data and never run.

Such a folder lists its steps in ``modules.json``: an encoder, a pooling, perhaps a scaling to unit length, which
cosines do anyway. Classes are told by the last word of their name; none of them is imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from analysis_core.errors import ModelError, UnsafeFileError
from analysis_core.models.files import CONFIG_FILE, read_json, refuse_by_content

MODULES_FILE = "modules.json"
_PROMPTS_FILE = "config_sentence_transformers.json"
_LENGTH_FILE = "sentence_bert_config.json"
_ENCODER, _POOLING, _NORMALIZE = "Transformer", "Pooling", "Normalize"


def _mean(hidden: Tensor, weights: Tensor) -> Tensor:
    return torch.einsum("rtw,rt->rw", hidden, weights) / weights.sum(1, keepdim=True).clamp(min=1)


def _mean_by_root(hidden: Tensor, mask: Tensor) -> Tensor:
    return torch.einsum("rtw,rt->rw", hidden, mask) / mask.sum(1, keepdim=True).clamp(min=1).sqrt()


def _mean_by_place(hidden: Tensor, mask: Tensor) -> Tensor:
    return _mean(hidden, mask * mask.cumsum(1))


def _highest(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden.masked_fill(~mask.bool().unsqueeze(-1), -torch.inf).amax(1)


def _first(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden[:, 0]


def _last(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), mask.long().sum(1).clamp(min=1) - 1]


_MODES: Mapping[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "cls": ("pooling_mode_cls_token", _first),
    "max": ("pooling_mode_max_tokens", _highest),
    "mean": ("pooling_mode_mean_tokens", _mean),
    "mean_sqrt_len_tokens": ("pooling_mode_mean_sqrt_len_tokens", _mean_by_root),
    "weightedmean": ("pooling_mode_weightedmean_tokens", _mean_by_place),
    "lasttoken": ("pooling_mode_lasttoken", _last),
}
"""Mode -> the switch that older folders turn on for it, and what it does. Several stand one behind the other."""


@dataclass(frozen=True)
class TextPooling:
    """From hidden states to one vector a text.

    Args:
        modes: which vectors are put together, of sentence-transformers' names.
        query_prompt, document_prompt: words that the model wants to find before a query, or before a document.
        longest_tokens: texts are cut to so many; 0 leaves that to the tokenizer.
        files: the settings as they were found, by path in the folder, to be written along with the model.
    """

    modes: tuple[str, ...] = ("mean",)
    query_prompt: str = ""
    document_prompt: str = ""
    longest_tokens: int = 0
    files: Mapping[str, Any] = field(default_factory=dict)

    def pooled(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Vectors ``[texts, width]``.

        Args:
            hidden: ``[texts, tokens, width]``.
            mask: 1 for a real token and 0 for the padding behind them, ``[texts, tokens]``.
        """
        real = mask.to(hidden.dtype)
        return torch.cat([_MODES[mode][1](hidden, real) for mode in self.modes], dim=-1)


def is_sentence_transformer(folder: Path) -> bool:
    """True for a folder that lists sentence-transformers' steps."""
    return (folder / MODULES_FILE).is_file()


def encoder_folder(folder: Path) -> Path:
    """Where the encoder of a sentence-transformers folder lies: itself, or a folder in it."""
    return _inside(folder, _steps(folder)[0][1])


def read_pooling(folder: Path) -> TextPooling:
    """The pooling of a folder; the mean over real tokens where none is described.

    Args:
        folder: of the encoder, or of the whole.

    Raises:
        ModelError: a step or a mode that is not served.
        UnsafeFileError: a path that leads out of the folder.
    """
    root = folder if is_sentence_transformer(folder) else folder.parent
    if not is_sentence_transformer(root):
        return TextPooling()
    steps = dict(_steps(root)[1:])
    unknown = next((name for name in steps if name not in (_POOLING, _NORMALIZE)), None)
    if unknown or _POOLING not in steps:
        raise ModelError(
            f"The step '{unknown}' after the encoder is not served." if unknown else "The folder names no pooling.",
            where=f"{folder.name}, {MODULES_FILE}",
            remedy="Use an encoder whose hidden states are pooled and compared by their cosine.",
        )
    settings = read_json(_inside(root, steps[_POOLING]) / CONFIG_FILE)
    length = _optional(folder / _LENGTH_FILE)
    prompts = _optional(root / _PROMPTS_FILE).get("prompts") or {}
    return TextPooling(
        modes=_modes(settings, root.name),
        query_prompt=str(prompts.get("query") or ""),
        document_prompt=str(prompts.get("document") or prompts.get("passage") or ""),
        longest_tokens=int(length.get("max_seq_length") or 0),
        files=_files_of(root, folder, steps[_POOLING]),
    )


def mean_pooling_files(width: int) -> dict[str, Any]:
    """The settings of an encoder with mean pooling, as sentence-transformers writes them, by path in the folder."""
    kind = "sentence_transformers.models"
    steps = [("", _ENCODER), (f"1_{_POOLING}", _POOLING), (f"2_{_NORMALIZE}", _NORMALIZE)]
    return {
        MODULES_FILE: [
            {"idx": number, "name": str(number), "path": path, "type": f"{kind}.{name}"}
            for number, (path, name) in enumerate(steps)
        ],
        f"1_{_POOLING}/{CONFIG_FILE}": {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True},
    }


def _steps(folder: Path) -> list[tuple[str, str]]:
    """Name and path of each step.

    Raises:
        ModelError: the list is no such list, or does not begin with an encoder.
    """
    path = folder / MODULES_FILE
    refuse_by_content(path)
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        steps = [(str(step["type"]).rpartition(".")[2], str(step["path"])) for step in listed]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            "The file lists no steps of a model.", where=f"{folder.name}, {MODULES_FILE}", remedy="Save it again."
        ) from error
    if not steps or steps[0][0] != _ENCODER:
        raise ModelError(
            f"The model begins with '{steps[0][0] if steps else 'nothing'}' and not with an encoder of transformers.",
            where=f"{folder.name}, {MODULES_FILE}",
            remedy="Choose a sentence-transformers model with a Transformer step.",
        )
    return steps


def _inside(folder: Path, path: str) -> Path:
    if path and Path(path).name != path:
        raise UnsafeFileError(
            f"The path '{path}' leads out of the folder.", where=MODULES_FILE, remedy="Save the model again."
        )
    return folder / path


def _modes(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    named = settings.get("pooling_mode")
    if named is None:
        named = [mode for mode, (switch, _) in _MODES.items() if settings.get(switch)] or ["mean"]
    modes = (named,) if isinstance(named, str) else tuple(map(str, named))
    unknown = next((mode for mode in modes if mode not in _MODES), None)
    if unknown is not None or not modes:
        raise ModelError(
            f"The pooling '{unknown}' is not known.", where=f"{name}, {_POOLING}", remedy=f"Use {', '.join(_MODES)}."
        )
    return modes


def _optional(path: Path) -> Mapping[str, Any]:
    return read_json(path) if path.is_file() else {}


def _files_of(root: Path, folder: Path, pooling: str) -> dict[str, Any]:
    """What makes the written model one of sentence-transformers again; its encoder then lies in the folder itself."""
    listed = json.loads((root / MODULES_FILE).read_text(encoding="utf-8"))
    listed[0]["path"] = ""
    found: dict[str, Any] = {
        MODULES_FILE: listed,
        str(Path(pooling) / CONFIG_FILE): read_json(root / pooling / CONFIG_FILE),
    }
    for path in (root / _PROMPTS_FILE, folder / _LENGTH_FILE):
        if path.is_file():
            found[path.name] = read_json(path)
    return found
