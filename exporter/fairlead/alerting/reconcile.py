"""What webhooks should have said and did not: compares what fires with what the incidents know."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fairlead.alerting.endpoint import Held
from fairlead.core.alert import Alert, covers, opens
from fairlead.core.timeline import Attached

LOOKS = 5
"""Consecutive looks that miss an alert before it counts as ended: a Prometheus that restarts has none for a while."""


def told(firing: Iterable[Alert], holders: Sequence[Sequence[Held]]) -> list[Alert]:
    """The alerts that fire and open incidents, as Alertmanager would tell them.

    Left out is what every Alertmanager that holds it suppresses: an approved silence, or an inhibition. What none of
    them holds, since one of the two was down, is told as Prometheus knows it.
    """
    found = []
    for alert in firing:
        if not opens(alert.labels):
            continue
        versions = [one for holder in holders for one in holder if covers(alert.labels, one.alert.labels)]
        if versions and all(one.suppressed for one in versions):
            continue
        held = min((one.alert for one in versions), key=lambda one: (one.starts_at, one.fingerprint), default=alert)
        start = min(held.starts_at, alert.starts_at)
        found.append(replace(held, starts_at=start, annotations=held.annotations or alert.annotations))
    return found


@dataclass(slots=True)
class Missed:
    """Counts, look by look, how often in a row an alert was missed."""

    _looks: Counter[tuple[int, str]] = field(default_factory=Counter)

    def look(
        self, firing: Sequence[Alert], known: Iterable[Attached], settled: Callable[[Attached], bool], now: datetime
    ) -> list[Alert]:
        """Known alerts that have ended: missed at the last LOOKS looks, after an analysis that can have ended them."""
        missed: Counter[tuple[int, str]] = Counter()
        ended = []
        for one in known:
            if any(covers(alert.labels, one.labels) for alert in firing):
                continue
            key = (one.incident, one.fingerprint)
            missed[key] = self._looks[key] + 1
            if missed[key] >= LOOKS and settled(one):
                ended.append(Alert(one.fingerprint, one.labels, False, one.starts_at, now, one.annotations))
        self._looks = missed
        return ended
