"""Tokens: valid until they expire or are revoked, and their secrets are nowhere in the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.core.access import Role
from fairlead.errors import TokenError
from fairlead.store.backup import backup
from fairlead.store.database import Database, open_database
from fairlead.store.tokens import Tokens

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def made(tokens: Tokens, name: str = "ci", expires: datetime | None = None, now: datetime = NOON) -> str:
    return tokens.create(name, Role.WRITER, created_by="ana", now=now, expires_at=expires)


def test_a_secret_finds_its_token_until_it_expires(database: Database) -> None:
    tokens = Tokens(database)
    secret = made(tokens, expires=NOON + DAY)
    found = tokens.find(secret, NOON + DAY - timedelta(microseconds=1))
    assert found is not None
    assert (found.name, found.role, found.created_by, found.state(NOON)) == ("ci", Role.WRITER, "ana", "valid")
    assert tokens.find(secret, NOON + DAY) is None
    assert tokens.list()[0].state(NOON + DAY) == "expired"


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + "A", str.upper, lambda s: "", lambda s: "\ud800"])
def test_nothing_else_finds_it(database: Database, change: object) -> None:
    tokens = Tokens(database)
    assert tokens.find(change(made(tokens)), NOON) is None  # type: ignore[operator]


def test_a_revoked_token_is_invalid_at_once_in_another_process(database: Database, location: str) -> None:
    elsewhere = open_database(location)
    secret = made(Tokens(database))
    assert Tokens(elsewhere).find(secret, NOON) is not None
    Tokens(database).revoke("ci", NOON)
    assert Tokens(elsewhere).find(secret, NOON) is None
    elsewhere.close()


def test_names_are_unique_among_valid_tokens(database: Database) -> None:
    tokens = Tokens(database)
    made(tokens, expires=NOON + DAY)
    with pytest.raises(TokenError, match="token 'ci': must have a name that no valid token has"):
        made(tokens)
    second = made(tokens, now=NOON + DAY)
    tokens.revoke("ci", NOON + DAY)
    third = made(tokens, now=NOON + DAY)
    assert [token.state(NOON + DAY) for token in tokens.list()] == ["expired", "revoked", "valid"]
    assert tokens.find(second, NOON + DAY) is None
    assert tokens.find(third, NOON + DAY) is not None


def test_revoked_by_id(database: Database) -> None:
    tokens = Tokens(database)
    made(tokens)
    other = made(tokens, "other")
    assert tokens.revoke("2", NOON).name == "other"
    assert tokens.find(other, NOON) is None


@pytest.mark.parametrize("which", ["", "nobody", "99", "999999999999999999999", "ci' OR 1=1", "\ud800", "\0"])
def test_revoking_what_is_no_valid_token(database: Database, which: str) -> None:
    tokens = Tokens(database)
    secret = made(tokens)
    with pytest.raises(TokenError, match="must be the name or the id of a valid token"):
        tokens.revoke(which, NOON)
    assert tokens.find(secret, NOON) is not None


def test_the_secret_is_random_and_not_in_the_store(database: Database, tmp_path: Path) -> None:
    """A backup is a file of all that the store holds."""
    secrets = {made(Tokens(database), f"t{number}") for number in range(5)}
    assert len(secrets) == 5
    assert all(secret.startswith("fairlead_") and len(secret) == 52 for secret in secrets)
    backup(database, tmp_path / "copy.db", force=False, progress=lambda done, total: None)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"t4" in kept
    assert not any(secret.removeprefix("fairlead_").encode() in kept for secret in secrets)
