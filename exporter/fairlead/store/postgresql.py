"""PostgreSQL: one lock for all writers, one snapshot for each reader."""

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine

from fairlead.errors import StoreError

BUSY_MILLISECONDS = 30_000
LOCK = int.from_bytes(b"fairlead")
"""Number of the advisory lock that writing transactions hold from their beginning to their end.

It is let go only after the commit can be seen, so rows are seen in the order of their ids.
"""
READING = {"reading": True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
CONNECTING = {
    "connect_timeout": 10,
    "application_name": "fairlead",
    "client_encoding": "utf8",
    "prepare_threshold": None,  # connection poolers, and tables that a newer fairlead changes, do not agree with them
}


def engine_of(url: URL) -> Engine:
    """Connections that a restart of the server has broken are replaced before they are used."""
    chosen = {name: value for name, value in CONNECTING.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=chosen,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
    )

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading", False):
            wait = f"set_config('lock_timeout', '{BUSY_MILLISECONDS}', true)"
            connection.exec_driver_sql(f"SELECT {wait}, pg_advisory_xact_lock({LOCK})")

    return engine


def check_encoding(connection: Connection, where: str) -> None:
    """Refuse a database that cannot hold every text."""
    found = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if found != "UTF8":
        raise StoreError(f"{where}: must be a database with the encoding UTF8, got {found}")
