"""Whether a run failed for what it was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of runs that failed before, it is not known."""
    op.add_column("runs", sa.Column("input_at_fault", sa.Boolean(), nullable=False, server_default=sa.false()))
