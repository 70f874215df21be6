"""The front door: what is checked early, what comes back, and what it does not import."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis_core import service
from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.errors import RunError, StorageError, UnknownNameError
from analysis_core.vocabulary import RunKind
from tests.runs.conftest import REPOSITORY, supervisor_for, until

METHODS = ("fisher_information", "block_influence")


@pytest.fixture(scope="module", autouse=True)
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of its own, with a worker whose jobs are fakes."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERWISE_HOME", str(home))
        patch.setenv("LAYERWISE_AUTOSTART", "0")
        with supervisor_for(service._store(), home):
            yield


@pytest.fixture(scope="module")
def analysis(worker: None) -> str:
    """A finished analysis."""
    run_id = service.start(AnalysisConfig("toy", analysis_methods=METHODS), owner="Ada")
    assert service.wait(run_id, 20).state == "finished"
    return run_id


def finished(config: CompressionConfig) -> str:
    run_id = service.start(config)
    assert service.wait(run_id, 20).state == "finished"
    return run_id


def test_importing_and_using_it_brings_in_no_torch(analysis: str) -> None:
    script = f"""
import sys
from analysis_core import service
from analysis_core.config import AnalysisConfig
service.follow({analysis!r}), service.runs(), service.report({analysis!r}), service.worker_alive()
service.start(AnalysisConfig("toy", analysis_methods=["fisher_information"]))
heavy = {{"torch", "transformers", "timm", "torchmetrics", "streamlit", "alembic", "multiprocessing"}}
print(sorted(heavy & set(sys.modules)))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_finished_analysis_comes_back_whole(analysis: str) -> None:
    view, report = service.follow(analysis), service.report(analysis)
    assert (view.state, view.progress, view.error) == ("finished", 1.0, None)
    assert [result.method for result in view.partial] == list(METHODS)
    assert tuple(report.methods) == METHODS
    assert report.run == analysis
    assert analysis in [item.id for item in service.runs(search="ada", kind=RunKind.ANALYSIS)]


def test_the_same_question_finds_the_answer_of_before(analysis: str) -> None:
    config = AnalysisConfig("toy", analysis_methods=METHODS)
    assert service.find_finished(config) == analysis
    assert service.find_finished(dataclasses.replace(config, seed=1)) is None


def test_compressions_are_found_with_what_they_measured(analysis: str, tmp_path: Path) -> None:
    assert service.outcomes_of(analysis) == []
    assert [subset.removed for subset in service.measured_subsets(analysis)] == [(), (1,)]
    plain = finished(CompressionConfig("toy", remove=(2,), source_run=analysis))
    exported = finished(CompressionConfig("toy", remove=(1, 2), source_run=analysis, export=True))
    assert [outcome.run for outcome in service.outcomes_of(analysis)] == [exported, plain]
    assert service.outcome(exported).plan.remove == (1, 2)
    assert [subset.removed for subset in service.measured_subsets(analysis)] == [(), (1,), (2,), (1, 2)]

    archive = service.export_archive(exported)
    assert service.export_archive(exported) == archive
    with zipfile.ZipFile(archive) as members:
        assert members.testzip() is None
        assert sorted(members.namelist()) == ["model.safetensors", "sub/config.json"]
    with pytest.raises(RunError, match="exported no model"):
        service.export_archive(plain)
    with pytest.raises(RunError, match="is of kind analysis, not compression"):
        service.outcome(analysis)


def test_a_damaged_export_is_not_handed_out(analysis: str) -> None:
    run_id = finished(CompressionConfig("toy", remove=(3,), export=True))
    (service.home() / "runs" / run_id / "export" / "model.safetensors").write_bytes(b"other")
    with pytest.raises(StorageError, match="holds 5 bytes instead of 7000"):
        service.export_archive(run_id)
    assert not (service.home() / "runs" / run_id / "export.zip").exists()


def test_a_truncated_report_is_a_sentence_and_others_are_intact(analysis: str) -> None:
    run_id = service.start(AnalysisConfig("toy", analysis_methods=METHODS, seed=2))
    assert service.wait(run_id, 20).state == "finished"
    path = service.home() / "runs" / run_id / "report.json"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StorageError, match="The stored file holds"):
        service.report(run_id)
    assert service.report(analysis).run == analysis


def test_cancel_then_delete() -> None:
    run_id = service.start(AnalysisConfig("deaf", analysis_methods=METHODS))
    until(lambda: service.follow(run_id).message == "Counting sheep")
    with pytest.raises(RunError, match="still going on"):
        service.delete(run_id)
    with pytest.raises(RunError, match="has not finished yet"):
        service.report(run_id)
    waiting = service.start(AnalysisConfig("toy", analysis_methods=METHODS))
    assert service.follow(waiting).message == "Waiting for its turn."
    service.cancel(run_id)
    assert service.wait(run_id, 3).state == "cancelled"
    with pytest.raises(RunError, match=r"It was cancelled\. Start it again\."):
        service.report(run_id)
    service.cancel(run_id)
    service.delete(run_id)
    with pytest.raises(RunError, match="There is no run"):
        service.follow(run_id)
    assert service.wait(waiting, 20).state == "finished"


def test_waiting_gives_up_in_time() -> None:
    run_id = service.start(AnalysisConfig("deaf", analysis_methods=METHODS))
    assert service.wait(run_id, 0.2).state in ("queued", "running")
    service.cancel(run_id)
    assert service.wait(run_id, 3).state == "cancelled"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (AnalysisConfig("zoo/text-bertt"), r"Unknown model 'zoo/text-bertt'. Did you mean 'zoo/text-bert'\?"),
        (
            AnalysisConfig("toy", analysis_methods=("fischer_information",)),
            r"Unknown method 'fischer_information'. Did you mean 'fisher_information'\?",
        ),
        (CompressionConfig("toy", strategy="gredy"), r"Unknown strategy 'gredy'. Did you mean 'greedy'\?"),
    ],
)
def test_names_are_checked_before_anything_is_stored(config: AnalysisConfig | CompressionConfig, sentence: str) -> None:
    before = service.runs()
    with pytest.raises(UnknownNameError, match=sentence):
        service.start(config)
    assert service.runs() == before


def test_a_source_that_does_not_fit_is_refused(analysis: str) -> None:
    with pytest.raises(RunError, match="There is no run 'nope'"):
        service.start(CompressionConfig("toy", source_run="nope"))
    with pytest.raises(RunError, match="analysed 'toy', not 'other'"):
        service.start(CompressionConfig("other", source_run=analysis))


def test_local_paths_mean_the_same_to_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("a,b\n")
    (tmp_path / "model").mkdir()
    run_id = service.start(AnalysisConfig("./model", data="rows.csv", analysis_methods=METHODS))
    config = service.follow(run_id).config
    assert config["data"] == str((tmp_path / "rows.csv").resolve())
    assert config["model_name"] == str((tmp_path / "model").resolve())
    service.wait(run_id, 20)
