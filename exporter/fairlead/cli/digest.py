"""`fairlead digest`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from fairlead import tables
from fairlead.cli.options import database_of, now, operator, with_config
from fairlead.config.schema import Config
from fairlead.config.thresholds import load_thresholds
from fairlead.core.digest import last_due
from fairlead.errors import DigestError

if TYPE_CHECKING:
    from fairlead.app.digest import DailyDigest


class Day(click.ParamType[date]):
    """A day of the calendar."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """2026-11-30 → that day."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise click.UsageError(f"--day: must be a day such as 2026-11-30, got {value!r}", ctx) from None


def with_day(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --day."""
    told = "The day on which it is due (default: the last one that is)."
    return click.option("--day", type=Day(), help=told)(command)


def _digest(config: Config) -> "DailyDigest":
    from fairlead.app.digest import DailyDigest  # noqa: PLC0415 - needs the templates, which are slow to import
    from fairlead.app.holder import holder, is_gone  # noqa: PLC0415
    from fairlead.store.leases import Leases  # noqa: PLC0415

    database, thresholds = database_of(config), load_thresholds(config.thresholds)
    leases = Leases(database, holder(), clock=now, gone=is_gone)
    return DailyDigest(database, leases, lambda: config, lambda: thresholds, now)


def _day(config: Config, day: date | None) -> date:
    if config.alerting is None or config.alerting.digest is None:
        raise DigestError("alerting.digest: must be configured, got nothing")
    return day or last_due(now(), config.alerting.digest.at)


@click.group()
def digest() -> None:
    """Show or send the daily digest of WARNINGs."""


@digest.command("show")
@with_config
@with_day
@click.option("--format", "style", type=click.Choice(["text", "html"]), default="text", show_default=True,
              help="Which part of the mail.")  # fmt: skip
def show(config: Config, day: date | None, style: str) -> None:
    """Print what the digest of a day says; nothing is sent."""
    from fairlead.alerting.digest_mail import as_html, as_text, subject  # noqa: PLC0415

    found = _digest(config).build(_day(config, day))
    click.echo(f"{subject(found)}\n\n{as_text(found)}" if style == "text" else as_html(found), nl=style == "html")


@digest.command("send")
@with_config
@with_day
@click.option("--again", is_flag=True, help="Send it though it was sent; its Message-ID stays the same.")
def send(config: Config, day: date | None, again: bool) -> None:
    """Send the digest of a day now, unless it was sent."""
    wanted = _day(config, day)
    done = _digest(config).send(wanted, operator(), again=again)
    if done is None:
        raise DigestError(f"digest {wanted}: must not be sent twice, got another process that sends it")
    click.echo(tables.plain(f"digest {wanted}: {done.state} at {done.finished_at:%Y-%m-%dT%H:%M:%SZ}"))
