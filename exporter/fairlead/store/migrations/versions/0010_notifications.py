"""Digests, Slack messages and containment."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    _digests()


def _digests() -> None:
    """Which days are told."""
    op.create_table(
        "digests",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=False),
        sa.Column("message_id", sa.String(256)),
    )
