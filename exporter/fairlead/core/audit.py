"""The audit log as a chain: each entry's hash covers the entry and the hash before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from fairlead.core.access import Caller

GENESIS = "0" * 64
"""The hash before the first entry."""


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


def detail_text(entry: Entry) -> str:
    """The detail as JSON with sorted keys."""
    return json.dumps(entry.detail, sort_keys=True, ensure_ascii=True, default=str)


def link(before: str, entry: Entry) -> str:
    """SHA-256 of the hash before and of everything in the entry, in hexadecimal digits."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    facts = [before, at, entry.actor, entry.role, entry.action, entry.subject, entry.source, detail_text(entry)]
    return sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


def entry_of(caller: Caller, action: str, subject: str, at: datetime, **detail: object) -> Entry:
    """What a caller did."""
    return Entry(at, caller.name, caller.role.value, action, subject, caller.source, detail)
