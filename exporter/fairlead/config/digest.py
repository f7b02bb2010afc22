"""`alerting.digest`: the daily mail of WARNINGs, and the mail server that takes it."""

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fairlead.config.existing import half_a_login, missing_files
from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.section import PathText, Section, must_be

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
ADDRESS = re.compile(r"[^\s<>@,;:\"()\\]{1,64}@[A-Za-z0-9.-]{1,190}")
HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
FILES = ("password_file", "ca_file")

Tls = Literal["starttls", "implicit", "none"]


def _clock(text: str) -> str:
    if not CLOCK.fullmatch(text):
        raise must_be("a time of the day such as 09:00")
    return text


def _address(text: str) -> str:
    if not text.isprintable() or not ADDRESS.fullmatch(text):
        raise must_be("a bare e-mail address")
    return text


def _host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise must_be("a host name or an address")
    return text


def _port(port: int) -> int:
    if not 1 <= port <= 65535:
        raise must_be("a port from 1 to 65535")
    return port


Address = Annotated[str, AfterValidator(_address)]


class SmtpKeys(Section):
    """What is written in the file as it is used."""

    host: Annotated[str, AfterValidator(_host)]
    port: Annotated[int, AfterValidator(_port)] = 587
    tls: Tls = "starttls"
    username: str | None = None


class SmtpShape(SmtpKeys):
    """`alerting.digest.smtp`."""

    password_file: PathText | None = None
    ca_file: PathText | None = None


class DigestShape(Section):
    """`alerting.digest`."""

    at: Annotated[str, AfterValidator(_clock)] = "09:00"
    to: list[Address] = Field(min_length=1)
    sender: Address
    smtp: SmtpShape


class Smtp(SmtpKeys):
    """A mail server; the password is read for each mail."""

    password_file: Path | None = None
    ca_file: Path | None = None


class Digest(Section):
    """When the digest is mailed (UTC), by whom, to whom, through which server."""

    at: time
    to: tuple[str, ...]
    sender: str
    smtp: Smtp


def frozen_digest(folder: Path, shape: DigestShape) -> Digest:
    """The section with absolute paths."""
    written = shape.smtp
    paths = {name: folder / path for name in FILES if (path := getattr(written, name)) is not None}
    smtp = Smtp(host=written.host, port=written.port, tls=written.tls, username=written.username, **paths)
    return Digest(at=time.fromisoformat(shape.at), to=tuple(shape.to), sender=shape.sender, smtp=smtp)


def check_digest(alerting: Mapping, folder: Path) -> Mistakes:
    """Files exist; a user has a password, and a password a user."""
    smtp = section(section(alerting, "digest"), "smtp")
    loc = ("alerting", "digest", "smtp")
    yield from half_a_login(smtp, loc)
    yield from missing_files(smtp, FILES, folder, loc)
