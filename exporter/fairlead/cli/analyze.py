"""`fairlead analyze`."""

import json
from collections.abc import Sequence

import click

from fairlead.app.analysis import analyse
from fairlead.cli.options import console, database_of, files_of, model_named, moment_of, now, progress, with_config
from fairlead.config.schema import Config
from fairlead.config.thresholds import load_thresholds
from fairlead.report import Report
from fairlead.store.runs import Runs


@click.command()
@with_config
@click.option("--model", "names", multiple=True, help="Only this model; may be given several times.")
@click.option("--as-of", "as_of", help="End of the windows, ISO 8601, UTC unless it names a zone (default: now).")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="How the result is printed.")  # fmt: skip
@click.option("--record/--no-record", default=True, show_default=True, help="Keep the result in the store.")
def analyze(config: Config, names: Sequence[str], as_of: str | None, style: str, record: bool) -> int:
    """Analyse now. Exit code: 0 all INFO, 1 WARNING, 2 CRITICAL, 3 could not be computed, 4 usage or configuration."""
    thresholds = load_thresholds(config.thresholds)
    models = [model_named(config, name) for name in dict.fromkeys(names)] or config.models
    moment = moment_of(as_of)
    if record and moment > now():
        raise click.UsageError(f"--as-of: must not be in the future unless --no-record is given, got {as_of!r}")
    database = database_of(config)
    with progress() as shown:
        runs = analyse(database, models, moment, now, files_of(shown))
    if record:
        Runs(database).record(runs)
    report = Report(moment, runs, thresholds)
    if style == "json":
        click.echo(json.dumps(report.as_document(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        report.print(console())
    return report.exit_code()
