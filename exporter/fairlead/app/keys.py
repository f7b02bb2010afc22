"""The public keys of an issuer: fetched when they are needed, kept when it is down."""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fairlead.config.oidc import Oidc, is_private

log = logging.getLogger(__name__)

TIMEOUT = 5.0
MOST_BYTES = 1 << 20
LEAST_SECONDS = 10.0
"""Between two fetches, whatever is asked for."""
FRESH_SECONDS = 3600.0
"""Keys older than this are fetched again beside a request, so that one the issuer withdrew is soon gone."""
LEAST_RSA_BITS = 2048
ALGORITHMS = {"RSA": "RS256", "EC P-256": "ES256", "OKP Ed25519": "EdDSA"}
"""Kind of a key → the only algorithm that it is used for."""

Fetch = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the one algorithm that it is for, whatever a token says."""

    public: Any
    algorithm: str


class UnreachableError(Exception):
    """Why the issuer gave no keys."""


def fetch_json(url: str) -> Any:
    """What the issuer answers; nobody on the way can change it."""
    if not is_private(url):
        raise UnreachableError(f"{url}: must begin with https://")
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=False, verify=_trusted()) as answer:
            answer.raise_for_status()
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise UnreachableError(f"{url}: must be at most {MOST_BYTES} bytes")
        return httpx.Response(200, content=content).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise UnreachableError(f"{url}: {str(error) or type(error).__name__}".splitlines()[0]) from None


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts; SSL_CERT_FILE adds others. Slow to read."""
    return httpx.create_ssl_context()


@dataclass(slots=True)
class Keys:
    """The keys by their ids."""

    config: Oidc
    fetch: Fetch = fetch_json
    stopwatch: Callable[[], float] = monotonic
    _known: Mapping[str, Key] = field(default_factory=dict)
    _tried: float = float("-inf")
    _fetched: float = float("-inf")
    _fetching: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key_id: str | None) -> Key | None:
        """The key with an id, or the only one there is where a token names none; fetched when it is not known yet."""
        found = self._find(key_id)
        if found is None:
            self._refresh()
            return self._find(key_id)
        if self.stopwatch() > self._fetched + FRESH_SECONDS and self._may_try():
            threading.Thread(target=self._refresh, name="fairlead-keys", daemon=True).start()
        return found

    def _find(self, key_id: str | None) -> Key | None:
        known = self._known
        if key_id is None:
            return next(iter(known.values())) if len(known) == 1 else None
        return known.get(key_id)

    def _may_try(self) -> bool:
        return self.stopwatch() >= self._tried + LEAST_SECONDS

    def _refresh(self) -> None:
        """Fetch, unless that was tried just now; who has other keys to try does not wait for who fetches."""
        if not self._fetching.acquire(blocking=not self._known):
            return
        try:
            if not self._may_try():
                return
            try:
                self._known = usable(self.fetch(self._url()))
                self._fetched = self.stopwatch()
            except UnreachableError as error:
                log.warning("keys of the issuer not fetched", extra={"reason": str(error), "keys": len(self._known)})
            finally:
                self._tried = self.stopwatch()
        finally:
            self._fetching.release()

    def _url(self) -> str:
        """Where the keys are: as configured, or as the issuer says."""
        if self.config.jwks_url:
            return self.config.jwks_url
        where = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self.fetch(where)
        found = document if isinstance(document, dict) else {}
        if found.get("issuer") != self.config.issuer:
            raise UnreachableError(f"{where}: issuer: must be {self.config.issuer}, got {found.get('issuer')!r:.200}")
        if not isinstance(found.get("jwks_uri"), str):
            raise UnreachableError(f"{where}: jwks_uri: must be a URL")
        return str(found["jwks_uri"])


def usable(document: Any) -> dict[str, Key]:
    """The keys of a key set that sign with RS256, ES256 or EdDSA; others are left out."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UnreachableError("keys: must be a list")
    found = {}
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and (key := _key(entry)) is not None:
            found[str(entry.get("kid", f"#{number}"))] = key
    if not found:
        raise UnreachableError("keys: must have one for RS256, ES256 or EdDSA, got none")
    return found


def _key(entry: dict[str, Any]) -> Key | None:
    algorithm = ALGORITHMS.get(f"{entry.get('kty')} {entry.get('crv', '')}".strip())
    if algorithm is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        public = jwt.PyJWK({**entry, "alg": algorithm}).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(public, RSAPublicKey) and public.key_size < LEAST_RSA_BITS:
        return None
    return Key(public, algorithm)
