"""`alerting`: the Prometheus and the Alertmanagers that fairlead looks at, so that a missed webhook loses nothing."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from fairlead.config.checkins import Label
from fairlead.config.digest import Digest, DigestShape, check_digest, frozen_digest
from fairlead.config.existing import half_a_login, missing_files
from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.section import PathText, Section, must_be
from fairlead.config.slack import SlackShape, check_slack
from fairlead.config.wording import Loc

FILES = ("token_file", "password_file", "ca_file")


def _url(text: str) -> str:
    try:
        place = urlsplit(text)
        sound = bool(place.hostname) and place.scheme in {"http", "https"} and place.port != 0
    except ValueError:
        sound = False
    if not sound or not text.isprintable() or " " in text or "?" in text or "#" in text or "@" in text:
        raise must_be("an http:// or https:// address without a user")
    return text.rstrip("/")


Foreign = Literal["report", "expire"]
Url = Annotated[str, AfterValidator(_url)]


class EndpointShape(Section):
    """`alerting.prometheus`, and one entry of `alerting.alertmanagers`."""

    url: Url
    token_file: PathText | None = None
    username: str | None = None
    password_file: PathText | None = None
    ca_file: PathText | None = None


class AlertingShape(Section):
    """`alerting`."""

    prometheus: EndpointShape
    alertmanagers: list[EndpointShape] = Field(default=[])
    foreign_silences: Foreign = "report"
    digest: DigestShape | None = None
    slack: dict[Label, SlackShape] = Field(default={})


class Endpoint(Section):
    """Where a program answers, and how to prove who asks; files are read for each question."""

    url: str
    token_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None


class Alerting(Section):
    """Who knows which alerts fire: Prometheus is right, the Alertmanagers say what is silenced."""

    prometheus: Endpoint
    alertmanagers: tuple[Endpoint, ...] = ()
    foreign_silences: Foreign = "report"
    digest: Digest | None = None
    slack: dict[str, Path] = Field(default={})


def frozen_alerting(folder: Path, shape: AlertingShape) -> Alerting:
    """The section with absolute paths."""
    return Alerting(
        prometheus=_endpoint(folder, shape.prometheus),
        alertmanagers=tuple(_endpoint(folder, one) for one in shape.alertmanagers),
        foreign_silences=shape.foreign_silences,
        digest=frozen_digest(folder, shape.digest) if shape.digest else None,
        slack={name: folder / one.url_file for name, one in shape.slack.items()},
    )


def _endpoint(folder: Path, shape: EndpointShape) -> Endpoint:
    paths = {name: folder / path for name in FILES if (path := getattr(shape, name)) is not None}
    return Endpoint(url=shape.url, username=shape.username, **paths)


def check_alerting(document: Mapping, folder: Path) -> Mistakes:
    """Files exist, and an endpoint gets one proof at most."""
    alerting = section(document, "alerting")
    yield from check_digest(alerting, folder)
    yield from check_slack(alerting, folder)
    places: list[tuple[Loc, Mapping]] = [(("alerting", "prometheus"), section(alerting, "prometheus"))]
    for index, one in enumerate(alerting.get("alertmanagers") or ()):
        places.append((("alerting", "alertmanagers", index), one or {}))
    for loc, endpoint in places:
        if "token_file" in endpoint and "username" in endpoint:
            yield (*loc, "token_file"), "must be left out when username is given, got both"
        else:
            yield from half_a_login(endpoint, loc)
        yield from missing_files(endpoint, FILES, folder, loc)
