"""Who calls the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address

from fairlead.app.issuer import Issuer, looks_signed
from fairlead.app.static_tokens import StaticTokens
from fairlead.config.access import Access as AccessConfig
from fairlead.core.access import Caller
from fairlead.monitor.check import Clock
from fairlead.store.tokens import Tokens


class Kind(StrEnum):
    """Where a credential comes from."""

    STORE = "store"
    FILE = "file"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Proven:
    """A caller and the credential that proves it: its kind, which one it is, the digest of its secret, its end."""

    caller: Caller
    kind: Kind
    credential: str
    digest: bytes
    expires_at: datetime | None = None


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
        found = self.prove(secret.strip(), source) if scheme.lower() == "bearer" else None
        return None if found is None else found.caller

    def prove(self, secret: str, source: str) -> Proven | None:
        """The caller and the credential behind a secret."""
        if not secret:
            return None
        digest, now = sha256(secret.encode(errors="surrogatepass")).digest(), self._clock()
        static = self._static.find(secret)
        if static is not None:
            return Proven(Caller(static.name, static.role, source), Kind.FILE, static.name, digest)
        if self._issuer is not None and looks_signed(secret):
            signed = self._issuer.lasting(secret, source, now)
            if signed is None:
                return None
            until = now + timedelta(seconds=max(0.0, min(signed[1] - now.timestamp(), 10.0**8)))
            return Proven(signed[0], Kind.ISSUER, self._issuer.config.issuer, digest, until)
        token = self._tokens.find(secret, now)
        if token is None:
            return None
        return Proven(Caller(token.name, token.role, source), Kind.STORE, str(token.id), digest, token.expires_at)

    def still(self, kind: Kind, credential: str, source: str) -> Proven | None:
        """What a credential proves now, by its name; None when it is gone, or was made by an issuer."""
        if kind is Kind.FILE and (found := self._static.named(credential)) is not None:
            return Proven(Caller(found[0].name, found[0].role, source), kind, credential, found[1])
        if kind is Kind.STORE and (token := self._tokens.valid(int(credential), self._clock())) is not None:
            return Proven(Caller(token.name, token.role, source), kind, credential, b"", token.expires_at)
        return None

    def trusts_issuer(self, issuer: str) -> bool:
        """Whether it is the configured one."""
        return self._issuer is not None and self._issuer.config.issuer == issuer
