"""`fairlead token`."""

from datetime import datetime

import click

from fairlead import tables
from fairlead.cli.options import console, database_of, now, operator, with_config
from fairlead.config.access import CALLER, CALLER_EXPECTED
from fairlead.config.duration import EXPECTED, duration
from fairlead.config.schema import Config
from fairlead.core.access import Role
from fairlead.core.audit import entry_of
from fairlead.store.audit import Audit
from fairlead.store.tokens import Tokens

ROLES = [role.value for role in Role]


@click.group()
def token() -> None:
    """Make, list and revoke bearer tokens of the API."""


@token.command("create")
@with_config
@click.option("--name", required=True, help="Who calls with it, as the audit log shows it.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the caller may do.")
@click.option("--expires", help="How long it is valid, such as 90d (default: until it is revoked).")
def create(config: Config, name: str, role: str, expires: str | None) -> None:
    """Make a token and print its secret, once and alone, on standard output."""
    if not CALLER.fullmatch(name):
        raise click.UsageError(f"--name: must be {CALLER_EXPECTED}, got {name!r}")
    if any(one.name == name for one in config.access.tokens):
        raise click.UsageError(f"--name: must be no name of access.tokens in {config.path}, got {name!r}")
    made = now()
    until = _until(made, expires)
    database, caller = database_of(config), operator()
    with database.writing():
        secret = Tokens(database).create(name, Role(role), created_by=caller.name, now=made, expires_at=until)
        facts = {"role": role, "expires_at": until.isoformat() if until else None}
        Audit(database).add(entry_of(caller, "token.create", f"token {name}", made, **facts))
    valid = f"valid until {until:%Y-%m-%d %H:%M} UTC" if until else "valid until it is revoked"
    click.echo(f"token {name}: {role}, {valid}; this is the only time that its secret is shown", err=True)
    click.echo(secret)


def _until(made: datetime, expires: str | None) -> datetime | None:
    if expires is None:
        return None
    if not (span := duration(expires)):
        raise click.UsageError(f"--expires: must be {EXPECTED}, above 0, got {expires!r}")
    return made + span


@token.command("list")
@with_config
def list_(config: Config) -> None:
    """List all tokens there ever were, oldest first, and those of the configuration; never secrets."""
    console().print(tables.tokens(Tokens(database_of(config)).list(), config.access.tokens, now()))


@token.command("revoke")
@with_config
@click.argument("which", metavar="NAME|ID")
def revoke(config: Config, which: str) -> None:
    """End a token at once, in every process."""
    database, at = database_of(config), now()
    with database.writing():
        gone = Tokens(database).revoke(which, at)
        Audit(database).add(entry_of(operator(), "token.revoke", f"token {gone.name}", at, id=gone.id))
    click.echo(f"token {gone.name}: revoked")
