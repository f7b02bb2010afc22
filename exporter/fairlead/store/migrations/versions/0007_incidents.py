"""Incidents, the alerts that belong to them, and their timelines."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("reopened_at", sa.DateTime),
        sa.Column("recovered_at", sa.DateTime),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("acknowledged_by", sa.String(256)),
        sa.Column("assigned_to", sa.String(256)),
        sa.Column("resolved_at", sa.DateTime),
        sa.Column("resolved_by", sa.String(256)),
        sa.Column("resolution", sa.Text),
        sa.Column("root_cause", sa.String(32)),
        sa.Column("category", sa.String(32)),
        sa.Column("requested_by", sa.String(256)),
        sa.Column("accepted_until", sa.DateTime),
        sa.Column("postmortem_due", sa.DateTime),
        sa.Column("postmortem_at", sa.DateTime),
        sa.Column("postmortem_by", sa.String(256)),
        sa.Column("previous", sa.Integer, sa.ForeignKey("incidents.id")),
    )
    not_closed = sa.text("status IN ('open', 'acknowledged')")
    op.create_index(
        "incidents_one_open",
        "incidents",
        ["model", "family"],
        unique=True,
        sqlite_where=not_closed,
        postgresql_where=not_closed,
    )
    op.create_index("incidents_latest", "incidents", ["model", "family", "id"])
    op.create_table(
        "incident_alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("annotations", sa.Text, nullable=False),
        sa.Column("first_at", sa.DateTime, nullable=False),
        sa.Column("starts_at", sa.DateTime, nullable=False),
        sa.Column("ends_at", sa.DateTime),
        sa.UniqueConstraint("incident", "fingerprint", name="incident_alerts_once"),
    )
    op.create_index("incident_alerts_fingerprint", "incident_alerts", ["fingerprint", "incident"])
    op.create_table(
        "incident_timeline",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(256), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("seconds", sa.Float),
    )
    op.create_index("incident_timeline_incident", "incident_timeline", ["incident", "id"])
    op.create_index("incident_timeline_what", "incident_timeline", ["what"])
