"""What commands have in common: the configuration option, the store, time, the terminal."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.access import Caller, Role
from fairlead.core.schedule import Cadence, window_until
from fairlead.log import configure
from fairlead.store.database import Database, open_database

WIDTH_WITHOUT_TERMINAL = 200


def now() -> datetime:
    return datetime.now(UTC)


def user() -> str:
    """The current user; only a number where, as in some containers, it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def operator() -> Caller:
    """The current user, who may do everything: whoever can run commands can write the store."""
    return Caller(user(), Role.ADMIN, "cli")


def console() -> Console:
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


def model_named(config: Config, name: str) -> ModelConfig:
    for model in config.models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in config.models)
    raise click.UsageError(f"--model: must be a configured model ({known}), got {name!r}")


def database_of(config: Config) -> Database:
    """The store, closed when the command ends."""
    database = open_database(config.store)
    click.get_current_context().call_on_close(database.close)
    return database


def moment_of(text: str | None) -> datetime:
    if text is None:
        return now()
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return window_until(Cadence.MONTHLY, moment).end  # the longest window must begin within the calendar
    except (ValueError, OverflowError):
        raise click.UsageError(f"--as-of: must be an ISO 8601 date or time, got {text!r}") from None


def progress() -> Progress:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def steps(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, moved to so many of so many; nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def files_of(shown: Progress) -> Callable[[int, int], None]:
    """Moves the bar to so many of so many files."""
    task = shown.add_task("reading")
    return lambda done, total: shown.update(task, completed=done, total=total)
