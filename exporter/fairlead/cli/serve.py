"""`fairlead serve`."""

from collections.abc import Sequence
from pathlib import Path

import click

from fairlead.cli.options import database_of, now, with_config
from fairlead.config.schema import Config


@click.command()
@with_config
@click.option("--web.listen-address", "addresses", multiple=True, default=[":10171"], show_default=True,
              help="Where to answer, host:port; may be given several times.")  # fmt: skip
@click.option("--web.config.file", "web_config", type=click.Path(path_type=Path),
              help="TLS, passwords and headers, in the format of Prometheus' exporters.")  # fmt: skip
def serve(config: Config, addresses: Sequence[str], web_config: Path | None) -> None:
    """Monitor on schedule and expose the results at /metrics."""
    from fairlead.app.exporter import Exporter  # noqa: PLC0415 - the HTTP stack is slow to import
    from fairlead.app.web import WebFile  # noqa: PLC0415
    from fairlead.serve import serve as run_server  # noqa: PLC0415

    web = WebFile(web_config) if web_config else None
    run_server(Exporter(config, database_of(config), now), addresses, web)
