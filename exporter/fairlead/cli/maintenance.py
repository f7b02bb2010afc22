"""`fairlead maintenance`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from fairlead import tables
from fairlead.app.maintenance import Maintenance
from fairlead.cli.exception import Name, moment_of
from fairlead.cli.options import console, database_of, now, operator, with_config
from fairlead.config.schema import Config

NAME = Name("MNT", "window")


def _maintenance(config: Config) -> Maintenance:
    return Maintenance(database_of(config), now, lambda: [model.name for model in config.models])


@click.group()
def maintenance() -> None:
    """Plan, list and end windows in which WARNINGs are silent; CRITICALs never are."""


@maintenance.command("add")
@with_config
@click.option("--model", "models", multiple=True, required=True, help="A model; may be given several times.")
@click.option("--start", "start", help="From this moment on, ISO 8601 (default: now).")
@click.option("--end", "until", help="Until this moment, ISO 8601.")
@click.option("--hours", "hours", type=click.FloatRange(0, 720, min_open=True),
              help="Instead of --end: so long.")  # fmt: skip
@click.option("--reason", "reason", required=True, help="What is done.")
def add(config: Config, models: Sequence[str], start: str | None, reason: str, **end: Any) -> None:
    """Plan a window of at most 30 days."""
    begin = moment_of("--start", start) if start else None
    made = _maintenance(config).add(operator(), models, begin, _end(begin, **end), reason)
    click.echo(f"{made.name} is planned from {made.starts_at:%Y-%m-%d %H:%M} to {made.ends_at:%Y-%m-%d %H:%M} UTC")


def _end(begin: datetime | None, *, until: str | None, hours: float | None) -> datetime:
    """Exactly one of them is given."""
    if (hours is None) == (until is None):
        raise click.UsageError(f"--hours, --end: must be given one of them, got {'none' if hours is None else 'both'}")
    return (begin or now()) + timedelta(hours=hours) if hours else moment_of("--end", until or "")


@maintenance.command("list")
@with_config
@click.option("--all", "over", is_flag=True, help="Also those that are over.")
@click.option("--limit", "limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Most of them.")
def list_(config: Config, over: bool, limit: int) -> None:
    """List windows, newest first."""
    console().print(tables.maintenance(_maintenance(config).page(limit, over=over), now()))


@maintenance.command("end")
@with_config
@click.argument("number", metavar="WINDOW", type=NAME)
def end(config: Config, number: int) -> None:
    """End a window before its time, or call it off."""
    click.echo(f"{_maintenance(config).end(number, operator()).name} is over")
