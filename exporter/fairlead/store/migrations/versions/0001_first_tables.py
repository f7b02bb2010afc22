"""Baselines, runs and received alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "baselines",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("samples", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("model", "version", name="baselines_model_version"),
    )
    active = sa.text("active IS true") if op.get_bind().dialect.name == "postgresql" else sa.text("active IS 1")
    op.create_index(
        "baselines_one_active", "baselines", ["model"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("model_version", sa.String(128), nullable=False),
        sa.Column("family", sa.String(16), nullable=False),
        sa.Column("window_start", sa.DateTime, nullable=False),
        sa.Column("window_end", sa.DateTime, nullable=False),
        sa.Column("trigger", sa.String(16), nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=False),
        sa.Column("baseline", sa.String(32)),
        sa.Column("samples", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("outcomes", sa.Text, nullable=False),
    )
    op.create_index("runs_latest", "runs", ["model", "family", "window_end"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("starts_at", sa.String(40), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("receiver", sa.String(128), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("fingerprint", "starts_at", "status", name="alerts_once"),
    )
