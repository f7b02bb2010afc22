"""Accepted risks and maintenance windows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    op.create_table(
        "exceptions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("metric", sa.String(64), nullable=False),
        sa.Column("feature", sa.String(128), nullable=False),
        sa.Column("attribute", sa.String(128), nullable=False),
        sa.Column("rationale", sa.Text, nullable=False),
        sa.Column("requested_by", sa.String(256), nullable=False),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(256)),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("decision", sa.Text),
        sa.Column("revoked_by", sa.String(256)),
        sa.Column("revoked_at", sa.DateTime),
        sa.Column("revoked_because", sa.Text),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id")),
    )
    op.create_index("exceptions_subject", "exceptions", ["model", "metric", "id"])
    op.create_index("exceptions_until", "exceptions", ["status", "until"])
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("models", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime, nullable=False),
        sa.Column("ends_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_by", sa.String(256), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("ended_by", sa.String(256)),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_index("maintenance_ends_at", "maintenance", ["ends_at"])
