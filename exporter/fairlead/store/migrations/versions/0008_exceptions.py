"""Exceptions, maintenance windows, digests and check-ins."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
