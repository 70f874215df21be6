"""The command line that makes a smaller model again."""

from __future__ import annotations

import shlex
from pathlib import Path

from analysis_core.config import CompressionConfig
from analysis_core.vocabulary import Granularity, HealWay


def command_of(config: CompressionConfig, granularity: Granularity = Granularity.BLOCK) -> str | None:
    """What to type, with the settings that differ from the defaults; None where layers were named one by one.

    Args:
        config: settings of the run.
        granularity: what counted as one layer.
    """
    if config.remove is not None:
        return None
    plain = CompressionConfig(config.model_name)
    settings = {
        "--of": (config.ratio_of, plain.ratio_of),
        "--largest-drop": (config.largest_drop, None),
        "--strategy": (config.strategy, plain.strategy),
        "--protect": (",".join(map(str, config.protect or ())), ""),
        "--search-seconds": (config.search_seconds, None),
        "--search-evaluations": (config.search_evaluations, None),
        "--granularity": (granularity, Granularity.BLOCK),
        "--heal": (config.heal, plain.heal),
        "--heal-seconds": (config.heal_seconds, config.heal_seconds if config.heal is HealWay.NONE else None),
        "--quantize": (config.quantize, plain.quantize),
        "--low-rank": (config.low_rank, None),
        "--data": (_name(config.data), None),
        "--format": (config.data_format, ""),
        "--columns": (_columns(config), ""),
        "--companion": (_name(config.data_companion), None),
        "--samples": (config.max_samples, plain.max_samples),
        "--seed": (config.seed, plain.seed),
    }
    ratio = [] if config.target_ratio is None else ["--ratio", f"{config.target_ratio:g}"]
    words = [word for name, (value, usual) in settings.items() if value != usual for word in (name, _plain(value))]
    whole = ["layerwise", "compress", config.model_name, *ratio, *words, "--out", "smaller"]
    return shlex.join([*whole, "--onnx"] if config.onnx else whole)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _columns(config: CompressionConfig) -> str:
    """As ``--columns`` reads them."""
    pairs = ((meaning, [name] if isinstance(name, str) else name) for meaning, name in config.data_columns.items())
    return ",".join(f"{meaning}={name}" for meaning, names in pairs for name in names)


def _name(path: str | None) -> str | None:
    """Of a file or folder of the user's own: where it lies is nobody else's business."""
    return Path(path).name if path is not None else None
