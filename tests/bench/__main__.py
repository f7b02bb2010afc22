"""`make bench`: fairlead, the decode floor and the peers on one workload, one machine, in one go."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fairlead.errors import FairleadError
from tests.bench import analysis, api, crash, dashboards, environments, exposition, figures, ingest, machine, scheduler
from tests.bench.contender import Result
from tests.bench.report import HEADINGS, Row, markdown
from tests.bench.rounds import BenchError

FAILED, INTERRUPTED = 1, 130
WIDTH_WITHOUT_TERMINAL = 200
SECTIONS: dict[str, Callable[[Path], list[Row]]] = {
    "scheduler": scheduler.rows,
    "exposition": exposition.rows,
    "crash": crash.rows,
    "api": api.rows,
    "ingest": ingest.rows,
    "dashboards": dashboards.rows,
}
"""Sections besides the analyses, by the name that --only knows."""
PARTS = ("fairlead", *environments.load(), *SECTIONS)

Sheet = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""A title, headings and lines."""


def _only(context: click.Context, parameter: click.Parameter, text: str | None) -> frozenset[str]:
    names = PARTS if text is None else tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in PARTS:
            raise click.BadParameter(f"must be some of {','.join(PARTS)}, got {name!r}")
    return frozenset(names)


def _in_a_folder(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"must be in a folder that exists, got {str(path)!r}")
    return path


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", type=click.IntRange(min=1000), default=1_000_000, show_default=True,
              help="Rows of the analysed window; the baseline has half as many.")  # fmt: skip
@click.option("--repeat", type=click.IntRange(min=1), default=3, show_default=True,
              help="Runs of each contender; medians are shown.")  # fmt: skip
@click.option("--only", callback=_only, help=f"Only these, separated by commas: {', '.join(PARTS)}.")
@click.option("--timeout", type=click.FloatRange(min=1), default=600.0, show_default=True,
              help="Seconds after which a run is given up.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("bench-data"),
              show_default=True, help="Where data, the peers' environments and logs are kept.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), callback=_in_a_folder,
              help="Also write the result as Markdown.")  # fmt: skip
def main(*, rows: int, repeat: int, only: frozenset[str], timeout: float, folder: Path, output: Path | None) -> None:
    """Measure fairlead and its peers. Exit code 1 when fairlead fails; a peer that fails is named in the table."""
    options = analysis.Options(
        folder.resolve(), rows, repeat, timeout, "fairlead" in only, only & {*environments.load()}
    )
    folder.mkdir(parents=True, exist_ok=True)
    code, sheets = 0, list[Sheet]()
    try:
        for sheet in _sheets(options, only):
            sheets.append(sheet)
    except (BenchError, FairleadError) as error:
        click.echo(f"bench: {error}", err=True)
        code = FAILED
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        code = INTERRUPTED
    if sheets:
        sheets.insert(0, ("Machine and versions", ("what", "which"), [*machine.facts()]))
        _show(sheets)
        if output is not None:
            output.write_text(_document(sheets), encoding="utf-8")
    sys.exit(code)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _sheets(options: analysis.Options, only: frozenset[str]) -> Iterator[Sheet]:
    """All that is measured, section by section, so that a later failure does not take the earlier ones away."""
    with _progress() as shown:
        if options.fairlead or options.peers:
            yield from _analysis_sheets(analysis.run(options, shown), options)
        for name, rows in SECTIONS.items():
            if name in only:
                task = shown.add_task(name, total=None)
                yield name.capitalize(), HEADINGS, [row.cells() for row in rows(options.folder)]
                shown.remove_task(task)


def _analysis_sheets(results: list[Result], options: analysis.Options) -> list[Sheet]:
    size = f"{options.rows:,} rows, medians of {options.repeat}"
    sheets: list[Sheet] = [(f"Contenders: {size}", figures.HEADINGS, figures.contender_cells(results))]
    targets = figures.targets(results, options.rows)
    if targets:
        sheets.append((f"Targets: {size}", HEADINGS, [row.cells() for row in targets]))
    return sheets


def _progress() -> Progress:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _show(sheets: list[Sheet]) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH_WITHOUT_TERMINAL)
    for title, headings, lines in sheets:
        table = Table(*headings, title=title, title_justify="left", title_style="bold")
        for line in lines:
            table.add_row(*line)
        console.print(table)


def _document(sheets: list[Sheet]) -> str:
    return "\n".join(f"### {title}\n\n{markdown(headings, lines)}" for title, headings, lines in sheets)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    main()
