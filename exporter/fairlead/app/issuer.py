"""Callers whose tokens an issuer signed."""

from datetime import datetime
from math import isfinite
from typing import Any

import jwt

from fairlead.app.keys import Keys
from fairlead.config.oidc import Oidc
from fairlead.core.access import RANK, Caller, Role
from fairlead.errors import RoleError

LEEWAY = 30.0
"""Seconds that the clocks of the issuer and of this machine may be apart."""
MOST_LENGTH = 16_384
PREFIX = "oidc:"
"""Of every name that comes from an issuer, so that nobody there can be called like a token of ours."""


def looks_signed(secret: str) -> bool:
    """Whether a bearer token is three parts, and so not one of ours."""
    return secret.count(".") == 2 and len(secret) <= MOST_LENGTH


class Issuer:
    """Checks signature, issuer, audience and times of a token, and finds its role."""

    def __init__(self, config: Oidc, keys: Keys | None = None) -> None:
        self.config = config
        self._keys = keys or Keys(config)

    def caller(self, token: str, source: str, now: datetime) -> Caller | None:
        """The caller that a token proves to be, or None; RoleError where it has no role of ours."""
        found = self.lasting(token, source, now)
        return None if found is None else found[0]

    def lasting(self, token: str, source: str, now: datetime) -> tuple[Caller, float] | None:
        """The same with the time when the token expires, in seconds since 1970."""
        claims = self._claims(token, now.timestamp())
        if claims is None:
            return None
        name = claims.get(self.config.name_claim)
        if not isinstance(name, str) or not name.strip():
            raise RoleError(f"token: {self.config.name_claim}: must be the name of the caller")
        role = self._role(claims)
        if role is None:
            raise RoleError(f"token: {self.config.role_claim}: must be one of the configured roles")
        return Caller(f"{PREFIX}{name}", role, source), float(claims["exp"])

    def _claims(self, token: str, now: float) -> dict[str, Any] | None:
        """What a sound token says. The key alone chooses the algorithm, never the token."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self._keys.find(key_id if key_id is None else str(key_id))
            if key is None:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                issuer=self.config.issuer,
                audience=self.config.audience,
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError, TypeError):
            return None
        return claims if _is_valid_at(claims, now) else None

    def _role(self, claims: dict[str, Any]) -> Role | None:
        """The highest role that the claim gives."""
        found = at_path(claims, self.config.role_claim)
        values = found if isinstance(found, list) else [found]
        roles = {self.config.roles[value] for value in values if isinstance(value, str) and value in self.config.roles}
        return next((role for role in RANK if role in roles), None)


def _is_valid_at(claims: dict[str, Any], now: float) -> bool:
    """exp must be there; nbf and iat, which not every issuer writes, must not be in the future."""
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if not all(isinstance(at, int | float) and not isinstance(at, bool) and isfinite(at) for at in times.values()):
        return False
    begin = max(float(times.get("nbf", now)), float(times.get("iat", now)))
    return begin - LEEWAY <= now < float(times["exp"]) + LEEWAY


def at_path(claims: dict[str, Any], path: str) -> Any:
    """The claim of that name, or what a dotted path leads to: realm_access.roles."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found
