"""How often a source may fail: a token bucket each, of a bounded number of sources."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

BURST = 20
PER_SECOND = 1 / 6
MOST = 10_000


@dataclass(slots=True)
class Throttle:
    """Each source has `burst` drops, and gets `per_second` back; whoever has not failed for longest is forgotten."""

    burst: float = BURST
    per_second: float = PER_SECOND
    most: int = MOST
    clock: Callable[[], float] = monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, source: str) -> float:
        """Seconds until the source has a drop; 0 when it has one."""
        with self._lock:
            return max(0.0, (1 - self._now(source)[0]) / self.per_second)

    def spend(self, source: str) -> float:
        """Take a drop; the seconds to wait when there was none."""
        with self._lock:
            left, now = self._now(source)
            if left < 1:
                return (1 - left) / self.per_second
            self._left[source] = left - 1, now
            self._left.move_to_end(source)
            if len(self._left) > self.most:
                self._left.popitem(last=False)
            return 0.0

    def _now(self, source: str) -> tuple[float, float]:
        """Drops of a source now, and the moment."""
        now = self.clock()
        left, then = self._left.get(source, (self.burst, now))
        return min(self.burst, left + (now - then) * self.per_second), now
