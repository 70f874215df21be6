"""Imported once by the process that all runs are forked from, so that none of them imports it again."""

from __future__ import annotations

import gc
import traceback
from importlib import import_module
from pathlib import Path

from analysis_core.config import AnalysisConfig
from analysis_core.runs.artifacts import ArtifactFolder
from analysis_core.runs.database import Database
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.store import RunStore

MODULES = (
    "torch",
    "torchmetrics",
    "timm",
    "transformers",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.bert.modeling_bert",
    "safetensors.torch",
    "pandas",
    "pyarrow.parquet",
    "sklearn.base",
    "gudhi",
    "torch_geometric.nn",
    "torchaudio.models",
    "analysis_core.adapter",
    "analysis_core.live.room",
)

for _name in MODULES:
    try:
        import_module(_name)
    except Exception as _error:  # noqa: BLE001 - binary packages that do not fit each other raise anything
        # What is missing or broken here is missed, with a clear sentence, by the run that needs it.
        if not isinstance(_error, ImportError):
            traceback.print_exc()


def _rehearse() -> None:
    """Take a run through a store in memory: what is only done the first time is then done for all."""
    database = Database("sqlite://")
    store, lifecycle = RunStore(database, ArtifactFolder(Path())), Lifecycle(database)
    run_id = store.create(AnalysisConfig())
    lifecycle.claim("rehearsal")
    lifecycle.begin(run_id, "rehearsal", ProcessIdentity.of_this_process())
    lifecycle.beat(run_id, 0.0, "")
    lifecycle.finish(run_id, [])
    database.close()


_rehearse()

# Pages with objects that the collector never looks at are not copied into every run's process.
gc.collect()
gc.freeze()
