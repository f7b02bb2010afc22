"""`fairlead incident`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fairlead import tables
from fairlead.app.incidents import Incidents
from fairlead.cli.options import console, database_of, model_named, now, user, with_config
from fairlead.config.schema import Config
from fairlead.core.access import Caller, Role
from fairlead.core.families import FAMILIES
from fairlead.core.incident import BY_HAND, Category, Closing, Opening, RootCause, Status
from fairlead.core.timeline import Filter
from fairlead.errors import FairleadError


class Name(click.ParamType[int]):
    """INC-7, or 7."""

    name = "incident"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Its number."""
        found = re.fullmatch(r"(?:INC-)?([1-9][0-9]{0,8})", str(value), re.IGNORECASE | re.ASCII)
        if found is None:
            raise click.UsageError(f"incident: must be a name such as INC-7, got {value!r}", ctx)
        return int(found[1])


NAME = Name()


def _incidents(config: Config) -> Incidents:
    return Incidents(database_of(config), now)


def _caller() -> Caller:
    """Whoever can use this machine's store may do everything, by name."""
    return Caller(user(), Role.ADMIN, "cli")


@click.group()
def incident() -> None:
    """List, show, open, acknowledge, comment, resolve incidents, and save their evidence."""


@incident.command("list")
@with_config
@click.option("--status", "statuses", multiple=True, type=click.Choice([one.value for one in Status]),
              help="Only these; may be given several times.")  # fmt: skip
@click.option("--model", "model", help="Only this model's.")
@click.option("--family", "family", help="Only this family's.")
@click.option("--severity", "severity", help="Only of this severity.")
@click.option("--limit", "limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Most of them.")
def list_(config: Config, statuses: Sequence[str], limit: int, **about: Any) -> None:
    """List incidents, newest first."""
    console().print(tables.incidents(_incidents(config).page(Filter(tuple(statuses), **about), limit)))


@incident.command("show")
@with_config
@click.argument("number", metavar="INCIDENT", type=NAME)
def show(config: Config, number: int) -> None:
    """Show an incident, its alerts and its timeline."""
    found, alerts, timeline = _incidents(config).get(number, _caller())
    console().print(tables.incidents([found]))
    if found.resolution:
        click.echo(tables.plain_lines(f"resolution: {found.resolution}"))
    console().print(tables.attached(alerts))
    console().print(tables.timeline(timeline))


@incident.command("open")
@with_config
@click.option("--model", "model", required=True, help="The model that it is about.")
@click.option("--family", "family", required=True, type=click.Choice(list(FAMILIES)), help="What of it.")
@click.option("--severity", "severity", required=True, type=click.Choice(BY_HAND), help="How bad it is.")
@click.option("--title", "title", required=True, help="What is wrong, in a line.")
@click.option("--reason", "reason", default="", help="More about it, for the timeline.")
def open_(config: Config, model: str, **about: Any) -> None:
    """Open an incident that no alert opens."""
    opening = Opening(model_named(config, model).name, **about)
    click.echo(f"{_incidents(config).open(opening, _caller()).name} is open")


@incident.command("acknowledge")
@with_config
@click.argument("number", metavar="INCIDENT", type=NAME)
@click.option("--text", "text", default="", help="A few words for the timeline.")
def acknowledge(config: Config, number: int, text: str) -> None:
    """Say that you look into it; the first wins."""
    done = _incidents(config).acknowledge(number, _caller(), text)
    click.echo(tables.plain(f"{done.name} is acknowledged by {done.acknowledged_by}"))


@incident.command("comment")
@with_config
@click.argument("number", metavar="INCIDENT", type=NAME)
@click.option("--text", "text", required=True, help="What to add to the timeline.")
def comment(config: Config, number: int, text: str) -> None:
    """Add a line to the timeline."""
    click.echo(f"{_incidents(config).comment(number, _caller(), text).name} has a comment more")


@incident.command("resolve")
@with_config
@click.argument("number", metavar="INCIDENT", type=NAME)
@click.option("--resolution", "resolution", help="What was done; required of a critical incident, as the next two.")
@click.option("--root-cause", "cause", type=click.Choice([one.value for one in RootCause]), help="Why it happened.")
@click.option("--category", "category", help="How it was resolved.",
              type=click.Choice([one.value for one in Category if one is not Category.ACCEPTED_RISK]))  # fmt: skip
def resolve(config: Config, number: int, resolution: str | None, cause: str | None, category: str | None) -> None:
    """Close an acknowledged incident."""
    closing = Closing(resolution, RootCause(cause) if cause else None, Category(category) if category else None)
    done = _incidents(config).resolve(number, _caller(), closing)
    click.echo(f"{done.name} is {done.status.value}")


@incident.command("evidence")
@with_config
@click.argument("number", metavar="INCIDENT", type=NAME)
@click.option("--output", "output", type=click.Path(path_type=Path), help="The file to write (default: INCIDENT.zip).")
def evidence(config: Config, number: int, output: Path | None) -> None:
    """Save all that is known about an incident as a zip."""
    path = output or Path(f"INC-{number}.zip")
    content = _incidents(config).evidence(number, _caller())
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FairleadError(f"--output: must be a file that can be written, got {path}: {error.strerror}") from error
    click.echo(tables.plain(f"{path}: {len(content)} bytes"))
