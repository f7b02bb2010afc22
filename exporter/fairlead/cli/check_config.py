"""`fairlead check-config`."""

from pathlib import Path

import click

from fairlead import tables
from fairlead.config.load import load
from fairlead.config.thresholds import load_thresholds
from fairlead.config.web import load_web
from fairlead.errors import ConfigError, ThresholdError

MISTAKES = 1


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--web.config.file", "web_config", type=click.Path(path_type=Path),
              help="Check this one too.")  # fmt: skip
def check_config(file: Path, web_config: Path | None) -> int:
    """Check a configuration file and its thresholds; every mistake at once, exit code 1 if there is one."""
    mistakes = _web_mistakes(web_config)
    try:
        config = load(file)
        thresholds = load_thresholds(config.thresholds)
    except (ConfigError, ThresholdError) as error:
        mistakes.insert(0, str(error))
    if mistakes:
        click.echo(tables.plain_lines("\n".join(mistakes)), err=True)
        return MISTAKES
    click.echo(f"{file}: {len(config.models)} models, {len(thresholds.values)} thresholds, no mistakes")
    return 0


def _web_mistakes(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        load_web(file)
    except ConfigError as error:
        return [str(error)]
    return []
