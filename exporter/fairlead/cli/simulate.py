"""`fairlead simulate`."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from fairlead.cli.options import console, database_of, now, with_config
from fairlead.config.schema import Config
from fairlead.config.thresholds import load_thresholds
from fairlead.core.run import Run
from fairlead.core.simulation import WARM_UP, WEEK, Alerted, Row, compared, replay, week_of
from fairlead.core.thresholds import Thresholds
from fairlead.errors import FairleadError
from fairlead.store.runs import Runs
from fairlead.tables import plain

FOUR_WEEKS = timedelta(weeks=4)


@click.command()
@with_config
@click.option("--thresholds", "file", type=click.Path(path_type=Path), required=True,
              help="Proposed thresholds, a file like rules/thresholds.yml.")  # fmt: skip
@click.option("--since", help="Only windows that end after this moment, ISO 8601 (default: four weeks before --until).")
@click.option("--until", help="Only windows that end until this moment, ISO 8601 (default: now).")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="A table, or JSON.")  # fmt: skip
def simulate(config: Config, file: Path, since: str | None, until: str | None, style: str) -> None:
    """Replay recorded measurements against proposed thresholds: alerts per week, next to those of the current ones."""
    proposed, current = load_thresholds(file), load_thresholds(config.thresholds)
    end = _moment("--until", until) or now()
    start = _moment("--since", since) or end - FOUR_WEEKS
    if start >= end:
        raise click.UsageError(f"--since: must be before --until, got {start.isoformat()}")
    runs = [run for run in Runs(database_of(config)).between(start - WARM_UP, end) if run.failure is None]
    if not any(run.window.end > start for run in runs):
        raise FairleadError(f"store: must hold an analysis between {start.isoformat()} and {end.isoformat()}, got none")
    environments = {model.name: model.environment for model in config.models}
    sides = [_alerts(runs, one, environments, start) for one in (current, proposed)]
    weeks = (end - start) / WEEK
    rows = compared(*sides)
    if style == "json":
        click.echo(json.dumps(_document(start, end, weeks, rows, sides), indent=1))
        return
    click.echo(f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, {weeks:.1f} weeks: alerts per week")
    console().print(_table(rows, weeks))


def _alerts(
    runs: Iterable[Run], thresholds: Thresholds, environments: dict[str, str], start: datetime
) -> list[Alerted]:
    return [one for one in replay(runs, thresholds, environments) if one.at > start]


def _table(rows: Iterable[Row], weeks: float) -> Table:
    table = Table("model", "severity", "route")
    for name in ("current", "proposed", "change"):
        table.add_column(name, justify="right")
    total = [0, 0]
    for row in rows:
        table.add_row(Text(plain(row.model)), row.severity.name, row.route, *_numbers(row.current, row.proposed, weeks))
        total = [total[0] + row.current, total[1] + row.proposed]
    table.add_row("all", "", "", *_numbers(total[0], total[1], weeks))
    return table


def _numbers(current: int, proposed: int, weeks: float) -> tuple[str, str, str]:
    return f"{current / weeks:.2f}", f"{proposed / weeks:.2f}", f"{(proposed - current) / weeks:+.2f}"


def _document(
    start: datetime, end: datetime, weeks: float, rows: Iterable[Row], sides: list[list[Alerted]]
) -> dict[str, Any]:
    by_week = [Counter(week_of(one.at) for one in side) for side in sides]
    return {
        "since": start.isoformat(),
        "until": end.isoformat(),
        "weeks": round(weeks, 6),
        "alerts": [
            {
                "model": row.model,
                "severity": row.severity.name.lower(),
                "route": row.route,
                "current": row.current,
                "proposed": row.proposed,
                "current_per_week": round(row.current / weeks, 6),
                "proposed_per_week": round(row.proposed / weeks, 6),
            }
            for row in rows
        ],
        "by_week": [
            {"week": week, "current": by_week[0][week], "proposed": by_week[1][week]}
            for week in sorted({*by_week[0], *by_week[1]})
        ],
    }


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        _ = moment - FOUR_WEEKS - WARM_UP  # which must be within the calendar
    except (ValueError, OverflowError):
        raise click.UsageError(f"{option}: must be an ISO 8601 date or time, got {text!r}") from None
    return moment
