"""Digests, Slack messages and containment."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables; what is there stays."""
    _digests()
    _slack()
    _containment()


def _digests() -> None:
    """Which days are told."""
    op.create_table(
        "digests",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=False),
        sa.Column("message_id", sa.String(256)),
    )


def _slack() -> None:
    """Messages for Slack, and the places that they took in their hours."""
    op.create_table(
        "slack_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("receiver", sa.String(128), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("alerts", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("arrived_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("carrier", sa.Integer),
    )
    op.create_index("slack_messages_state", "slack_messages", ["state", "arrived_at"])
    op.create_table(
        "slack_posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message", sa.Integer, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("critical", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("slack_posts_at", "slack_posts", ["at"])


def _containment() -> None:
    """Calls of serving platforms."""
    op.create_table(
        "containment_calls",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ordered_by", sa.String(256), nullable=False),
        sa.Column("ordered_at", sa.DateTime, nullable=False),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incidents.id")),
        sa.Column("since", sa.DateTime),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("again_at", sa.DateTime),
        sa.Column("delivered_at", sa.DateTime),
        sa.Column("failure", sa.Text),
        sa.UniqueConstraint("incident", "since", name="containment_calls_once"),
    )
    op.create_index("containment_calls_model", "containment_calls", ["model", "id"])
