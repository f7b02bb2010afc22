"""`fairlead grafana`."""

import os
import re
from pathlib import Path

import click

from fairlead import tables
from fairlead.cli.options import database_of, now, operator, with_config
from fairlead.config.schema import Config
from fairlead.config.secret_file import UnusableSecretError, secret_of
from fairlead.core.audit import entry_of
from fairlead.grafana.apply import Done, Step, apply
from fairlead.grafana.connection import Connection
from fairlead.grafana.wanted import read
from fairlead.store.audit import Audit

TOKEN = "FAIRLEAD_GRAFANA_TOKEN"  # noqa: S105 - the name of a variable
WOULD_CHANGE = 2
ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?", re.ASCII)


@click.group()
def grafana() -> None:
    """Put folders, dashboards and permissions into Grafana."""


def _address(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    if text is not None and not ADDRESS.fullmatch(text):
        shown = "an address with a user" if "@" in text else repr(text)
        raise click.UsageError(f"{parameter.opts[0]}: must be http(s)://HOST[:PORT][/PATH], got {shown}", context)
    return text


@grafana.command("apply")
@with_config
@click.option("--url", envvar="FAIRLEAD_GRAFANA_URL", required=True, callback=_address,
              help="Where Grafana answers (or FAIRLEAD_GRAFANA_URL).")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path),
              help=f"File with the token of a service account (or {TOKEN} with the token).")  # fmt: skip
@click.option("--directory", type=click.Path(path_type=Path), default=Path("grafana"), show_default=True,
              help="The project's folder grafana.")  # fmt: skip
@click.option("--prometheus-url", callback=_address, help="Where Grafana reaches Prometheus, if not as in the file.")
@click.option("--without-data-source", is_flag=True, help="Leave the data sources alone.")
@click.option("--dry-run", is_flag=True, help="Only tell; exit code 2 when something would change.")
def apply_(
    config: Config,
    *,
    url: str,
    token_file: Path | None,
    directory: Path,
    prometheus_url: str | None,
    without_data_source: bool,
    dry_run: bool,
) -> int:
    """Make Grafana hold the dashboards in their folders, which each role's team may open as the policy says."""
    token = _token(token_file)
    wanted = read(directory, prometheus_url, source=not without_data_source)
    audit = None if dry_run else Audit(database_of(config))
    steps: list[Step] = []
    try:
        with Connection(url, token) as connection:
            for step in apply(connection, wanted, dry=dry_run):
                steps.append(step)
                click.echo(tables.plain(_line(step, dry=dry_run)))
    finally:
        changed = [step for step in steps if step.changed]
        if audit is not None and changed:
            told = [_line(step, dry=False) for step in changed]
            audit.add(entry_of(operator(), "grafana.apply", f"grafana {url}", now(), changes=told))
    if not changed:
        click.echo("nothing to change")
        return 0
    click.echo(f"{len(changed)} of {len(steps)} {'would be' if dry_run else 'were'} changed")
    return WOULD_CHANGE if dry_run else 0


def _line(step: Step, *, dry: bool) -> str:
    would = "would be " if dry and step.done in {Done.CREATED, Done.CHANGED} else ""
    return f"{step.what}: {would}{step.done}{f' ({step.detail})' if step.detail else ''}"


def _token(path: Path | None) -> str:
    if path is None:
        if not (text := os.environ.get(TOKEN, "").strip()):
            raise click.UsageError(f"--token-file: must be given, or {TOKEN} be set, got neither")
        if not text.isascii() or not text.isprintable() or " " in text:
            raise click.UsageError(f"{TOKEN}: must be one word of visible ASCII characters, got something else")
        return text
    try:
        return secret_of(path)
    except UnusableSecretError as error:
        raise click.UsageError(f"--token-file: must be a file with a token, got {error}") from None
