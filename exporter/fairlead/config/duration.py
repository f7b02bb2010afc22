"""A span of time as it is written in the file: 30d, 36h."""

import re
from datetime import timedelta

LONGEST = timedelta(days=400)
EXPECTED = "a whole number of m, h, d or w up to 400d"

WRITTEN = re.compile(r"([0-9]{1,6})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta | None:
    """36h → 36 hours; None for what is no duration, or too long a one."""
    if (found := WRITTEN.fullmatch(text)) is None:
        return None
    span = timedelta(**{UNITS[found[2]]: int(found[1])})
    return span if span <= LONGEST else None
