"""Which row ids a day already has: the truth is in its files, this remembers what was read of them."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

MOST_DAYS = 8
"""Days that are remembered; of others, the ids are read again."""
LOOSE = 1 << 16

Hashes = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(slots=True)
class _Day:
    files: set[str] = field(default_factory=set)
    sorted: Hashes = field(default_factory=lambda: np.zeros(0, np.int64))
    loose: set[int] = field(default_factory=set)

    def add(self, hashes: Sequence[int] | Hashes) -> None:
        self.loose.update(map(int, hashes))
        if len(self.loose) > LOOSE:
            self.sorted = np.union1d(self.sorted, np.fromiter(self.loose, np.int64, len(self.loose)))
            self.loose = set()


class Seen:
    """The ids of some days, 8 bytes each."""

    def __init__(self, read: Callable[[str], Hashes]) -> None:
        self._read = read
        self._days: OrderedDict[tuple[str, date], _Day] = OrderedDict()

    def refresh(self, place: tuple[str, date], files: Collection[str]) -> None:
        """Take in the files of a (model, day) that are not known yet."""
        day = self._days.setdefault(place, _Day())
        self._days.move_to_end(place)
        for name in set(files) - day.files:
            day.add(self._read(name))
        day.files = set(files)

    def trim(self) -> None:
        """Forget the days that were asked for longest ago."""
        while len(self._days) > MOST_DAYS:
            self._days.popitem(last=False)

    def files(self, place: tuple[str, date]) -> set[str]:
        """Files whose ids are known."""
        return self._days[place].files

    def fresh(self, place: tuple[str, date], hashes: pa.Array, taken: set[int]) -> list[bool]:
        """Which rows are new: neither there nor ``taken`` before nor twice among these. A row without id always is."""
        day, found = self._days[place], hashes.to_pylist()
        there = _within(day.sorted, hashes)
        answer = []
        for hashed, old in zip(found, there, strict=True):
            new = hashed is None or not (old or hashed in day.loose or hashed in taken)
            if new and hashed is not None:
                taken.add(hashed)
            answer.append(new)
        return answer

    def add(self, place: tuple[str, date], name: str, hashes: Collection[int]) -> None:
        """A file of ours was taken into the log."""
        if place in self._days:
            self._days[place].files.add(name)
            self._days[place].add(list(hashes))


def _within(ascending: Hashes, hashes: pa.Array) -> list[bool]:
    if not len(ascending):
        return [False] * len(hashes)
    wanted = np.asarray(hashes.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    found: list[bool] = (ascending[places] == wanted).tolist()
    return found
