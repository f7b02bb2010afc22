"""`checkins`: who reports regularly that it is alive, done or delivered, and how often it must."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from fairlead.config.duration import EXPECTED, duration
from fairlead.config.plain import Mapping, Mistakes
from fairlead.config.section import Section, must_be
from fairlead.config.wording import shown

Kind = Literal["agent", "task", "feed"]


def _label(text: str) -> str:
    if not (0 < len(text) <= 128 and text.isprintable() and text.strip() and "/" not in text):
        raise must_be("1 to 128 printable characters without slashes")
    return text


def _interval(value: Any) -> str:
    span = duration(value) if isinstance(value, str) else None
    if not span:
        raise must_be(f"{EXPECTED}, not 0")
    return str(value)


Label = Annotated[str, AfterValidator(_label)]


class CheckinKeys(Section):
    """What is written in the file as it is used."""

    name: Label
    team: Label
    kind: Kind


class CheckinShape(CheckinKeys):
    """One entry of `checkins`."""

    interval: Annotated[str, BeforeValidator(_interval)]


class Checkin(CheckinKeys):
    """Something that must report at least once per interval."""

    interval: timedelta


def frozen_checkins(shapes: Iterable[CheckinShape]) -> tuple[Checkin, ...]:
    """The check-ins of a checked file."""
    return tuple(
        Checkin(name=one.name, team=one.team, kind=one.kind, interval=duration(one.interval) or timedelta(0))
        for one in shapes
    )


def check_checkins(document: Mapping) -> Mistakes:
    """Names occur once."""
    first: dict[str, int] = {}
    for index, checkin in enumerate(document.get("checkins") or []):
        name = (checkin or {}).get("name")
        if name in first:
            yield ("checkins", index, "name"), f"must be unique, got {shown(name)}, the name of checkins[{first[name]}]"
        elif name is not None:
            first[name] = index
