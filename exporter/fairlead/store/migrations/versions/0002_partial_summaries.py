"""What is known of counted files, and the summaries of days."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    op.create_table(
        "files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("state", sa.String(256), nullable=False),
        sa.Column("undated", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger),
        sa.Column("last", sa.BigInteger),
        sa.Column("kept_at", sa.DateTime, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.UniqueConstraint("model", "path", "plan", name="files_model_path_plan"),
    )
    op.create_table(
        "partials",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("file", sa.Integer, sa.ForeignKey("files.id"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kept_at", sa.DateTime, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("file", "day", name="partials_file_day"),
    )
    op.create_table(
        "days",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("kept_at", sa.DateTime, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("model", "plan", "day", name="days_model_plan_day"),
    )
