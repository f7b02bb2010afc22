"""Bearer tokens of the API: only their digests are kept."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from fairlead.core.access import Role
from fairlead.errors import TokenError
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import tokens

PREFIX = "fairlead_"
"""Of every token, so that scanners for leaked secrets know one."""

ID = re.compile(r"[0-9]{1,9}")
"""No name looks like this."""


@dataclass(frozen=True, slots=True)
class Token:
    """All of a token but the secret."""

    id: int
    name: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


class Tokens:
    """The tokens in the store. One that is revoked or expired is invalid at once, in every process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, role: Role, *, created_by: str, now: datetime, expires_at: datetime | None = None
    ) -> str:
        """A new token, told once: 256 random bits, kept as SHA-256. No two valid ones share a name."""
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            if connection.execute(select(tokens.c.id).where(tokens.c.name == name, *_valid(now))).first():
                raise TokenError(f"token {name!r}: must have a name that no valid token has")
            connection.execute(
                tokens.insert().values(
                    name=name,
                    role=role.value,
                    digest=digest(secret),
                    created_by=created_by,
                    created_at=now,
                    expires_at=expires_at,
                )
            )
        return secret

    def find(self, secret: str, now: datetime) -> Token | None:
        """The valid token with this secret. Looked up by digest, which tells nothing about the secret by its timing."""
        query = select(tokens).where(tokens.c.digest == digest(secret), *_valid(now))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _token(row) if row else None

    def valid(self, number: int, now: datetime) -> Token | None:
        """The valid token with this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(tokens).where(tokens.c.id == number, *_valid(now))).one_or_none()
        return _token(row) if row else None

    def list(self) -> list[Token]:
        """All tokens there ever were, oldest first."""
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.id))]

    def revoke(self, which: str, now: datetime) -> Token:
        """End a valid token, named by its name or its id."""
        named = tokens.c.id == int(which) if ID.fullmatch(which) else tokens.c.name == storable(which)
        with self._database.writing() as connection:
            row = connection.execute(select(tokens).where(named, *_valid(now))).one_or_none()
            if row is None:
                raise TokenError(f"token {which!r}: must be the name or the id of a valid token")
            connection.execute(tokens.update().where(tokens.c.id == row.id).values(revoked_at=now))
        return replace(_token(row), revoked_at=now)


def _valid(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return tokens.c.revoked_at.is_(None), or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


def _token(row: Any) -> Token:
    return Token(row.id, row.name, Role(row.role), row.created_by, row.created_at, row.expires_at, row.revoked_at)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
