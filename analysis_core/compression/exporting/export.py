"""Write a smaller model to a folder that others can use without this project, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_model

from analysis_core.compression.exporting.card import (
    MODULE_SCRIPT,
    NET_SOURCE,
    loading_script,
    module_description,
    readme,
    with_cuts,
)
from analysis_core.compression.exporting.compact_export import (
    COMPACT_WEIGHTS,
    is_compact,
    transformers_script,
    with_compact_layers,
    write_compact_layers,
    write_configuration,
)
from analysis_core.compression.exporting.onnx_export import write_onnx
from analysis_core.compression.exporting.page import page
from analysis_core.compression.exporting.record import export_record
from analysis_core.compression.removal.cut_out import cuts_of
from analysis_core.data.batches import Batch
from analysis_core.errors import ExportError
from analysis_core.models.base import UniversalModel
from analysis_core.models.cuts import CUTS
from analysis_core.models.files import CUT_WEIGHTS
from analysis_core.models.libraries import BUILT_FROM_ARGUMENTS, source_of
from analysis_core.results import CompressionPlan, HealReport, LinearChange, Measurement, OnnxReport

WEIGHTS, CONFIG, SCRIPT = "model.safetensors", "config.json", "load.py"
RECORD, CARD, PAGE = "compression.json", "README.md", "report.html"
FORMAT = {"format": "pt"}


def export(
    compressed: UniversalModel,
    folder: str | os.PathLike[str],
    *,
    plan: CompressionPlan,
    measurement: Measurement | None = None,
    provenance: Mapping[str, Any] | None = None,
    linear: Sequence[LinearChange] = (),
    heal: HealReport | None = None,
    onnx: Batch | None = None,
) -> Path:
    """Write weights, configuration, tokenizer, loading script, card, page and record of a smaller model.

    A transformers model loads with ``from_pretrained``; one that no configuration of its kind describes, a timm model,
    and every model with int8 or low-rank layers, by the script ``load.py``. Of any other module the weights are written
    with a script that fills a module of that class; its code stays with its owner. Everything is written beside the
    folder first and then renamed.

    Args:
        compressed: what :func:`compressed_model` returned.
        folder: must not exist yet; missing parents are made.
        plan: which layers went.
        measurement: what that costs and keeps.
        provenance: data hash, seed and whatever else is needed to repeat it.
        linear: what became of linear layers that stayed.
        heal: what healing changed.
        onnx: an example with which the model is written as ONNX too; None writes none. Where that is not possible, the
            record says why (:func:`onnx_report`).

    Returns:
        The folder.

    Raises:
        ExportError: the folder exists or cannot be written, or the disk is full; nothing is left behind then.
    """
    target = Path(folder)
    if target.exists() or target.is_symlink():
        raise ExportError("The folder already exists.", where=str(target), remedy="Name one that does not exist yet.")
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.partial")
    made: list[Path] = []
    try:
        made = _make_parents(target)
        draft.mkdir()
        library = _write_model(compressed, draft)
        written = write_onnx(compressed, draft, onnx) if onnx is not None else None
        _write_text(draft / CARD, readme(compressed, library, plan, measurement))
        record = export_record(
            compressed, library, draft, plan, measurement=measurement, provenance=provenance or {}, linear=linear,
            heal=heal, onnx=written,
        )  # fmt: skip
        _write_json(draft / RECORD, record)
        _write_text(draft / PAGE, page(compressed, library, record))
        draft.rename(target)
    except (OSError, SafetensorError) as error:
        _clean_up(draft, made)
        raise ExportError(
            f"The model could not be written: {_reason(error)}.",
            where=str(target),
            remedy="Choose a folder that can be written, on a disk with enough room.",
        ) from error
    except BaseException:
        _clean_up(draft, made)
        raise
    return target


def onnx_report(folder: Path) -> OnnxReport | None:
    """What came of writing an exported model as ONNX; None where that was not asked for."""
    found = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("onnx")
    return OnnxReport.from_dict(found) if found else None


def export_library(model: UniversalModel) -> str:
    """Who builds an export: ``"transformers"``, another library, or the owner of the module (``"torch"``)."""
    # A class of the user's own may well derive from transformers' classes; only its owner can build it.
    if hasattr(model.module, "save_pretrained") and type(model.module).__module__.startswith("transformers."):
        return "transformers"
    library = str(getattr(model, "library", "torch"))
    return library if library in BUILT_FROM_ARGUMENTS and getattr(model, "config_dict", None) else "torch"


def _write_model(model: UniversalModel, draft: Path) -> str:
    library, compact = export_library(model), is_compact(model.module)
    if library == "transformers":
        is_cut = bool(cuts_of(model.module))
        _write_transformers(model, draft, compact or is_cut)
        if compact or is_cut:
            script = transformers_script(model.module)
            _write_by_script(model, draft, with_cuts(script, f"model.config.{CUTS}") if is_cut else script, compact)
        return library
    if library == "torch":
        description, script = module_description(model), MODULE_SCRIPT
    else:
        described: Any = model
        description = described.config_dict
        script = loading_script(library, description)
    _write_by_script(model, draft, script, compact)
    _write_json(draft / CONFIG, description)
    if source := source_of(description):
        shutil.copyfile(source, draft / NET_SOURCE)
    return library


def _write_transformers(model: UniversalModel, draft: Path, compact: bool) -> None:
    """As ``save_pretrained`` writes it, without the weights where only a script can load them."""
    module: Any = model.module
    with _no_progress_bar():
        if compact:
            write_configuration(module, draft)
        else:
            module.save_pretrained(draft)
    if getattr(model, "tokenizer", None) is not None:
        model.tokenizer.save_pretrained(draft)  # type: ignore[attr-defined]  # checked in the line above
    for name, content in getattr(model, "companions", {}).items():
        (draft / name).parent.mkdir(exist_ok=True)
        _write_json(draft / name, content)


def _write_by_script(model: UniversalModel, draft: Path, script: str, compact: bool) -> None:
    """The weights, and the script that loads them."""
    weights = COMPACT_WEIGHTS if compact else CUT_WEIGHTS if cuts_of(model.module) else WEIGHTS
    save_model(model.module, str(draft / weights), metadata=dict(FORMAT))
    _write_text(draft / SCRIPT, with_compact_layers(script) if compact else script.replace(WEIGHTS, weights))
    if compact:
        write_compact_layers(model.module, draft)


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Saving takes a moment; transformers would draw a bar for it between our own messages."""
    from transformers.utils import logging

    was_enabled = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_enabled:
            logging.enable_progress_bar()


def _write_json(path: Path, content: Any) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _make_parents(target: Path) -> list[Path]:
    """Make the missing folders above the target; returns them, the innermost first."""
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _clean_up(draft: Path, made: list[Path]) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    for parent in made:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def _reason(error: OSError | SafetensorError) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")
