"""`fairlead db`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from rich.table import Table

from fairlead.app.retention import delete_expired
from fairlead.cli.options import console, database_of, now, operator, steps, with_config
from fairlead.config.schema import Config
from fairlead.core.audit import entry_of
from fairlead.ingest.verification import verify as problems_of_log
from fairlead.store.audit import Audit
from fairlead.store.backup import backup as back_up
from fairlead.store.copying import Progress
from fairlead.store.database import Database, connect, existing
from fairlead.store.inventory import inventory
from fairlead.store.manifest import Manifest
from fairlead.store.restore import restore as put_back
from fairlead.store.revision import HEAD, revision_of
from fairlead.store.verification import verify as problems_of

UNSOUND = 1


@click.group()
def db() -> None:
    """Look after the store: its tables, backups, soundness and what expires."""


@db.command("upgrade")
@with_config
def upgrade(config: Config) -> None:
    """Bring the tables up to date, as every other command does when it opens the store."""
    with closing(connect(config.store)) as before, before.reading() as connection:
        found = revision_of(connection)
    with closing(database_of(config)) as database:
        if found not in (None, HEAD):
            Audit(database).add(entry_of(operator(), "store.upgraded", "store", now(), **{"from": found, "to": HEAD}))
        click.echo(f"{database.where}: revision {HEAD}, was {found or 'empty'}")


@db.command("status")
@with_config
def status(config: Config) -> None:
    """Show where the store is, which revision its tables have, its size and the rows of each table."""
    with closing(existing(config.store)) as database:
        found = inventory(database)
    table = Table("what", "value")
    table.columns[1].justify = "right"
    state = "current" if found.revision == HEAD else f"this fairlead has {HEAD}"
    table.add_row("location", found.location)
    table.add_row("revision", f"{found.revision}, {state}")
    table.add_row("size", f"{found.size:,} bytes")
    for name, count in found.rows.items():
        table.add_row(f"rows of {name}", f"{count:,}")
    console().print(table)


@db.command("backup")
@with_config
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def backup(config: Config, file: Path, force: bool) -> None:
    """Copy the store to a file, while others use it. The file is an SQLite database, whichever kind the store is."""
    with closing(existing(config.store)) as database, steps("copying") as progress:
        back_up(database, file, force=force, progress=progress)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@db.command("restore")
@with_config
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Replace a store that is not empty.")
def restore(config: Config, file: Path, force: bool) -> None:
    """Put a backup where the store is, whole or not at all. No fairlead may use the store meanwhile."""
    entry = entry_of(operator(), "store.restored", "store", now(), file=str(file))
    with steps("copying") as progress:
        put_back(file, config.store, force=force, then=lambda store: Audit(store).add(entry), progress=progress)
    with closing(existing(config.store)) as database:
        click.echo(f"{database.where}: restored from {file}")


@db.command("verify")
@with_config
def verify(config: Config) -> int:
    """Check the file, every checksum, document and reference, the audit log and the prediction log's files.

    Exit code 1 with problems.
    """
    count = 0
    with closing(existing(config.store)) as database, steps("checking") as progress:
        for problem in _problems(config, database, progress):
            click.echo(problem)
            count += 1
        if not count:
            click.echo(f"{database.where}: sound")
    return UNSOUND if count else 0


def _problems(config: Config, database: Database, progress: Progress) -> Iterator[str]:
    yield from problems_of(database, progress)
    yield from problems_of_log(config.prediction_log.path, Manifest(database).live())


@db.command("retention")
@with_config
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
def retention(config: Config, dry_run: bool) -> None:
    """Delete what has expired, as `fairlead serve` does every day."""
    with closing(database_of(config)) as database:
        deleted = delete_expired(database, operator(), now(), dry_run=dry_run)
    for kind, count in deleted.items():
        click.echo(f"{kind}: {count:,} {'expired' if dry_run else 'deleted'}")
