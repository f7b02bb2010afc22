"""Leases, requests of analyses, monthly reviews; a window is analysed on schedule once.

Two processes on one store may have analysed a window twice before. The newest of its runs stays the scheduled one, the
others become `repeated`; nothing is lost, and what is shown, which is the newest, stays the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

REPEATED = """
UPDATE runs SET "trigger" = 'repeated'
WHERE failure IS NULL AND "trigger" = 'scheduled' AND EXISTS (
    SELECT 1 FROM runs AS later
    WHERE later.model = runs.model AND later.family = runs.family AND later.window_end = runs.window_end
    AND later.window_start = runs.window_start AND later.failure IS NULL AND later."trigger" = 'scheduled'
    AND later.id > runs.id
)
"""


def upgrade() -> None:
    """Relabel repeated runs, forbid further ones, add the tables."""
    op.execute(REPEATED)
    analysed = sa.text("failure IS NULL AND \"trigger\" = 'scheduled'")
    op.create_index(
        "runs_scheduled_once",
        "runs",
        ["model", "family", "window_start", "window_end"],
        unique=True,
        sqlite_where=analysed,
        postgresql_where=analysed,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(256), primary_key=True),
        sa.Column("holder", sa.String(256), nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("models", sa.Text, nullable=False),
        sa.Column("families", sa.Text, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("requested_by", sa.String(256), nullable=False),
        sa.Column("requested_at", sa.DateTime, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("failure", sa.Text),
        sa.Column("done", sa.Text, nullable=False),
        sa.Column("runs", sa.Text, nullable=False),
    )
    op.create_index("requests_status", "requests", ["status", "id"])
    op.create_table(
        "reviewed",
        sa.Column("model", sa.String(128), primary_key=True),
        sa.Column("due_at", sa.DateTime, primary_key=True),
        sa.Column("finished_at", sa.DateTime, nullable=False),
    )
