"""The connection to the run store: transactions, errors as sentences, migration on opening."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from analysis_core.errors import StorageError

REVISION = "0003"
"""The revision of the tables in `schema`; the newest file in `migrations/versions` carries it."""

WAL_IS_SAFE_FROM = (3, 51, 3)
"""Before this version of SQLite, write-ahead logs could be corrupted by two connections."""

BUSY_TIMEOUT_SECONDS = 10.0
_MIGRATION_LOCK = 5_021_867
_BEGIN = "layerwise_begin"


class DiskFullError(StorageError):
    """The store or an artefact could not be written because no room is left."""

    def __init__(self, where: str = "") -> None:
        super().__init__(
            "The disk is full, so that results cannot be stored.",
            where=where,
            remedy="Delete old runs or other files, then start the run again; earlier runs are intact.",
        )


class Database:
    """An open store, migrated to :data:`REVISION`.

    Safe to share between threads; not between processes: each opens its own.

    Args:
        url: SQLAlchemy address, e.g. ``sqlite:////data/runs.db`` or ``postgresql+psycopg://…``.
        migrate: look whether the store must be brought up to date; a run's process leaves that out,
            for its supervisor has done it.

    Raises:
        StorageError: the address is malformed, its driver is missing, the store cannot be opened,
            or it was written by a newer version of this program.
    """

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        self.url = url
        try:
            self._engine = create_engine(url, **_engine_options(url))
        except (ArgumentError, NoSuchModuleError) as error:
            raise StorageError(
                "The address of the run store cannot be understood.",
                remedy="Use sqlite:////path/runs.db or postgresql+psycopg://user@host/name.",
            ) from error
        except ImportError as error:
            raise StorageError(
                f"The driver of the run store is not installed ({error.name}).",
                remedy=f"Install it: uv pip install {error.name}.",
            ) from error
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        if self.is_sqlite:
            _tame_sqlite(self._engine)
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._observer: Connection | None = None  # SQLite tells a connection of the changes by others.
        if migrate:
            self._migrate()

    @property
    def place(self) -> str:
        """The store's address without its password, for messages."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state of the store."""
        with self._translated(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are stored together at its end, or not at all."""
        with self._translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def version(self) -> int | None:
        """A number that is another one after each change of the store by anybody; None: cannot be told.

        Costs some 20 microseconds, a fiftieth of a query: what looks often looks here first.
        """
        if not self.is_sqlite:
            return None
        with self._translated():
            if self._observer is None:
                self._observer = self._engine.connect()
            with self._observer.begin():
                return int(self._observer.exec_driver_sql("PRAGMA data_version").scalar_one())

    def close(self) -> None:
        """Close all connections."""
        if self._observer is not None:
            self._observer.close()
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:  # A mistake of this program; the store itself is well.
            raise
        except (DBAPIError, PoolTimeoutError) as error:
            raise _sentence(error, self.place) from error

    def _migrate(self) -> None:
        with self._translated():
            with self._engine.begin() as connection:
                if _revision(connection) == REVISION:
                    return
            with self._writer.begin() as connection:
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                _upgrade(connection, self.place)


def _engine_options(url: str) -> dict[str, Any]:
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    return {"pool_pre_ping": True}


def _tame_sqlite(engine: Engine) -> None:
    """Make SQLite keep foreign keys and real transactions: the driver begins none by itself."""
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_IS_SAFE_FROM else "DELETE"

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, place: str) -> None:
    # Alembic is imported here because a store that is up to date does not need it: 0.1 s less for the app.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    present = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
    if present is not None and present not in known:
        raise StorageError(
            f"The run store was written by a newer version of this program (revision '{present}').",
            where=place,
            remedy="Update this program, or set LAYERWISE_HOME to another folder.",
        )
    settings.attributes["connection"] = connection
    command.upgrade(settings, REVISION)


def _sentence(error: Exception, place: str) -> StorageError:
    cause = getattr(error, "orig", None)
    said = str(cause or error)
    if "disk is full" in said or getattr(cause, "errno", None) == errno.ENOSPC:
        return DiskFullError(place)
    if "locked" in said:
        return StorageError(
            f"The run store is busy: another process has held it for {BUSY_TIMEOUT_SECONDS:.0f} s.",
            where=place,
            remedy="Try again in a moment.",
        )
    if "malformed" in said or "not a database" in said:
        return StorageError(
            "The run store is damaged.",
            where=place,
            remedy="Put back a copy, or move the file away to begin anew.",
        )
    summary = said.splitlines()[0] if said else type(error).__name__
    return StorageError(
        f"The run store does not answer ({summary}).",
        where=place,
        remedy="Check that it can be reached and written.",
    )
