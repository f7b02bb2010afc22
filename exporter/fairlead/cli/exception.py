"""`fairlead exception`."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from fairlead import tables
from fairlead.app.exceptions import Exceptions
from fairlead.cli.options import console, database_of, now, operator, with_config
from fairlead.config.schema import Config
from fairlead.core.exception import Exemption, Filter, Standing, Subject


class Name(click.ParamType[int]):
    """A name such as EXC-7, or its number."""

    def __init__(self, prefix: str, name: str) -> None:
        self.prefix, self.name = prefix, name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Its number."""
        found = re.fullmatch(rf"(?:{self.prefix}-)?([1-9][0-9]{{0,8}})", str(value), re.IGNORECASE | re.ASCII)
        if found is None:
            raise click.UsageError(f"{self.name}: must be a name such as {self.prefix}-7, got {value!r}", ctx)
        return int(found[1])


NAME = Name("EXC", "exception")


def moment_of(option: str, text: str) -> datetime:
    """A time that an option names; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{option}: must be an ISO 8601 date or time, got {text!r}") from None


def _exceptions(config: Config) -> Exceptions:
    return Exceptions(database_of(config), now, lambda: [model.name for model in config.models])


@click.group()
def exception() -> None:
    """Request, list, approve, refuse and revoke accepted risks."""


@exception.command("request")
@with_config
@click.option("--model", "model", required=True, help="The model.")
@click.option("--metric", "metric", required=True, help="The metric, as the label of its alerts says: feature_psi.")
@click.option("--feature", "feature", default="", help="Only what is said about this feature.")
@click.option("--attribute", "attribute", default="", help="Only what is said about this protected attribute.")
@click.option("--rationale", "rationale", required=True, help="Why the risk can be lived with.")
@click.option("--days", "days", type=click.IntRange(1, 30), help="For so many days from now.")
@click.option("--until", "until", help="Instead of --days: until this moment, ISO 8601, at most 30 days from now.")
def request(config: Config, days: int | None, until: str | None, rationale: str, **about: str) -> None:
    """Ask to live with what a metric of a model says; another person decides."""
    if (days is None) == (until is None):
        raise click.UsageError(f"--days, --until: must be given one of them, got {'none' if days is None else 'both'}")
    end = now() + timedelta(days=days) if days else moment_of("--until", until or "")
    made = _exceptions(config).request(operator(), Subject(**about), rationale, end)
    click.echo(tables.plain(f"{made.name} waits for a decision: {made.subject} until {made.until:%Y-%m-%d %H:%M} UTC"))


@exception.command("list")
@with_config
@click.option("--status", "statuses", multiple=True, type=click.Choice([one.value for one in Standing]),
              help="Only these; may be given several times.")  # fmt: skip
@click.option("--model", "model", help="Only this model's.")
@click.option("--metric", "metric", help="Only this metric's.")
@click.option("--limit", "limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="Most of them.")
def list_(config: Config, statuses: Sequence[str], limit: int, **about: Any) -> None:
    """List accepted risks and requests, newest first."""
    wanted = Filter(tuple(Standing(one) for one in statuses), **about)
    console().print(tables.exceptions(_exceptions(config).page(wanted, limit)))


@exception.command("approve")
@with_config
@click.argument("number", metavar="EXCEPTION", type=NAME)
@click.option("--note", "note", default="", help="A few words.")
def approve(config: Config, number: int, note: str) -> None:
    """Agree; about fairness only a compliance officer may, through the API."""
    _told(_exceptions(config).approve(number, operator(), note))


@exception.command("refuse")
@with_config
@click.argument("number", metavar="EXCEPTION", type=NAME)
@click.option("--reason", "reason", required=True, help="Why not.")
def refuse(config: Config, number: int, reason: str) -> None:
    """Say no."""
    _told(_exceptions(config).refuse(number, operator(), reason))


@exception.command("revoke")
@with_config
@click.argument("number", metavar="EXCEPTION", type=NAME)
@click.option("--reason", "reason", required=True, help="Why not any longer.")
def revoke(config: Config, number: int, reason: str) -> None:
    """End one before its time, or withdraw a request."""
    _told(_exceptions(config).revoke(number, operator(), reason))


def _told(one: Exemption) -> None:
    click.echo(tables.plain(f"{one.name} is {one.status}: {one.subject}"))
