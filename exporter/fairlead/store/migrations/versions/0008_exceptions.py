"""Check-ins, and the indexes that records and reports are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    _check_ins()


def _check_ins() -> None:
    """Check-ins, and the indexes that records and reports are found by."""
    failed = sa.text("failure IS NOT NULL")
    columns = ["model", "family", "id"]
    op.create_index("runs_failed", "runs", columns, sqlite_where=failed, postgresql_where=failed)
    op.create_index("runs_window_end", "runs", ["window_end"])
    op.create_table(
        "checkins",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("ok_at", sa.DateTime),
        sa.Column("failed_at", sa.DateTime),
        sa.Column("status", sa.String(8)),
        sa.Column("message", sa.Text),
        sa.Column("reported_by", sa.String(256)),
    )
