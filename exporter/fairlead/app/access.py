"""Who calls the API."""

from fairlead.core.access import Caller
from fairlead.monitor.check import Clock
from fairlead.store.tokens import Tokens


class Access:
    """Finds the caller behind an Authorization header."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock

    def authenticate(self, authorization: str, source: str) -> Caller | None:
        """The caller that a bearer token proves to be, or None."""
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            return None
        token = self._tokens.find(secret.strip(), self._clock())
        return Caller(token.name, token.role, source) if token else None
