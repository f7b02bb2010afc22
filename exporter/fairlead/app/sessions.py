"""Sessions of the console: somebody shows a credential once, and is known by a cookie for a while."""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from fairlead.app.access import Access, Kind, Proven
from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.sessions import Session
from fairlead.store.sessions import Sessions as Kept

LASTING = timedelta(hours=12)
"""A working day; a credential that ends earlier ends its sessions, too."""


class Sessions:
    """Opens, finds and ends sessions. Each has a new secret of 256 bits, so that nobody can choose one for another."""

    def __init__(self, database: Database, access: Access, clock: Clock) -> None:
        self._database, self._access, self._clock = database, access, clock
        self._kept, self._audit = Kept(database), Audit(database)

    def open(self, credential: str, source: str) -> tuple[str, Caller] | None:
        """The secret of a new session, and whose it is; None for a credential that is not valid."""
        proven = self._access.prove(credential, source)
        if proven is None:
            return None
        secret, now = secrets.token_urlsafe(32), self._clock()
        until = min(now + LASTING, proven.expires_at or now + LASTING)
        caller = proven.caller
        session = Session(
            _digest(secret),
            proven.kind,
            proven.credential,
            _proof(secret, proven),
            caller.name,
            caller.role,
            now,
            until,
        )
        with self._database.writing():
            self._kept.add(session)
            self._audit.add(entry_of(caller, "session.open", "console", now, until=until))
        return secret, caller

    def find(self, secret: str, source: str) -> Caller | None:
        """Whose session it is; nobody's once it has ended, or the credential is no longer what it was."""
        session = self._kept.find(_digest(secret), self._clock())
        if session is None:
            return None
        if session.kind == Kind.ISSUER:  # nobody can ask an issuer again: the session ends when the token does
            known = self._access.trusts_issuer(session.credential)
            return Caller(session.name, session.role, source) if known else None
        proven = self._access.still(Kind(session.kind), session.credential, source)
        if proven is None or not hmac.compare_digest(session.proof, _proof(secret, proven)):
            return None
        return proven.caller

    def close(self, secret: str, caller: Caller) -> None:
        """It is over."""
        with self._database.writing():
            self._kept.remove(_digest(secret))
            self._audit.add(entry_of(caller, "session.close", "console", self._clock()))


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _proof(secret: str, proven: Proven) -> str:
    """Ties a session to the secret in a file; a token of the store is tied by its id, which is never used again."""
    if proven.kind is not Kind.FILE:
        return ""
    return hmac.new(secret.encode(errors="surrogatepass"), proven.digest, sha256).hexdigest()
