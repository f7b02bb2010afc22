"""Runs the simulation study: `python -m tests.study --help`."""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.study.rates import Rates, Size, study
from tests.study.tables import document

SIZES = (30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
USUAL = 10_000
"""Rows of a baseline, unless the window has more; and of the largest windows that are as many as asked for."""
FEWEST = 12
"""Baselines for the largest windows."""
ALIKE = 4
"""Times the baselines, of fewer windows each, where these are no larger: their own chance counts as much there."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and write the tables."""
    parser = argparse.ArgumentParser("tests.study", description="False alarms and power of every metric, simulated.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows of the windows")
    parser.add_argument("--baselines", type=int, default=50, help="baselines per size, fewer for the largest windows")
    parser.add_argument("--windows", type=int, default=8, help="unchanged and changed windows per baseline")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--output", type=Path, help="Markdown file to write; without it, the text is printed")
    options = parser.parse_args(arguments)
    text = document(simulate(options.sizes, options.baselines, options.windows, options.jobs))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def simulate(sizes: Sequence[int], baselines: int, windows: int, jobs: int) -> dict[Size, Rates]:
    """Rates by rows of window and baseline, with baselines of USUAL rows and of as many as the window has."""
    pairs = sorted({(n, m) for n in sizes for m in (n, max(n, USUAL))}, reverse=True)
    alike = {pair: ALIKE if pair[0] == pair[1] and windows >= ALIKE else 1 for pair in pairs}
    tasks = [(pair, seed) for pair in pairs for seed in range(_baselines(pair[0], baselines) * alike[pair])]
    found: dict[Size, dict[int, Rates]] = {pair: {} for pair in pairs}
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with shown, ProcessPoolExecutor(jobs) as pool:
        bar = shown.add_task("baselines", total=len(tasks))
        waiting = {pool.submit(study, pair, windows // alike[pair], seed): (pair, seed) for pair, seed in tasks}
        for done in as_completed(waiting):
            pair, seed = waiting[done]
            found[pair][seed] = done.result()
            shown.advance(bar)
    return {pair: _together(by_seed) for pair, by_seed in found.items()}


def _baselines(rows: int, asked: int) -> int:
    return asked if rows <= USUAL else max(asked * USUAL // rows, min(asked, FEWEST))


def _together(by_seed: dict[int, Rates]) -> Rates:
    total = Rates()
    for _, rates in sorted(by_seed.items()):
        total.add(rates)
    return total


if __name__ == "__main__":
    main()
