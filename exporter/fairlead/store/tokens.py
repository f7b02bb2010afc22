"""Bearer tokens of the API: only their digests are kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import or_, select

from fairlead.core.access import Role
from fairlead.store.database import Database
from fairlead.store.tables import tokens

PREFIX = "fairlead_"
"""Of every token, so that scanners for leaked secrets know one."""


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


class Tokens:
    """The tokens in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, role: Role, *, created_by: str, now: datetime, expires_at: datetime | None = None
    ) -> str:
        """A new token, told once: 256 random bits, of which the store keeps the SHA-256."""
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._database.writing() as connection:
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
        query = select(tokens).where(
            tokens.c.digest == digest(secret),
            tokens.c.revoked_at.is_(None),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Token(row.id, row.name, Role(row.role), row.created_by, row.created_at, row.expires_at, row.revoked_at)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
