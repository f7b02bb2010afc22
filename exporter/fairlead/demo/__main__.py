"""`python -m fairlead.demo`: real data, real alerts, on loopback, in two minutes."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from fairlead.errors import FairleadError

INTERRUPTED = 130
WIDTH_WITHOUT_TERMINAL = 130
STOPPING = (signal.SIGINT, signal.SIGTERM)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """End once, in order: a second Ctrl-C must not keep the servers from being stopped."""
    for known in STOPPING:
        signal.signal(known, signal.SIG_IGN)
    raise KeyboardInterrupt


@click.command()
@click.option("--once", is_flag=True, help="End after the summary; the exit code tells if all was as expected.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Where logs, store and configuration are written; must be new, empty or made by the demo.",
)
@click.option("--keep", is_flag=True, help="Keep the directory when the demo ends.")
def main(once: bool, directory: Path, keep: bool) -> None:
    """Replay real mortgage applications with an openly labelled drift, and show the alerts that follow."""
    for known in STOPPING:
        signal.signal(known, _interrupt)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH_WITHOUT_TERMINAL)
    try:
        from fairlead.demo.run import Options, run  # noqa: PLC0415 - needs the packages of the demo extra

        code = run(Options(directory, once, keep), console)
    except ModuleNotFoundError as error:
        click.echo(f"demo: package {error.name} must be installed: pip install 'fairlead[demo]'", err=True)
        code = 1
    except KeyboardInterrupt:
        console.print("stopped")
        code = INTERRUPTED
    except FairleadError as error:
        click.echo(f"demo: {error}", err=True)
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
