"""The command line."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fairlead import __version__, tables
from fairlead.app.analysis import analyse
from fairlead.app.baselines import baseline_of_days, create_baseline
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.difference import differences
from fairlead.core.schedule import Cadence, window_until
from fairlead.engines.files import SUFFIXES, Files
from fairlead.errors import ConfigError, FairleadError, ThresholdError
from fairlead.log import configure
from fairlead.report import NOT_COMPUTED, Report
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs

FAILED, USAGE = 1, 4
WIDTH_WITHOUT_TERMINAL = 200


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. Errors a user can act on are one line each, never a traceback."""
    try:
        code = main.main(list(arguments), prog_name="fairlead", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except click.exceptions.Abort:
        return 130
    except (ConfigError, ThresholdError) as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return USAGE
    except FairleadError as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return NOT_COMPUTED if "analyze" in arguments[:1] else FAILED
    return code if isinstance(code, int) else 0


def _now() -> datetime:
    return datetime.now(UTC)


def _user() -> str:
    """The current user; only a number where, as in some containers, it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=WIDTH_WITHOUT_TERMINAL)


def with_config(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --config.file and the logging flags; it gets the loaded configuration."""

    @click.option("--config.file", "config_file", type=click.Path(path_type=Path), default=Path("fairlead.yml"),
                  show_default=True, help="The configuration file.")  # fmt: skip
    @click.option("--log.level", "log_level", type=click.Choice(["debug", "info", "warning", "error"]), default="info",
                  show_default=True, help="Least severe events that are logged.")  # fmt: skip
    @click.option("--log.format", "log_format", type=click.Choice(["logfmt", "json"]), default="logfmt",
                  show_default=True, help="Format of the log on standard error.")  # fmt: skip
    @wraps(command)
    def wrapped(config_file: Path, log_level: str, log_format: Any, **options: Any) -> Any:
        configure(log_level, log_format)
        return command(config=load(config_file), **options)

    return wrapped


def _model(config: Config, name: str) -> ModelConfig:
    for model in config.models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in config.models)
    raise click.UsageError(f"--model: must be a configured model ({known}), got {name!r}")


def _database(config: Config) -> Database:
    return open_database(config.store)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fairlead")
def main() -> None:
    """Fairlead keeps deployed models honest: drift, fairness and performance, for Prometheus."""


@main.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
def check_config(file: Path) -> int:
    """Check a configuration file and its thresholds; every mistake at once, exit code 1 if there is one."""
    try:
        config = load(file)
        thresholds = load_thresholds(config.thresholds)
    except (ConfigError, ThresholdError) as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return FAILED
    click.echo(f"{file}: {len(config.models)} models, {len(thresholds.values)} thresholds, no mistakes")
    return 0


@main.group()
def baseline() -> None:
    """Make, list, show, activate and compare baselines."""


@baseline.command("create")
@with_config
@click.option("--model", "name", required=True, help="The model that the baseline is for.")
@click.option("--from", "path", help="File, folder or glob of validation data, laid out like the logs.")
@click.option("--last-days", "days", type=click.IntRange(1, 400), help="Instead of --from: so many whole days of logs.")
@click.option("--as-of", "as_of", help="With --last-days: a moment after these days, as for analyze (default: now).")
@click.option("--activate/--no-activate", default=True, show_default=True, help="Compare with it from now on.")
@click.option("--created-by", default=_user, show_default="the current user", help="Who answers for it.")
def create(config: Config, name: str, activate: bool, created_by: str, **rows: Any) -> None:
    """Compute a baseline from data, or from the last days of the logs, and keep it: counts and rates, never rows."""
    model = _model(config, name)
    path, days = _one_of(rows["path"], rows["days"])
    until = _past(rows["as_of"], days)
    kind = next((kind for kind, suffixes in SUFFIXES.items() if path.endswith(suffixes)), model.source.format)
    with _progress() as shown:
        facts: Any = {"created_by": created_by, "now": _now(), "activate": activate, "progress": _files_of(shown)}
        if days:
            made = baseline_of_days(_database(config), model, days, until, **facts)
        else:
            made = create_baseline(_database(config), model, Files(path, kind), **facts)
    state = "active" if made.active else "not active"
    click.echo(f"{made.model}: baseline {made.version} from {made.samples} rows, {state}")


