"""The lifecycle of baselines, and their monthly reviews."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ADDED: dict[str, sa.types.TypeEngine[Any]] = {
    "state": sa.String(16),
    "trigger": sa.String(32),
    "reason": sa.Text(),
    "model_version": sa.String(128),
    "author": sa.String(256),
    "expires_at": sa.DateTime(),
    "approved_by": sa.String(256),
    "approved_role": sa.String(32),
    "approved_at": sa.DateTime(),
    "activated_at": sa.DateTime(),
    "archived_at": sa.DateTime(),
    "distance": sa.Text(),
}
NEEDED = ("state", "trigger", "reason", "author")

KNOWN = """
UPDATE baselines SET
    state = CASE WHEN active THEN 'active' ELSE 'archived' END,
    trigger = 'manual',
    reason = '',
    author = created_by,
    approved_by = created_by,
    approved_role = 'admin',
    approved_at = created_at
"""
"""All that there were came from the command line, whose users are administrators. When one was activated or archived,
and for which version of its model it was made, nobody wrote down."""


def upgrade() -> None:
    """Add the states; what was active is active, all others are archived."""
    for name, kind in ADDED.items():
        op.add_column("baselines", sa.Column(name, kind))
    op.execute(KNOWN)
    op.drop_index("baselines_one_active", "baselines")
    with op.batch_alter_table("baselines") as table:
        for name in NEEDED:
            table.alter_column(name, existing_type=ADDED[name], nullable=False)
        table.drop_column("active")
    active = sa.text("state = 'active'")
    op.create_index(
        "baselines_one_active", "baselines", ["model"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("baseline", sa.String(32)),
        sa.Column("refreshed", sa.String(32)),
        sa.UniqueConstraint("model", "month", name="reviews_model_month"),
    )
