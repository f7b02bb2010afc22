"""`access.oidc`: an issuer whose tokens prove who calls, such as Keycloak or Firebase."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from fairlead.config.roles import RoleName
from fairlead.config.section import Section, must_be
from fairlead.core.access import Role


def is_private(url: str) -> bool:
    """Whether nobody on the way can read or change what a URL gives: https, or this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _url(text: str) -> str:
    if not text.isprintable() or " " in text or not is_private(text):
        raise must_be("a URL that begins with https:// (http:// on this machine), without a password")
    return text


def _claim(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise must_be("the name of a claim")
    return text


Url = Annotated[str, AfterValidator(_url)]
Claim = Annotated[str, AfterValidator(_claim)]


class OidcShape(Section):
    """`access.oidc`."""

    issuer: Url
    audience: Claim
    jwks_url: Url | None = None
    role_claim: Claim
    roles: dict[Claim, RoleName] = Field(min_length=1)
    name_claim: Claim = "sub"


class Oidc(Section):
    """An issuer, what its tokens must say, and which of its roles is which of ours."""

    issuer: str
    audience: str
    jwks_url: str | None
    role_claim: str
    roles: dict[str, Role]
    name_claim: str


def frozen_oidc(shape: OidcShape) -> Oidc:
    """The section as it is used."""
    return Oidc(
        issuer=shape.issuer,
        audience=shape.audience,
        jwks_url=shape.jwks_url,
        role_claim=shape.role_claim,
        roles={value: Role(role) for value, role in shape.roles.items()},
        name_claim=shape.name_claim,
    )
