"""Looks every minute whether Alertmanager is silent about what the store says, about nothing else, and no longer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fairlead.alerting.endpoint import Endpoint, UnansweredError
from fairlead.alerting.silences import (
    FAULTS,
    Foreign,
    Wanted,
    changes,
    count,
    end,
    foreign,
    make,
    silences,
    suppressing,
)
from fairlead.alerting.silences import wanted as wanted_of
from fairlead.app.reconcile import endpoint_of
from fairlead.app.rhythm import Rhythm
from fairlead.config.alerting import Alerting
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock
from fairlead.store.database import Database
from fairlead.store.exceptions import Exceptions
from fairlead.store.maintenance import Windows

log = logging.getLogger(__name__)


class Counted(Protocol):
    """What is counted of it."""

    def observe_silences(self, failed: str | None, timestamp: float) -> None:
        """One look: which side failed, if one did; when."""

    def observe_silenced(self, made: int, ended: int) -> None:
        """Silences that were made and that were ended at one Alertmanager."""

    def observe_foreign(self, faults: dict[str, int]) -> None:
        """How many silences that fairlead did not make have which fault."""


@dataclass(slots=True)
class Silencer:
    """One loop. Several processes that make the same silence at the same time end the surplus one at the next look."""

    database: Database
    clock: Clock
    counted: Counted
    rhythm: Rhythm
    looked: Callable[[], None] = lambda: None
    """Called after each look: time alone ends exceptions, and what is exposed follows."""
    _config: Alerting | None = None
    _known: frozenset[str] = field(default=frozenset())

    def configure(self, config: Alerting | None) -> None:
        """From the next look on as the configuration says."""
        self._config = config

    def run(self, pause: Callable[[float], object] | None = None) -> None:
        """Look until stopped; whatever goes wrong in one look is logged and counted, and the next one comes."""
        self.rhythm.run(self.look, pause)

    def soon(self) -> None:
        """An exception or a window has changed."""
        self.rhythm.soon()

    def stop(self) -> None:
        """End after the look at hand."""
        self.rhythm.stop()

    def look(self) -> None:
        """Make every Alertmanager as silent as it should be."""
        side = None
        try:
            side = self._look(self._config)
        except FairleadError as error:
            side = "store"
            log.warning("silences not reconciled, the store fails", extra={"reason": str(error)})
        except Exception:
            side = "internal"
            log.exception("reconciliation of silences crashed")
        self.rhythm.went(side is None)
        if self._config is not None and self._config.alertmanagers:
            self.counted.observe_silences(side, self.clock().timestamp())
        self.looked()

    def _look(self, config: Alerting | None) -> str | None:
        if config is None or not config.alertmanagers:
            return None
        now, side = self.clock(), None
        needed = wanted_of(Exceptions(self.database).active(now), Windows(self.database).coming(now))
        strangers: dict[str, Foreign] = {}
        for one in config.alertmanagers:
            try:
                found = self._reconcile(endpoint_of(one), needed, now, expire=config.foreign_silences == "expire")
                strangers |= {stranger.silence.id: stranger for stranger in found}
            except UnansweredError as error:
                side = "alertmanager"
                log.warning("silences not reconciled, alertmanager refuses", extra={"reason": str(error)})
        if side is None or strangers:
            self._report(strangers)
        return side

    def _reconcile(self, alertmanager: Endpoint, needed: list[Wanted], now: datetime, *, expire: bool) -> list[Foreign]:
        """Repair one Alertmanager; silences that fairlead did not make. New ones are made before old ones are ended."""
        present = silences(alertmanager)
        strangers = foreign(present, suppressing(alertmanager) if present else frozenset())
        found = changes(needed, present, now)
        for one in found.missing:
            make(alertmanager, one, now)
            self.counted.observe_silenced(1, 0)
            log.info("silence made", extra={"tag": one.tag, "until": one.ends_at.isoformat()})
        for silence in (*found.surplus, *((stranger.silence for stranger in strangers) if expire else ())):
            end(alertmanager, silence)
            self.counted.observe_silenced(0, 1)
            log.info("silence ended", extra={"silence": silence.id, "tag": silence.tag})
        return strangers

    def _report(self, strangers: dict[str, Foreign]) -> None:
        """Count silences by strangers, and log each once."""
        for number in sorted(strangers.keys() - self._known):
            one = strangers[number]
            facts = {"silence": number, "faults": ",".join(one.faults), "created_by": one.silence.created_by}
            log.warning("silence that no exception asks for", extra=facts)
        self._known = frozenset(strangers)
        self.counted.observe_foreign(dict.fromkeys(FAULTS, 0) | count(list(strangers.values())))
