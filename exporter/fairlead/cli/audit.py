"""`fairlead audit`."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import click

from fairlead import tables
from fairlead.cli.options import console, database_of, now, operator, with_config
from fairlead.config.schema import Config
from fairlead.core.audit import Head, Wanted, entry_of
from fairlead.store.audit import Audit

BROKEN = 1
HEAD = re.compile(r"([0-9]{1,9}):([0-9a-f]{8,64})")


@click.group()
def audit() -> None:
    """Read and verify the audit log."""


@audit.command("list")
@with_config
@click.option("--actor", help="Only what this caller did.")
@click.option("--action", help="Only this action, such as token.create.")
@click.option("--subject", help="Only what was done to this.")
@click.option("--since", help="Only from this moment on, ISO 8601.")
@click.option("--until", help="Only before this moment, ISO 8601.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Most entries.")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="A table, or one JSON document per line.")  # fmt: skip
def list_(config: Config, limit: int, style: str, **filters: str | None) -> None:
    """List entries, newest first. Reading is an entry too."""
    wanted = Wanted(
        filters["actor"],
        filters["action"],
        filters["subject"],
        _moment("--since", filters["since"]),
        _moment("--until", filters["until"]),
    )
    log = Audit(database_of(config))
    entries = log.page(wanted, limit)
    asked = {name: value for name, value in filters.items() if value is not None}
    log.add(entry_of(operator(), "audit.read", "audit", now(), **asked, entries=len(entries)))
    if style == "table":
        console().print(tables.audit(entries))
    for entry in entries if style == "json" else ():
        click.echo(json.dumps(entry.document(), default=datetime.isoformat))


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{option}: must be an ISO 8601 date or time, got {text!r}") from None


@audit.command("verify")
@with_config
@click.option("--head", help="NUMBER:HASH of a head that was exported before; the beginning of the hash is enough.")
def verify(config: Config, head: str | None) -> Any:
    """Walk along the chain; exit code 1 when an entry was changed, removed, inserted or moved."""
    verdict = Audit(database_of(config)).verify(_expected(head))
    if verdict.bad is not None:
        click.echo(f"audit: entry {verdict.bad}: {verdict.reason}", err=True)
        return BROKEN
    click.echo(f"audit: {verdict.entries} entries, head {verdict.head.number}:{verdict.head.hash}")
    return 0


def _expected(text: str | None) -> Head | None:
    if text is None:
        return None
    if not (found := HEAD.fullmatch(text)):
        raise click.UsageError(f"--head: must be NUMBER:HASH with 8 to 64 hexadecimal digits, got {text!r}")
    return Head(int(found[1]), found[2])