def _one_of(path: str | None, days: int | None) -> tuple[str, int]:
    """Exactly one of them; "" and 0 stand for the other."""
    if (path is None) == (days is None):
        got = "none" if path is None else "both"
        raise click.UsageError(f"--from, --last-days: must be given one of them, got {got}")
    return path or "", days or 0


def _past(as_of: str | None, days: int) -> datetime:
    moment = _moment(as_of)
    if as_of is not None and not days:
        raise click.UsageError("--as-of: must be given with --last-days only, got --from")
    if moment > _now():
        raise click.UsageError(f"--as-of: must not be in the future, got {as_of!r}")
    return moment


@baseline.command("list")
@with_config
@click.option("--model", "name", help="Only this model's.")
def list_(config: Config, name: str | None) -> None:
    """List baselines, oldest first."""
    _console().print(tables.baselines(Baselines(_database(config)).list(name)))


@baseline.command("show")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", help="The baseline's version (default: the active one).")
def show(config: Config, name: str, version: str | None) -> None:
    """Show what a baseline holds, as JSON."""
    click.echo(Baselines(_database(config)).document(name, version))


@baseline.command("activate")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.option("--version", "version", required=True, help="The baseline's version.")
def activate(config: Config, name: str, version: str) -> None:
    """Make a baseline the one that its model is compared with."""
    facts = Baselines(_database(config)).activate(name, version)
    click.echo(f"{facts.model}: baseline {facts.version} is active")


@baseline.command("diff")
@with_config
@click.option("--model", "name", required=True, help="The model.")
@click.argument("before")
@click.argument("after")
def diff(config: Config, name: str, before: str, after: str) -> None:
    """Show what differs between two versions."""
    stored = Baselines(_database(config))
    _console().print(tables.differences(differences(stored.load(name, before), stored.load(name, after))))


@main.command()
@with_config
@click.option("--model", "names", multiple=True, help="Only this model; may be given several times.")
@click.option("--as-of", "as_of", help="End of the windows, ISO 8601, UTC unless it names a zone (default: now).")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="How the result is printed.")  # fmt: skip
@click.option("--record/--no-record", default=True, show_default=True, help="Keep the result in the store.")
def analyze(config: Config, names: Sequence[str], as_of: str | None, style: str, record: bool) -> int:
    """Analyse now. Exit code: 0 all INFO, 1 WARNING, 2 CRITICAL, 3 could not be computed, 4 usage or configuration."""
    thresholds = load_thresholds(config.thresholds)
    models = [_model(config, name) for name in dict.fromkeys(names)] or config.models
    moment = _moment(as_of)
    if record and moment > _now():
        raise click.UsageError(f"--as-of: must not be in the future unless --no-record is given, got {as_of!r}")
    database = _database(config)
    with _progress() as shown:
        runs = analyse(database, models, moment, _now, _files_of(shown))
    if record:
        Runs(database).record(runs)
    report = Report(moment, runs, thresholds)
    if style == "json":
        click.echo(json.dumps(report.as_document(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        report.print(_console())
    return report.exit_code()


def _moment(text: str | None) -> datetime:
    if text is None:
        return _now()
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return window_until(Cadence.MONTHLY, moment).end  # the longest window must begin within the calendar
    except (ValueError, OverflowError):
        raise click.UsageError(f"--as-of: must be an ISO 8601 date or time, got {text!r}") from None


def _progress() -> Progress:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)


def _files_of(shown: Progress) -> Callable[[int, int], None]:
    """Moves the bar to so many of so many files."""
    task = shown.add_task("reading")
    return lambda done, total: shown.update(task, completed=done, total=total)


@main.command()
@with_config
@click.option("--web.listen-address", "addresses", multiple=True, default=[":10171"], show_default=True,
              help="Where to answer, host:port; may be given several times.")  # fmt: skip
def serve(config: Config, addresses: Sequence[str]) -> None:
    """Monitor on schedule and expose the results at /metrics."""
    from fairlead.app.exporter import Exporter  # noqa: PLC0415 - the HTTP stack is slow to import
    from fairlead.serve import serve as run_server  # noqa: PLC0415

    run_server(Exporter(config, _database(config), _now), addresses)
