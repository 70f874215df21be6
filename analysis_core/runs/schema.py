"""The tables of the run store. Times are seconds since the epoch, states and kinds their words."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the store."""


class Run(Base):
    """One run: what was asked for, where it stands, and who works on it.

    ``supervisor`` is set when a supervisor claims the run, ``worker_pid`` and ``worker_started_at``
    (what the operating system says of the process, so that a reused id is not mistaken for it) when
    the run's own process begins. ``config_key`` is the same for equal settings.
    """

    __tablename__ = "runs"
    __table_args__ = (Index("runs_by_state", "state", "created_at"), Index("runs_by_config", "config_key"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(Text)
    config: Mapped[str] = mapped_column(Text)
    config_key: Mapped[str] = mapped_column(String(64))
    source_run: Mapped[str | None] = mapped_column(String(32), index=True)
    owner: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    input_at_fault: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[float] = mapped_column(Float)
    started_at: Mapped[float | None] = mapped_column(Float)
    ended_at: Mapped[float | None] = mapped_column(Float)
    heartbeat_at: Mapped[float | None] = mapped_column(Float)
    cancel_requested_at: Mapped[float | None] = mapped_column(Float)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    supervisor: Mapped[str | None] = mapped_column(String(32))
    host: Mapped[str | None] = mapped_column(Text)
    worker_pid: Mapped[int | None] = mapped_column(Integer)
    worker_started_at: Mapped[float | None] = mapped_column(Float)


class Partial(Base):
    """The complete result of one method of a run that may still be going on."""

    __tablename__ = "partials"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    method: Mapped[str] = mapped_column(String(128), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)


class Artifact(Base):
    """A file in a run's folder, written whole, with the checksum that it must have when read."""

    __tablename__ = "artifacts"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class Supervisor(Base):
    """A process that takes queued runs and gives each one a process."""

    __tablename__ = "supervisors"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)
    process_started_at: Mapped[float] = mapped_column(Float)
    heartbeat_at: Mapped[float] = mapped_column(Float)
    slots: Mapped[int] = mapped_column(Integer)
    ready: Mapped[bool] = mapped_column(default=False, server_default=false())
