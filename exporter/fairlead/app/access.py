"""Who calls the API."""

from fairlead.app.static_tokens import StaticTokens
from fairlead.config.access import Access as AccessConfig
from fairlead.core.access import Caller
from fairlead.monitor.check import Clock
from fairlead.store.tokens import Tokens


class Access:
    """Finds the caller behind an Authorization header."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock
        self._static = StaticTokens(())

    def configure(self, config: AccessConfig) -> None:
        """From now on as the configuration says."""
        self._static = StaticTokens(config.tokens)

    def authenticate(self, authorization: str, source: str) -> Caller | None:
        """The caller that a bearer token proves to be, or None."""
        scheme, _, secret = authorization.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            return None
        static = self._static.find(secret)
        if static is not None:
            return Caller(static.name, static.role, source)
        token = self._tokens.find(secret, self._clock())
        return Caller(token.name, token.role, source) if token else None
