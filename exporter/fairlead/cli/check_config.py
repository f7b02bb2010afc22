"""`fairlead check-config`."""

from pathlib import Path

import click

from fairlead import tables
from fairlead.config.load import load
from fairlead.config.thresholds import load_thresholds
from fairlead.errors import ConfigError, ThresholdError

MISTAKES = 1


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
def check_config(file: Path) -> int:
    """Check a configuration file and its thresholds; every mistake at once, exit code 1 if there is one."""
    try:
        config = load(file)
        thresholds = load_thresholds(config.thresholds)
    except (ConfigError, ThresholdError) as error:
        click.echo(tables.plain_lines(str(error)), err=True)
        return MISTAKES
    click.echo(f"{file}: {len(config.models)} models, {len(thresholds.values)} thresholds, no mistakes")
    return 0
