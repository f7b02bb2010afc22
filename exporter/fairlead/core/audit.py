"""The audit log as a chain: each entry's hash covers the entry and the hash before it."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from fairlead.core.access import Caller

GENESIS = "0" * 64
"""The hash before the first entry."""

PRUNED = "audit.pruned"
"""The entry that says which entries are gone: its detail holds `number` and `hash` of the last of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which subject, when and from where; detail is plain data."""

    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    source: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is kept: its number, its detail as text, and its hash."""

    number: int
    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    source: str
    detail: str
    hash: str

    def document(self) -> dict[str, object]:
        """The same with the detail as data; text, if somebody made it something that is no JSON."""
        found: dict[str, object] = asdict(self)
        with suppress(ValueError):
            found["detail"] = json.loads(self.detail)
        return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: each field that is given must be equal, times are from `since` up to before `until`."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of its last entry, which is how many there ever were, and the hash."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found: how far it is sound, and the first bad number with the reason."""

    entries: int
    head: Head
    bad: int | None = None
    reason: str = ""


def detail_text(entry: Entry) -> str:
    """The detail as JSON with sorted keys."""
    return json.dumps(entry.detail, sort_keys=True, ensure_ascii=True, default=str)


def link(before: str, entry: Entry) -> str:
    """SHA-256 of the hash before and of everything in the entry, in hexadecimal digits."""
    return _hash(before, entry, detail_text(entry))


def _hash(before: str, entry: Entry | Link, detail: str) -> str:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    facts = [before, at, entry.actor, entry.role, entry.action, entry.subject, entry.source, detail]
    return sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


def verified(anchor: Head, links: Iterable[Link], expected: Head | None = None) -> Verdict:
    """Walk along the chain from where it begins; numbers follow each other, and each hash covers the one before.

    With an expected head, kept elsewhere earlier, the chain must still hold it: the end was not cut off, nor all of it
    written anew. The beginning of its hash is enough.
    """
    head, entries = anchor, 0
    if expected and expected.number < anchor.number:
        return Verdict(entries, head, expected.number, "must be there to be compared, got pruned")
    broken = _unlike(head, expected)
    for one in links if broken is None else ():
        if (broken := _broken(head, one)) is not None:
            break
        head, entries = Head(one.number, one.hash), entries + 1
        if (broken := _unlike(head, expected)) is not None:
            break
    if broken is None and expected and expected.number > head.number:
        broken = head.number + 1, f"must be there, got {head.number} as the last"
    return Verdict(entries, head, *(broken or ()))


def _broken(head: Head, one: Link) -> tuple[int, str] | None:
    """Number and reason when an entry does not follow the one before."""
    if one.number != head.number + 1:
        return head.number + 1, f"must be there, got {one.number} behind {head.number}"
    if one.hash != _hash(head.hash, one, one.detail):
        return one.number, "must have the hash of what it says and of the entry before, got another"
    return None


def _unlike(head: Head, expected: Head | None) -> tuple[int, str] | None:
    """Number and reason when the chain has come to the expected head, and it is another."""
    if expected is None or head.number != expected.number or head.hash.startswith(expected.hash):
        return None
    return head.number, f"must have the hash {expected.hash}, got {head.hash}"


def entry_of(caller: Caller, action: str, subject: str, at: datetime, /, **detail: object) -> Entry:
    """What a caller did."""
    return Entry(at, caller.name, caller.role.value, action, subject, caller.source, detail)
