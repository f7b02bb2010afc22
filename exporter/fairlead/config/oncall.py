"""`oncall`: who is on call when, and how they are reached."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.section import Section, must_be
from fairlead.config.wording import Loc, shown, where

NEEDED = ("primary", "secondary", "compliance_officer")
"""Rotations that the shipped routes tell."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HANDOVER = re.compile(rf"({'|'.join(DAYS)}) ((?:[01][0-9]|2[0-3]):[0-5][0-9])", re.ASCII)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
SLACK = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
ROTATION = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
CENTURY = re.compile(r"2[0-9]{3}-.*", re.ASCII)
"""Years in which weeks can be counted either way."""
ODD = set("\"'`\\{}<>&,;|$%")
"""Characters that mean something in templates and messages; ’ is the apostrophe of a name."""


def _person(text: str) -> str:
    if not (0 < len(text) <= 64 and text.isprintable() and text == text.strip()) or ODD & set(text):
        raise must_be("a name of 1 to 64 letters, spaces, dots, dashes and ’")
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not EMAIL.fullmatch(text):
        raise must_be("an address such as ana@example.com")
    return text


def _slack(text: str) -> str:
    if not SLACK.fullmatch(text):
        raise must_be("a member id of Slack such as U0123ABCD")
    return text


def _phone(text: str) -> str:
    if not PHONE.fullmatch(text):
        raise must_be("a number such as +15550100001")
    return text


def _rotation(text: str) -> str:
    if not ROTATION.fullmatch(text) or text == "oncall":
        raise must_be("1 to 63 lower-case letters, digits and underscores, a letter first, and not oncall")
    return text


def _day(text: str) -> str:
    try:
        if CENTURY.fullmatch(text) and len(text) == len("2026-01-05"):
            date.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise must_be("a date such as 2026-01-05")


def _moment(text: str) -> str:
    try:
        if CENTURY.fullmatch(text) and "T" in text:
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise must_be("a time such as 2026-01-05T09:00")


def _handover(text: str) -> str:
    if not HANDOVER.fullmatch(text):
        raise must_be("a day and a time such as monday 09:00")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):  # OSError for a folder of zones
        raise must_be("a time zone such as Europe/Berlin") from None
    return text


PersonName = Annotated[str, AfterValidator(_person)]
Email = Annotated[str, AfterValidator(_email)]


class PersonShape(Section):
    """One entry of `oncall.people`."""

    name: PersonName
    email: Email
    slack: Annotated[str, AfterValidator(_slack)] | None = None
    phone: Annotated[str, AfterValidator(_phone)] | None = None


class OverrideShape(Section):
    """One entry of `overrides` of a rotation."""

    begin: Annotated[str, AfterValidator(_moment)]
    until: Annotated[str, AfterValidator(_moment)]
    person: PersonName


class RotationShape(Section):
    """One entry of `oncall.rotations`."""

    name: Annotated[str, AfterValidator(_rotation)]
    people: list[PersonName] = Field(min_length=1)
    start: Annotated[str, AfterValidator(_day)]
    handover: Annotated[str, AfterValidator(_handover)] = "monday 09:00"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    email: Email | None = None
    overrides: list[OverrideShape] = Field(default=[])


class OncallShape(Section):
    """`oncall`."""

    people: list[PersonShape] = Field(min_length=1)
    rotations: list[RotationShape] = Field(min_length=1)


class Person(Section):
    """Somebody who can be on call; "" for what is not known."""

    name: str
    email: str
    slack: str = ""
    phone: str = ""


class Override(Section):
    """Somebody else for a while, in UTC."""

    begin: datetime
    until: datetime
    person: str


class Rotation(Section):
    """People who take turns; email is for when nobody knows whose turn it is, "" for all of them."""

    name: str
    people: tuple[str, ...]
    start: date
    handover: time
    time_zone: str
    email: str = ""
    overrides: tuple[Override, ...] = ()


class Oncall(Section):
    """Who can be on call, and who takes turns with whom."""

    people: tuple[Person, ...]
    rotations: tuple[Rotation, ...]


