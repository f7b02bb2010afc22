"""`fairlead serve`."""

from collections.abc import Sequence

import click

from fairlead.cli.options import database_of, now, with_config
from fairlead.config.schema import Config


@click.command()
@with_config
@click.option("--web.listen-address", "addresses", multiple=True, default=[":10171"], show_default=True,
              help="Where to answer, host:port; may be given several times.")  # fmt: skip
def serve(config: Config, addresses: Sequence[str]) -> None:
    """Monitor on schedule and expose the results at /metrics."""
    from fairlead.app.exporter import Exporter  # noqa: PLC0415 - the HTTP stack is slow to import
    from fairlead.serve import serve as run_server  # noqa: PLC0415

    run_server(Exporter(config, database_of(config), now), addresses)
