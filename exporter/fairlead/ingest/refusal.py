"""Why pushed rows are not taken."""

from collections.abc import Sequence

MOST = 100
"""Mistakes that are told at once."""


class RefusedError(Exception):
    """A body that never will be taken: a status of HTTP, a reason that is counted, and every mistake."""

    def __init__(self, status: int, reason: str, mistakes: Sequence[str]) -> None:
        self.status, self.reason, self.mistakes = status, reason, list(mistakes[:MOST])
        super().__init__(mistakes[0])


class BusyError(Exception):
    """Rows that cannot be taken now, but after some seconds."""

    def __init__(self, reason: str, message: str, seconds: int) -> None:
        self.reason, self.seconds = reason, seconds
        super().__init__(message)


def too_large(what: str, most: int) -> RefusedError:
    """A body beyond a limit."""
    return RefusedError(413, "too_large", [f"body: must be at most {most:,} {what}, got more"])


def unreadable(what: str, found: str) -> RefusedError:
    """A body that is not what its type says."""
    return RefusedError(400, "unreadable", [f"body: must be {what}, got {found}"])


def invalid(mistakes: Sequence[str]) -> RefusedError:
    """Rows with wrong values."""
    return RefusedError(422, "invalid", mistakes)
