"""What happens inside a run's own process, from its first instruction to its last."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis_core.errors import CancelledError, LayerwiseError, RunError, StorageError
from analysis_core.runs import archive
from analysis_core.runs.artifacts import ArtifactFolder, StoredFile
from analysis_core.runs.database import Database, DiskFullError
from analysis_core.runs.jobs import JobContext, JobResult, find_job
from analysis_core.runs.lifecycle import Lifecycle
from analysis_core.runs.processes import ProcessIdentity
from analysis_core.runs.pulse import Pulse
from analysis_core.runs.schema import Run
from analysis_core.runs.store import RunStore, config_of
from analysis_core.vocabulary import RunKind

EXIT_DISK_FULL = 28
"""Exit status of a worker that could not even store that the disk is full (the number of ENOSPC)."""

LOG_FILE = "worker.log"
_STORE_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Order:
    """What a supervisor hands to a run's process.

    Args:
        run_id: the run.
        supervisor: who claimed it.
        store_url: address of the store; never in the environment, for it may hold a password.
        runs_folder: holds the folders of all runs.
        job: ``module:function`` that computes it.
        torch_threads: how many cores it may use; None leaves that to torch.
        data_limit_bytes: how much private memory it may allocate; None for no limit.
    """

    run_id: str
    supervisor: str
    store_url: str
    runs_folder: Path
    job: str
    torch_threads: int | None = None
    data_limit_bytes: int | None = None


def work(order: Order) -> None:
    """Carry out a run; the process ends with it."""
    os.setsid()  # A group of its own: whatever the run starts is ended together with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store = RunStore(Database(order.store_url, migrate=False), ArtifactFolder(order.runs_folder))
    lifecycle = Lifecycle(store.database)
    run = lifecycle.begin(order.run_id, order.supervisor, ProcessIdentity.of_this_process())
    if run is None:
        return
    pulse = Pulse(lifecycle, run.id)
    signal.signal(signal.SIGTERM, lambda _number, _frame: pulse.ask_to_stop())
    try:
        _carry_out(order, run, store, lifecycle, pulse)
    except DiskFullError:
        sys.exit(EXIT_DISK_FULL)  # Not even the reason could be stored; the supervisor does it later.


def _carry_out(order: Order, run: Run, store: RunStore, lifecycle: Lifecycle, pulse: Pulse) -> None:
    try:
        with output_to_log(store.artifacts.folder(run.id) / LOG_FILE):
            restrain(order.data_limit_bytes, order.torch_threads)
            with pulse:
                files = _compute(order, run, store, lifecycle, pulse)
            _persist(lambda: lifecycle.finish(run.id, files))
    except CancelledError:
        _discard_export(store, run.id)
        _persist(lambda: lifecycle.cancelled(run.id))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the run ends with a sentence
        sentence = _sentence(error, pulse.message)
        input_at_fault = isinstance(error, LayerwiseError) and error.input_at_fault
        _discard_export(store, run.id)
        _persist(lambda: lifecycle.fail(run.id, sentence, input_at_fault=input_at_fault))


def _compute(order: Order, run: Run, store: RunStore, lifecycle: Lifecycle, pulse: Pulse) -> list[StoredFile]:
    folder = store.artifacts.folder(run.id)

    def on_result(result: object) -> None:
        pulse.check()
        _persist(lambda: lifecycle.add_partial(run.id, result))  # type: ignore[arg-type]

    context = JobContext(run.id, config_of(run), folder, store, pulse.progress, on_result)
    found = find_job(order.job)(context)
    pulse.check()
    pulse.progress(1.0, "Storing the result")
    return _store_result(store, run, dataclasses.replace(found, run=run.id))


def _store_result(store: RunStore, run: Run, found: JobResult) -> list[StoredFile]:
    files = []
    if (store.artifacts.folder(run.id) / archive.EXPORT_FOLDER).is_dir():
        files += store.artifacts.seal_folder(run.id, archive.EXPORT_FOLDER)
    name = archive.RESULT_FILES[RunKind(run.kind)]
    return [*files, store.artifacts.write_json(run.id, name, found.to_dict())]


def _discard_export(store: RunStore, run_id: str) -> None:
    """Half an export is of no use, and on a full disk its room is needed to store the reason."""
    shutil.rmtree(store.artifacts.folder(run_id) / archive.EXPORT_FOLDER, ignore_errors=True)


@contextlib.contextmanager
def output_to_log(log: Path) -> Iterator[None]:
    """Everything that this process prints, tracebacks included, goes to a file; its folder is made."""
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    try:
        yield
    except CancelledError:
        raise
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # On a full disk even the log cannot be written; the run's reason is stored elsewhere.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()


def restrain(data_limit_bytes: int | None, torch_threads: int | None) -> None:
    """Bound what this process may take, and let it be the first to go when memory runs out.

    Args:
        data_limit_bytes, torch_threads: as in :class:`Order`.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if data_limit_bytes is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (data_limit_bytes, hard))
    with contextlib.suppress(OSError):  # Not on every system: the kernel then picks its victim itself.
        Path("/proc/self/oom_score_adj").write_text("500")
    if torch_threads is not None and (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(torch_threads)


def _persist(step: Callable[[], object]) -> None:
    """Store something that must not be lost; a store that went away is waited for."""
    deadline = time.monotonic() + _STORE_PATIENCE_SECONDS
    while True:
        try:
            step()
            return
        except DiskFullError:
            raise
        except StorageError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _sentence(error: BaseException, doing: str) -> str:
    """What to tell people of an error; programmers find its traceback in the run's log."""
    while_ = f" while: {doing}" if doing else ""
    if isinstance(error, LayerwiseError):
        return error.sentence
    if _is_disk_full(error):
        return DiskFullError().sentence
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return RunError(
            f"The memory did not suffice{while_}.",
            remedy="Use a smaller batch, fewer examples or a smaller model.",
        ).sentence
    if (library := _broken_library(error)) is not None:
        return RunError(
            f"The library {library} cannot be imported ({type(error).__name__}){while_}.",
            remedy="Install versions that fit each other, such as torch, torchvision and torchaudio of one release; "
            f"details are in the file {LOG_FILE} in the run's folder.",
        ).sentence
    return RunError(
        f"The run ended by an unexpected error ({type(error).__name__}){while_}.",
        remedy=f"Start the run again; details are in the file {LOG_FILE} in the run's folder.",
    ).sentence


def _broken_library(error: BaseException) -> str | None:
    """Which library's own import raised an error; None where it did not come of an import."""
    library = None
    for cause in _causes(error):
        for frame, _ in traceback.walk_tb(cause.__traceback__):
            if frame.f_code.co_name == "<module>":
                library = str(frame.f_globals.get("__name__")).partition(".")[0]
    return library


def _is_disk_full(error: BaseException) -> bool:
    return any(
        getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(cause)
        for cause in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it came of, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
