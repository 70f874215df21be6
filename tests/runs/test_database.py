"""The store's file: its settings, its migration, and the sentences when it fails."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from analysis_core.errors import StorageError
from analysis_core.runs import database as module
from analysis_core.runs.database import REVISION, Database
from analysis_core.runs.schema import Base
from analysis_core.runs.store import RunStore

OLD_SCHEMA = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE runs (
    id VARCHAR(32) NOT NULL PRIMARY KEY, kind VARCHAR(32) NOT NULL, state VARCHAR(16) NOT NULL, title TEXT NOT NULL,
    config TEXT NOT NULL, config_key VARCHAR(64) NOT NULL, source_run VARCHAR(32), owner TEXT,
    progress FLOAT NOT NULL, message TEXT NOT NULL, error TEXT, created_at FLOAT NOT NULL, started_at FLOAT,
    ended_at FLOAT, heartbeat_at FLOAT, cancel_requested_at FLOAT, attempt INTEGER NOT NULL,
    worker_pid INTEGER, worker_started_at FLOAT);
CREATE INDEX ix_runs_source_run ON runs (source_run);
CREATE INDEX runs_by_state ON runs (state, created_at);
CREATE INDEX runs_by_config ON runs (config_key);
CREATE TABLE partials (
    run_id VARCHAR(32) NOT NULL, method VARCHAR(128) NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run_id, method), FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
CREATE TABLE artifacts (
    run_id VARCHAR(32) NOT NULL, name VARCHAR(512) NOT NULL, sha256 VARCHAR(64) NOT NULL,
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (run_id, name), FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE);
INSERT INTO runs (id, kind, state, title, config, config_key, progress, message, created_at, attempt)
VALUES ('old', 'analysis', 'finished', 'zoo/text-bert', '{"model_name": "zoo/text-bert"}', 'k', 1.0, '', 1.0, 1);
"""


@pytest.fixture
def old_file(home: Path) -> Path:
    """A store as the first revision made it, with one run."""
    path = home / "runs.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD_SCHEMA)
    connection.close()
    return path


def test_a_new_store_has_exactly_the_tables_of_the_models(store: RunStore) -> None:
    with store.database.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == REVISION


def test_the_revision_is_that_of_the_newest_step() -> None:
    folder = Path(module.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == REVISION


def test_an_older_store_is_migrated_and_keeps_its_runs(old_file: Path, store: RunStore) -> None:
    assert store.view("old").title == "zoo/text-bert"
    assert store.get("old").host is None and store.view("old").input_at_fault is False
    with store.database.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, Base.metadata) == []


def test_many_who_open_an_old_store_at_once_migrate_it_once(old_file: Path, home: Path) -> None:
    url = f"sqlite:///{old_file}"
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Database(url), range(4)))
    for database in stores:
        with database.reading() as session:
            assert session.scalars(text("SELECT version_num FROM alembic_version")).all() == [REVISION]
        database.close()


def test_a_newer_store_is_refused(old_file: Path) -> None:
    with sqlite3.connect(old_file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StorageError, match=r"written by a newer version .*'9999'.*Update this program"):
        Database(f"sqlite:///{old_file}")


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_text("This is no database, however long one looks at it. " * 100)
    with pytest.raises(StorageError, match="damaged"):
        Database(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "cannot be understood"),
        ("oracle9://x/y", "cannot be understood"),
        ("sqlite:////nowhere/at/all/runs.db", "does not answer"),
        ("postgresql+nodriver://user:hidden@host/name", "cannot be understood"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(url: str, sentence: str) -> None:
    with pytest.raises(StorageError, match=sentence) as caught:
        Database(url)
    assert "hidden" not in caught.value.sentence


def test_sqlite_is_safe(store: RunStore) -> None:
    fixed = sqlite3.sqlite_version_info >= module.WAL_IS_SAFE_FROM
    with store.database.reading() as session:
        pragma = {
            name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")
        }
        assert pragma == {"journal_mode": "wal" if fixed else "delete", "foreign_keys": 1, "synchronous": 2}
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000


def test_a_failed_transaction_leaves_nothing(store: RunStore) -> None:
    insert = text("INSERT INTO supervisors VALUES (:id, 'h', 1, 1.0, 1.0, 1, 0)")
    with pytest.raises(IntegrityError), store.database.writing() as session:
        [session.execute(insert, {"id": name}) for name in ("first", "same", "same")]
    with store.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM supervisors")) == 0


def test_a_store_that_stays_locked_says_so(store: RunStore, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_SECONDS", 0.05)
    impatient = Database(f"sqlite:///{home / 'runs.db'}")
    harmless = text("DELETE FROM supervisors")
    with store.database.writing() as holder:
        holder.execute(harmless)
        with pytest.raises(StorageError, match="The run store is busy"), impatient.writing() as session:
            session.execute(harmless)
    with impatient.writing() as session:
        session.execute(harmless)
    impatient.close()
