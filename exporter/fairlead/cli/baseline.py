"""`fairlead baseline`."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from fairlead import tables
from fairlead.app.incidents import Incidents
from fairlead.app.lifecycle import Lifecycle, Rows, files_at
from fairlead.cli.options import (
    console,
    database_of,
    files_of,
    model_named,
    moment_of,
    now,
    operator,
    progress,
    user,
    with_config,
)
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.difference import report
from fairlead.core.lifecycle import RESETS, State, Trigger
from fairlead.store.baselines import Baselines

FORMATS = click.Choice(["table", "json"])


@click.group()
def baseline() -> None:
    """Make, list, show, approve, activate, archive, reset and compare baselines."""


def lifecycle_of(config: Config) -> Lifecycle:
    """Acts for the operator at this machine."""
    database = database_of(config)
    return Lifecycle(database, lambda: config, now, Incidents(database, now).document, operator=True)


@baseline.command("create")
@with_config
@click.option("--model", "name", required=True, help="The model that the baseline is for.")
@click.option("--from", "path", help="File, folder or glob of validation data, laid out like the logs.")
@click.option("--from-validation", is_flag=True, help="Instead of --from: the model's validation set.")
@click.option("--last-days", "days", type=click.IntRange(1, 400), help="Instead of --from: so many whole days of logs.")
@click.option("--as-of", "as_of", help="With --last-days: a moment after these days, as for analyze (default: now).")
@click.option("--activate/--no-activate", default=True, show_default=True, help="Compare with it from now on.")
@click.option("--created-by", default=user, show_default="the current user", help="Who answers for it.")
def create(config: Config, name: str, activate: bool, created_by: str, **rows: Any) -> None:
    """Compute a baseline from data, or from the last days of the logs, and keep it: counts and rates, never rows."""
    model = model_named(config, name)
    chosen = _rows_of(model, **rows)
    validated = rows["from_validation"]
    with progress() as shown:
        made = lifecycle_of(config).make(
            operator(),
            name,
            chosen,
            created_by=created_by,
            activate=activate,
            trigger=Trigger.DEPLOYMENT if validated else Trigger.MANUAL,
            progress=files_of(shown),
        )
    state = "active" if made.active else "not active"
    click.echo(f"{made.model}: baseline {made.version} from {made.samples} rows, {state}")


def _rows_of(
    model: ModelConfig, *, path: str | None, from_validation: bool, days: int | None, as_of: str | None
) -> Rows:
    """Exactly one of them is given."""
    given = [name for name, value in (("--from", path), ("--from-validation", from_validation)) if value]
    given += ["--last-days"] if days else []
    if len(given) != 1:
        got = {0: "none", 2: "both"}.get(len(given), "all")
        raise click.UsageError(f"--from, --from-validation, --last-days: must be given one of them, got {got}")
    until = _past(as_of, days, given[0])
    if path is not None:
        return Rows(source=files_at(path, model.source.format))
    return Rows(days=days, until=until) if days else Rows()


def _past(as_of: str | None, days: int | None, given: str) -> datetime:
    moment = moment_of(as_of)
    if as_of is not None and not days:
        raise click.UsageError(f"--as-of: must be given with --last-days only, got {given}")
    if moment > now():
        raise click.UsageError(f"--as-of: must not be in the future, got {as_of!r}")
    return moment


@baseline.command("list")
@with_config
@click.option("--model", "name", help="Only this model's.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those in this state.")
def list_(config: Config, name: str | None, state: str | None) -> None:
    """List baselines, oldest first."""
    found = Baselines(database_of(config)).list(name)
    console().print(tables.baselines(one for one in found if state in {None, one.state}))


@baseline.command("show")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", help="The baseline's version (default: the active one).")
def show(config: Config, name: str, version: str | None) -> None:
    """Show what a baseline holds, as JSON."""
    click.echo(Baselines(database_of(config)).document(name, version))


@baseline.command("approve")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", required=True, help="The baseline's version.")
def approve(config: Config, name: str, version: str) -> None:
    """Approve a draft that somebody else made; recorded as an administrator's."""
    _say(lifecycle_of(config).approve(operator(), name, version))


@baseline.command("activate")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", required=True, help="The baseline's version.")
def activate(config: Config, name: str, version: str) -> None:
    """Make a baseline the one that its model is compared with; the one that was is archived."""
    kept = lifecycle_of(config)
    _say(kept.activate(operator(), name, version, kept.prepare_activation(name, version)))


@baseline.command("archive")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", required=True, help="The baseline's version.")
def archive(config: Config, name: str, version: str) -> None:
    """Put a baseline away that is not to become active; none is ever deleted."""
    _say(lifecycle_of(config).archive(operator(), name, version))


@baseline.command("reset")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--reason", required=True, help="Why; written into the incident and the audit log.")
@click.option("--trigger", type=click.Choice(sorted(trigger.value for trigger in RESETS)), default="data_source_change",
              show_default=True, help="What has happened.")  # fmt: skip
def reset(config: Config, name: str, reason: str, trigger: str) -> None:
    """Replace the baseline by one of the last 7 days."""
    if not reason.strip():
        raise click.UsageError("--reason: must be some text, got none")
    model, kept = model_named(config, name), lifecycle_of(config)
    made, incident = kept.reset(operator(), kept.prepare_reset(operator(), model.name, Trigger(trigger), reason))
    _say(made)
    click.echo(f"incident {incident} says why")


def _say(facts: Any) -> None:
    click.echo(f"{facts.model}: baseline {facts.version} is {facts.state}")


@baseline.command("diff")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--format", "style", type=FORMATS, default="table", show_default=True, help="How it is printed.")
@click.argument("before")
@click.argument("after")
def diff(config: Config, name: str, style: str, before: str, after: str) -> None:
    """Show what differs between two versions."""
    stored = Baselines(database_of(config))
    sizes = {model.name: model.min_group_size for model in config.models}
    found = report(stored.load(name, before), stored.load(name, after), sizes.get(name, 30))
    if style == "json":
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False, allow_nan=False))
        return
    shown = console()
    shown.print(tables.moved(found.moved))
    shown.print(tables.differences(found.differences))
