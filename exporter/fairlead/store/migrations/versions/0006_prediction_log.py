"""The log of pushed predictions and labels: which files it consists of, and which batches it has taken."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    op.create_table(
        "log_files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("shape", sa.String(64), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", sa.DateTime, nullable=False),
        sa.Column("retired_at", sa.DateTime),
        sa.UniqueConstraint("name", name="log_files_name"),
    )
    op.create_index("log_files_live", "log_files", ["model", "kind", "day"])
    op.create_table(
        "log_batches",
        sa.Column("model", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("kept_at", sa.DateTime, nullable=False),
    )
