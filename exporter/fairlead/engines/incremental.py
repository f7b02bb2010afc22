"""Counts a window in pieces, one per file and UTC day, and reads no piece twice.

A piece is remembered by what its file is (path, size, times, inode): a file that has changed is read again. Of a file
that was read before, it is also remembered from when to when its rows are, so that it is not read for days that it
cannot have rows of.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from fairlead.core.merging import merge
from fairlead.core.partial import EVERYWHERE, Identity, Known, is_day
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.engines.batch import microseconds
from fairlead.engines.files import identify, span

SETTLED = 2 * 10**9
"""Nanoseconds since its last change after which a file's times tell the next change apart."""
WAITING = 64
"""Pieces that wait to be remembered together."""


class Cache(Protocol):
    """Remembers summaries of pieces of files, and of whole days."""

    def recall(self, plan: Plan, file: Identity, pieces: Sequence[Window]) -> Known | None:
        """What is known of this very file under this very plan, whole days only; None if it was never read."""
        ...

    def keep(
        self, plan: Plan, found: Mapping[Identity, Known], days: Mapping[Window, Summary], anew: Collection[Window]
    ) -> None:
        """Add to what is known of files, forget what was known of them in another state, and keep days.

        A day is of all files; ``anew`` are those of which something was counted and not recalled.
        """
        ...


class NoCache:
    """Remembers nothing."""

    def recall(self, plan: Plan, file: Identity, pieces: Sequence[Window]) -> Known | None:
        """Nothing."""

    def keep(
        self, plan: Plan, found: Mapping[Identity, Known], days: Mapping[Window, Summary], anew: Collection[Window]
    ) -> None:
        """Nothing."""


@dataclass(slots=True)
class Incremental:
    """Adds files of one format up; ``read`` counts pieces of a file, each with the undated rows of all of it."""

    kind: str
    plan: Plan
    pieces: Sequence[Window]
    cache: Cache
    read: Callable[[Path, Sequence[Window]], list[Summary]]
    identify: Callable[[Path], Identity] = identify
    _total: dict[Window, Summary] = field(default_factory=dict)
    _learnt: dict[Identity, Known] = field(default_factory=dict)
    _anew: set[Window] = field(default_factory=set)
    _undated: int = 0

    def add(self, path: Path) -> None:
        """Take one file in."""
        file, now = self.identify(path), time.time_ns()
        recalled = self.cache.recall(self.plan, file, self.pieces)
        known = recalled or Known()
        missing = self._missing(known)
        if missing and recalled and known.span is None:
            known = replace(known, span=span(path, self.kind, self.plan))
            missing = self._missing(known)
        if missing:
            known = _with(known, missing, self.read(path, missing))
            self._anew.update(missing)
        if known is not recalled and now - max(file.modified, file.changed) > SETTLED and self.identify(path) == file:
            days = {piece: known.pieces[piece] for piece in missing if is_day(piece)}
            self._learn(file, replace(known, pieces=days))
        self._undated += known.undated
        for piece, part in known.pieces.items():
            total = self._total.get(piece)
            self._total[piece] = merge(total, part, self.plan.known()) if total and part.rows else total or part

    def total(self, nothing: Summary) -> Summary:
        """Summary of the window; ``nothing`` is that of no rows."""
        days = {piece: day for piece, day in self._total.items() if is_day(piece)}
        self.cache.keep(self.plan, self._learnt, days, self._anew)
        total = replace(nothing, undated=self._undated)
        for part in self._total.values():
            total = merge(total, part, self.plan.known())
        return total

    def _missing(self, known: Known) -> list[Window]:
        """The pieces that a file may have rows of, but those already counted."""
        first, last = known.span or EVERYWHERE
        ends = ((piece, *microseconds(piece)) for piece in self.pieces if piece not in known.pieces)
        return [piece for piece, start, end in ends if start <= last and first < end]

    def _learn(self, file: Identity, known: Known) -> None:
        """Remember this, together with other files."""
        self._learnt[file] = known
        if sum(max(len(one.pieces), 1) for one in self._learnt.values()) >= WAITING:
            self.cache.keep(self.plan, self._learnt, {}, ())
            self._learnt = {}


def _with(known: Known, pieces: Sequence[Window], counted: Sequence[Summary]) -> Known:
    """What is known and what was counted now."""
    fresh = {piece: replace(part, undated=0) for piece, part in zip(pieces, counted, strict=True)}
    return replace(known, pieces={**known.pieces, **fresh}, undated=counted[0].undated)
