"""Copies all rows from one database to another one with the same tables."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text

from fairlead.store.tables import metadata

Progress = Callable[[int, int], None]
"""So many of so many."""
BATCH = 500
REVISION_TABLE = "alembic_version"


def tables_of(connection: Connection) -> list[Table]:
    """The tables of fairlead that are there, of whatever revision, those that others refer to first."""
    there = {*inspect(connection).get_table_names()} & {*metadata.tables}
    found = MetaData()
    found.reflect(connection, only=sorted(there))
    return [table for table in found.sorted_tables if table.name in there]


def rows_of(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in sorted(tables, key=lambda table: table.name)
    }


def copy_rows(source: Connection, target: Connection, progress: Progress) -> None:
    """Every row of every table, in the order of the primary keys."""
    tables, into = tables_of(source), {table.name: table for table in tables_of(target)}
    total, done = sum(rows_of(source, tables).values()), 0
    for table in tables:
        query = select(table).order_by(*table.primary_key.columns)
        found = source.execute(query, execution_options={"yield_per": BATCH})
        for part in found.mappings().partitions():
            target.execute(into[table.name].insert(), [dict(row) for row in part])
            done += len(part)
            progress(done, total)
    if target.dialect.name == "postgresql":
        for name in into:
            _advance(target, name)


def empty(connection: Connection) -> None:
    """Drop the tables of fairlead."""
    found = MetaData()
    there = {*inspect(connection).get_table_names()} & {*metadata.tables, REVISION_TABLE}
    found.reflect(connection, only=sorted(there))
    found.drop_all(connection, tables=[table for table in found.sorted_tables if table.name in there])


def _advance(connection: Connection, table: str) -> None:
    """The next id comes after those that were copied."""
    if not any(column["name"] == "id" for column in inspect(connection).get_columns(table)):
        return
    sequence = "pg_get_serial_sequence(:table, 'id')"
    query = f'SELECT setval({sequence}, max(id)) FROM "{table}" HAVING max(id) IS NOT NULL'
    connection.execute(text(query), {"table": table})
