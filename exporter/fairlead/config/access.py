"""`access`: who may call the API, beside the tokens that the store knows."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from fairlead.config.oidc import Oidc, OidcShape, frozen_oidc
from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.roles import RoleName
from fairlead.config.secret_file import EXPECTED, UnusableSecretError, secret_of
from fairlead.config.section import PathText, Section, must_be
from fairlead.config.wording import shown
from fairlead.core.access import Role

CALLER = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
CALLER_EXPECTED = "1 to 64 letters, digits, dots, dashes and underscores, a letter first"


def _caller(text: str) -> str:
    if not CALLER.fullmatch(text):
        raise must_be(CALLER_EXPECTED)
    return text


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise must_be("an address or a network such as 10.0.0.0/8") from None
    return text


CallerName = Annotated[str, AfterValidator(_caller)]

NetworkText = Annotated[str, AfterValidator(_network)]


class TokenShape(Section):
    """One entry of `access.tokens`."""

    name: CallerName
    role: RoleName
    file: PathText


class AccessShape(Section):
    """`access`."""

    tokens: list[TokenShape] = Field(default=[])
    oidc: OidcShape | None = None
    trusted_proxies: list[NetworkText] = Field(default=[])


class StaticToken(Section):
    """A token whose secret is in a file, for programs that read it from there too, such as Alertmanager."""

    name: str
    role: Role
    file: Path


class Access(Section):
    """Who may call the API, beside the tokens that the store knows."""

    tokens: tuple[StaticToken, ...] = ()
    oidc: Oidc | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()


def frozen_access(folder: Path, shape: AccessShape) -> Access:
    """The section with absolute paths."""
    tokens = (StaticToken(name=one.name, role=Role(one.role), file=folder / one.file) for one in shape.tokens)
    proxies = (ip_network(network) for network in shape.trusted_proxies)
    oidc = frozen_oidc(shape.oidc) if shape.oidc else None
    return Access(tokens=tuple(tokens), oidc=oidc, trusted_proxies=tuple(proxies))


def check_access(document: Mapping, folder: Path) -> Mistakes:
    """Every token has a name, and a file with a secret, of its own."""
    names: dict[str, int] = {}
    secrets: dict[str, int] = {}
    for index, token in enumerate(_tokens(document)):
        loc = ("access", "tokens", index)
        if (name := token.get("name")) is not None:
            if name in names:
                yield (*loc, "name"), f"must be unique, got {shown(name)}, the name of access.tokens[{names[name]}]"
            names.setdefault(name, index)
        if (file := token.get("file")) is None:
            continue
        try:
            secret = secret_of(folder / file)
        except UnusableSecretError as error:
            yield (*loc, "file"), f"must be {EXPECTED}, got {shown(file)} ({error})"
            continue
        if secret in secrets:
            other = f"access.tokens[{secrets[secret]}].file"
            yield (*loc, "file"), f"must hold a secret of its own, got {shown(file)}, with that of {other}"
        secrets.setdefault(secret, index)


def _tokens(document: Mapping) -> list[dict[str, Any]]:
    return [token or {} for token in section(document, "access").get("tokens") or ()]
