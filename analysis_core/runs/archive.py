"""What finished runs found, read back and checked."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_core.errors import RunError
from analysis_core.results import AnalysisReport, CompressionOutcome, Layer, SubsetResult
from analysis_core.runs.artifacts import ArtifactFolder, StoredFile, written_whole
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import RunKind, RunState

RESULT_FILES = {RunKind.ANALYSIS: "report.json", RunKind.COMPRESSION: "outcome.json"}
EXPORT_FOLDER = "export"
LAYERS_FILE = "layers.json"
"""Of an analysis under way: what its partial results are of."""


def report(store: RunStore, run_id: str) -> AnalysisReport:
    """The report of a finished analysis.

    Raises:
        RunError: there is no such run, it is no analysis, or it has no result.
        StorageError: the stored file is damaged.
    """
    return _parsed_report(store.artifacts.root, run_id, _result_file(store, run_id, RunKind.ANALYSIS))


def outcome(store: RunStore, run_id: str) -> CompressionOutcome:
    """The outcome of a finished compression.

    Raises:
        RunError: there is no such run, it is no compression, or it has no result.
        StorageError: the stored file is damaged.
    """
    return _parsed_outcome(store.artifacts.root, run_id, _result_file(store, run_id, RunKind.COMPRESSION))


def outcomes_of(store: RunStore, analysis_run_id: str) -> list[CompressionOutcome]:
    """Outcomes of the finished compressions that start from an analysis, newest first."""
    return [outcome(store, run_id) for run_id in store.finished_from(analysis_run_id)]


def measured_subsets(
    store: RunStore, analysis_run_id: str, outcomes: Sequence[CompressionOutcome] | None = None
) -> tuple[SubsetResult, ...]:
    """Every subset of layers that was run without, by the analysis or a compression from it, once each.

    `outcomes` are those of the compressions where they are at hand; None looks for them.
    """
    found = {subset.removed: subset for subset in report(store, analysis_run_id).measured}
    known = outcomes_of(store, analysis_run_id) if outcomes is None else outcomes
    for compression in reversed(known):
        for subset in compression.searched:
            found.setdefault(subset.removed, subset)
    return tuple(found.values())


def keep_layers(store: RunStore, run_id: str, layers: Sequence[Layer]) -> None:
    """Write down which layers an analysis scores, before it has a result.

    Raises:
        StorageError: it could not be written.
    """
    store.artifacts.write_json(run_id, LAYERS_FILE, {"layers": [layer.to_dict() for layer in layers]})


def layers_of(store: RunStore, run_id: str) -> tuple[Layer, ...]:
    """The layers that an analysis scores, also while it works; none where it has not come so far."""
    path = store.artifacts.folder(run_id) / LAYERS_FILE
    try:
        return _parsed_layers(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ()


def export_archive(store: RunStore, run_id: str) -> Path:
    """A zip of the smaller model that a compression wrote, built on first demand.

    Raises:
        RunError: there is no such run, it has no result, or nothing was exported.
        StorageError: an exported file is damaged, or the archive cannot be written.
    """
    _result_file(store, run_id, RunKind.COMPRESSION)
    prefix = f"{EXPORT_FOLDER}/"
    exported = [file for file in store.files(run_id) if file.name.startswith(prefix)]
    if not exported:
        raise RunError(f"Run '{run_id}' exported no model.", remedy="Start the compression again with export.")
    archive = store.artifacts.folder(run_id) / f"{EXPORT_FOLDER}.zip"
    if not archive.exists():
        # Weights hardly shrink; storing them as they are builds the archive at the disk's speed.
        with written_whole(archive) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as members:
            for file in exported:
                members.writestr(file.name.removeprefix(prefix), store.artifacts.read(run_id, file))
    return archive


def export_readme(store: RunStore, run_id: str) -> str:
    """What the exported folder says of itself, how to load it among it; empty where it says nothing.

    Raises:
        RunError: there is no such run.
        StorageError: the file is damaged.
    """
    name = f"{EXPORT_FOLDER}/README.md"
    file = next((file for file in store.files(run_id) if file.name == name), None)
    return "" if file is None else store.artifacts.read(run_id, file).decode("utf-8")


def _result_file(store: RunStore, run_id: str, kind: RunKind) -> StoredFile:
    run = store.get(run_id)
    if run.kind != kind.value:
        raise RunError(f"Run '{run_id}' is of kind {run.kind}, not {kind.value}.", remedy="Open another run.")
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        raise RunError(f"Run '{run_id}' has not finished yet.", remedy="Wait for it, or look at its partial results.")
    if run.state != RunState.FINISHED:
        why = f"It failed: {run.error}" if run.error else "It was cancelled."
        raise RunError(f"Run '{run_id}' has no result. {why}", remedy="" if run.error else "Start it again.")
    named = {file.name: file for file in store.files(run_id)}
    try:
        return named[RESULT_FILES[kind]]
    except KeyError:
        raise RunError(f"The result of run '{run_id}' is not recorded.", remedy="Start it again.") from None


@lru_cache(maxsize=32)
def _parsed_report(root: Path, run_id: str, file: StoredFile) -> AnalysisReport:
    return AnalysisReport.from_dict(_read(root, run_id, file))


@lru_cache(maxsize=32)
def _parsed_outcome(root: Path, run_id: str, file: StoredFile) -> CompressionOutcome:
    return CompressionOutcome.from_dict(_read(root, run_id, file))


@lru_cache(maxsize=32)
def _parsed_layers(path: Path, _written_at: int) -> tuple[Layer, ...]:
    return tuple(Layer.from_dict(layer) for layer in json.loads(path.read_bytes())["layers"])


def _read(root: Path, run_id: str, file: StoredFile) -> dict[str, Any]:
    return {**ArtifactFolder(root).read_json(run_id, file), "run": run_id}
