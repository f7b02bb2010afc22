"""`fairlead report`."""

from pathlib import Path

import click

from fairlead.cli.options import database_of, now, operator, with_config
from fairlead.config.schema import Config
from fairlead.config.thresholds import load_thresholds
from fairlead.errors import FairleadError
from fairlead.reports.contents import KINDS


@click.command()
@with_config
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--period", help="A day (2026-11-30), week (2026-W48), month or quarter; the last one that is over.")
@click.option("--model", help="Only this model; model-health needs one.")
@click.option("--incident", help="The incident of a report for a regulator.")
@click.option("--format", "style", type=click.Choice(["html", "json"]), default="html", show_default=True,
              help="A page that prints well, or JSON.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def report(config: Config, kind: str, style: str, output: Path | None, **about: str | None) -> None:
    """Report what is recorded: the same store, thresholds and period give the same bytes."""
    from fairlead.app.reports import Reports  # noqa: PLC0415 - needs the templates, which are slow to import

    thresholds = load_thresholds(config.thresholds)
    text = Reports(database_of(config), lambda: thresholds, now).make(kind, operator(), style=style, **about)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FairleadError(f"--output: must be a file that can be written, got {output}: {error.strerror}") from error
