"""`fairlead baseline`."""

from datetime import datetime
from typing import Any

import click

from fairlead import tables
from fairlead.app.baselines import baseline_of_days, create_baseline
from fairlead.cli.options import (
    console,
    database_of,
    files_of,
    model_named,
    moment_of,
    now,
    progress,
    user,
    with_config,
)
from fairlead.config.schema import Config
from fairlead.core.difference import differences
from fairlead.engines.files import SUFFIXES, Files
from fairlead.store.baselines import Baselines


@click.group()
def baseline() -> None:
    """Make, list, show, activate and compare baselines."""


@baseline.command("create")
@with_config
@click.option("--model", "name", required=True, help="The model that the baseline is for.")
@click.option("--from", "path", help="File, folder or glob of validation data, laid out like the logs.")
@click.option("--last-days", "days", type=click.IntRange(1, 400), help="Instead of --from: so many whole days of logs.")
@click.option("--as-of", "as_of", help="With --last-days: a moment after these days, as for analyze (default: now).")
@click.option("--activate/--no-activate", default=True, show_default=True, help="Compare with it from now on.")
@click.option("--created-by", default=user, show_default="the current user", help="Who answers for it.")
def create(config: Config, name: str, activate: bool, created_by: str, **rows: Any) -> None:
    """Compute a baseline from data, or from the last days of the logs, and keep it: counts and rates, never rows."""
    model = model_named(config, name)
    path, days = _one_of(rows["path"], rows["days"])
    until = _past(rows["as_of"], days)
    kind = next((kind for kind, suffixes in SUFFIXES.items() if path.endswith(suffixes)), model.source.format)
    with progress() as shown:
        facts: Any = {"created_by": created_by, "now": now(), "activate": activate, "progress": files_of(shown)}
        if days:
            made = baseline_of_days(database_of(config), model, days, until, **facts)
        else:
            made = create_baseline(database_of(config), model, Files(path, kind), **facts)
    state = "active" if made.active else "not active"
    click.echo(f"{made.model}: baseline {made.version} from {made.samples} rows, {state}")


def _one_of(path: str | None, days: int | None) -> tuple[str, int]:
    """Exactly one of them; "" and 0 stand for the other."""
    if (path is None) == (days is None):
        got = "none" if path is None else "both"
        raise click.UsageError(f"--from, --last-days: must be given one of them, got {got}")
    return path or "", days or 0


def _past(as_of: str | None, days: int) -> datetime:
    moment = moment_of(as_of)
    if as_of is not None and not days:
        raise click.UsageError("--as-of: must be given with --last-days only, got --from")
    if moment > now():
        raise click.UsageError(f"--as-of: must not be in the future, got {as_of!r}")
    return moment


@baseline.command("list")
@with_config
@click.option("--model", "name", help="Only this model's.")
def list_(config: Config, name: str | None) -> None:
    """List baselines, oldest first."""
    console().print(tables.baselines(Baselines(database_of(config)).list(name)))


@baseline.command("show")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", help="The baseline's version (default: the active one).")
def show(config: Config, name: str, version: str | None) -> None:
    """Show what a baseline holds, as JSON."""
    click.echo(Baselines(database_of(config)).document(name, version))


@baseline.command("activate")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", required=True, help="The baseline's version.")
def activate(config: Config, name: str, version: str) -> None:
    """Make a baseline the one that its model is compared with."""
    facts = Baselines(database_of(config)).activate(name, version)
    click.echo(f"{facts.model}: baseline {facts.version} is active")


@baseline.command("diff")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.argument("before")
@click.argument("after")
def diff(config: Config, name: str, before: str, after: str) -> None:
    """Show what differs between two versions."""
    stored = Baselines(database_of(config))
    console().print(tables.differences(differences(stored.load(name, before), stored.load(name, after))))
