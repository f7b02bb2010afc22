"""Who calls the API."""

from ipaddress import IPv4Address, IPv6Address

from fairlead.app.issuer import Issuer, looks_signed
from fairlead.app.static_tokens import StaticTokens
from fairlead.config.access import Access as AccessConfig
from fairlead.core.access import Caller
from fairlead.monitor.check import Clock
from fairlead.store.tokens import Tokens


class Access:
    """Finds the caller behind an Authorization header."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock
        self._issuer: Issuer | None = None
        self.configure(AccessConfig())

    def configure(self, config: AccessConfig) -> None:
        """From now on as the configuration says."""
        self._static = StaticTokens(config.tokens)
        self._proxies = config.trusted_proxies
        if config.oidc is None or self._issuer is None or config.oidc != self._issuer.config:
            self._issuer = Issuer(config.oidc) if config.oidc else None

    def trusts(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether a proxy at this address says where its requests come from."""
        return any(address in network for network in self._proxies)

    def authenticate(self, authorization: str, source: str) -> Caller | None:
        """The caller that a bearer token proves to be, or None; RoleError for one without a role."""
        scheme, _, secret = authorization.partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            return None
        static = self._static.find(secret)
        if static is not None:
            return Caller(static.name, static.role, source)
        if self._issuer is not None and looks_signed(secret):
            return self._issuer.caller(secret, source, self._clock())
        token = self._tokens.find(secret, self._clock())
        return Caller(token.name, token.role, source) if token else None