def frozen_oncall(shape: OncallShape) -> Oncall:
    """The section of a checked file, with times of the wall in UTC."""
    people = (
        Person(name=one.name, email=one.email, slack=one.slack or "", phone=one.phone or "") for one in shape.people
    )
    return Oncall(people=tuple(people), rotations=tuple(_frozen(one) for one in shape.rotations))


def _frozen(shape: RotationShape) -> Rotation:
    overrides = (
        Override(begin=_utc(one.begin, shape.time_zone), until=_utc(one.until, shape.time_zone), person=one.person)
        for one in shape.overrides
    )
    return Rotation(
        name=shape.name,
        people=tuple(shape.people),
        start=date.fromisoformat(shape.start),
        handover=time.fromisoformat(shape.handover.split()[1]),
        time_zone=shape.time_zone,
        email=shape.email or "",
        overrides=tuple(sorted(overrides, key=lambda one: one.begin)),
    )


def _utc(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def check_oncall(document: Mapping) -> Mistakes:
    """Names occur once, people are known, the rotations that are told are there, and no two overrides are at once."""
    oncall = section(document, "oncall")
    people, rotations = (oncall.get(key) for key in ("people", "rotations"))
    known = _names(people)
    yield from _once(("oncall", "people"), people)
    yield from _once(("oncall", "rotations"), rotations)
    if (told := _names(rotations)) and (missing := [name for name in NEEDED if name not in told]):
        yield ("oncall", "rotations"), f"must have {', '.join(NEEDED)}, got none that is named {missing[0]}"
    for index, rotation in enumerate(rotations or ()):
        loc: Loc = ("oncall", "rotations", index)
        yield from _start(loc, rotation or {})
        yield from _overrides(loc, rotation or {})
        for person_loc, name in _named(loc, rotation or {}):
            if known and name not in known:
                yield person_loc, f"must be the name of one of oncall.people, got {shown(name)}"


def _names(entries: list[dict[str, Any]] | None) -> set[str]:
    """Names of the entries, none of them while one is wrong or there twice: it may be the one that is missed."""
    names = [(one or {}).get("name") for one in entries or ()]
    return set() if None in names or len(set(names)) < len(names) else {str(name) for name in names}


def _once(loc: Loc, entries: list[dict[str, Any]] | None) -> Mistakes:
    first: dict[str, int] = {}
    for index, one in enumerate(entries or ()):
        name = (one or {}).get("name")
        if name in first:
            other = where((*loc, first[name]))
            yield (*loc, index, "name"), f"must be unique, got {shown(name)}, the name of {other}"
        elif name is not None:
            first[name] = index


def _named(loc: Loc, rotation: Mapping) -> Iterator[tuple[Loc, str]]:
    """Everybody whom a rotation names, and where."""
    for index, name in enumerate(rotation.get("people") or ()):
        yield (*loc, "people", index), name
    for index, override in enumerate(rotation.get("overrides") or ()):
        if override and (name := override.get("person")) is not None:
            yield (*loc, "overrides", index, "person"), name


def _start(loc: Loc, rotation: Mapping) -> Mistakes:
    start, handover = rotation.get("start"), rotation.get("handover", "monday 09:00")
    if start is None or handover is None:
        return
    day, wanted = DAYS[date.fromisoformat(start).weekday()], handover.split()[0]
    if day != wanted:
        yield (*loc, "start"), f"must be a {wanted}, the day of the handover, got {shown(start)}, a {day}"


def _overrides(loc: Loc, rotation: Mapping) -> Mistakes:
    zone, taken = rotation.get("time_zone", "UTC"), []
    for index, override in enumerate(rotation.get("overrides") or ()):
        begin, until = ((override or {}).get(key) for key in ("begin", "until"))
        if begin is None or until is None or zone is None:
            continue
        if _utc(begin, zone) >= _utc(until, zone):
            yield (*loc, "overrides", index, "until"), f"must be after begin, got {shown(until)}"
        else:
            taken.append((_utc(begin, zone), _utc(until, zone), index))
    for (_, end, one), (begin, _, other) in pairwise(sorted(taken)):
        if begin < end:
            clash = where((*loc, "overrides", one))
            yield (*loc, "overrides", other, "begin"), f"must be after the end of {clash}, got an earlier time"
