"""`fairlead oncall`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead import tables
from fairlead.app.address_book import address_book
from fairlead.app.oncall import Oncall
from fairlead.cli.options import console, now, with_config
from fairlead.config import oncall as section
from fairlead.config.schema import Config
from fairlead.errors import FairleadError


@click.group()
def oncall() -> None:
    """Show who is on call, and make the address book of Alertmanager."""


@oncall.command("show")
@with_config
@click.option("--at", "at", help="Another moment than now: an ISO 8601 time, UTC where it does not say.")
def show(config: Config, at: str | None) -> None:
    """Show who is on call, until when, and who is next."""
    turns = Oncall(now)
    turns.configure(_section(config))
    try:
        moment = now() if at is None else datetime.fromisoformat(at)
        found = turns.at(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise click.UsageError(f"--at: must be an ISO 8601 date or time, got {at!r}") from None
    console().print(tables.oncall(found))


@oncall.command("template")
@with_config
@click.option("--output", "output", type=click.Path(path_type=Path), help="The file to write (default: the terminal).")
def template(config: Config, output: Path | None) -> None:
    """Make Alertmanager's templates/oncall.tmpl: the addresses of the people who can be on call."""
    text = address_book(_section(config))
    if output is None:
        click.echo(text, nl=False)
        return
    beside = output.with_name(f".{output.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(output)
    except OSError as error:
        raise FairleadError(f"--output: must be a file that can be written, got {output}: {error.strerror}") from error
    click.echo(tables.plain(f"{output}: reload Alertmanager"))


def _section(config: Config) -> section.Oncall:
    if config.oncall is None:
        raise FairleadError(f"{config.path}: oncall: must be given to know who is on call, got nothing")
    return config.oncall
