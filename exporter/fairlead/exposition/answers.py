"""How many incidents there were and how long people took, counted from timelines, so that it survives restarts."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.utils import floatToGoString

from fairlead.core.families import FAMILIES
from fairlead.core.timeline import Answer
from fairlead.exposition.catalogue import METRICS
from fairlead.exposition.fragment import MAX_LABEL, clean

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
BUCKETS = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
OPENED = METRICS["fairlead_incidents_total"]
TIMES = {
    "acknowledged": METRICS["fairlead_incident_time_to_acknowledge_seconds"],
    "resolved": METRICS["fairlead_incident_time_to_resolve_seconds"],
}
SAME = {"accepted_risk": "resolved"}
FROM_ZERO = tuple((family, "critical") for family in (*FAMILIES, "platform"))
"""Exposed before the first one, so that the first one is an increase."""

Key = tuple[str, str]
"""(family, severity)."""


@dataclass(slots=True)
class _Times:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative."""
        so_far, found = 0, []
        for bound, count in zip((*BUCKETS, float("inf")), self.counts, strict=True):
            so_far += count
            found.append((_bound(bound), float(so_far)))
        return found


def _bound(seconds: float) -> str:
    """As the client library writes it."""
    return str(floatToGoString(seconds))  # type: ignore[no-untyped-call]


class Answers:
    """A collector of the client library. Threads may count and read at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[Key, int] = dict.fromkeys(FROM_ZERO, 0)
        self._times = {what: {key: _Times() for key in FROM_ZERO} for what in TIMES}

    def add(self, answers: Iterable[Answer]) -> None:
        """Count more lines."""
        with self._lock:
            for one in answers:
                key = (clean(one.family, MAX_LABEL), clean(one.severity, MAX_LABEL))
                if one.what == "opened":
                    self._opened[key] = self._opened.get(key, 0) + 1
                elif one.seconds is not None:
                    self._times[SAME.get(one.what, one.what)].setdefault(key, _Times()).add(one.seconds)

    def collect(self) -> Iterator[Family]:
        """All three, in the order of the catalogue."""
        with self._lock:
            opened = CounterMetricFamily(OPENED.name, OPENED.help, labels=OPENED.labels)
            for key, count in self._opened.items():
                opened.add_metric(key, float(count))
            families: list[Family] = [opened]
            for what, metric in TIMES.items():
                times = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
                for key, one in self._times[what].items():
                    times.add_metric(key, one.buckets(), one.total)
                families.append(times)
        yield from families
