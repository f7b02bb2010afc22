"""`fairlead unfreeze`."""

import click

from fairlead import tables
from fairlead.cli.options import database_of, model_named, now, operator, with_config
from fairlead.config.schema import Config


@click.command()
@with_config
@click.option("--model", "name", required=True, help="The model that may decide again.")
@click.option("--reason", "reason", required=True, help="Why it may.")
def unfreeze(config: Config, name: str, reason: str) -> None:
    """Lift a freeze or a manual review; a running serve calls the platform."""
    from fairlead.app.containment import Containment  # noqa: PLC0415 - slow to import

    model = model_named(config, name)
    call = Containment(database_of(config), None, lambda: config, now).unfreeze(model.name, operator(), reason)
    assert call is not None  # noqa: S101 - the model is configured
    click.echo(tables.plain(f"{model.name}: unfreeze is ordered, call {call.key}"))
