"""Looks every minute at what fires, and repairs what webhooks missed while either side was down. Closes nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fairlead.alerting.endpoint import Endpoint, Held, UnansweredError, firing, held
from fairlead.alerting.reconcile import Missed, told
from fairlead.app.incidents import Incidents
from fairlead.app.rhythm import Rhythm
from fairlead.config.alerting import Alerting
from fairlead.config.alerting import Endpoint as EndpointConfig
from fairlead.core.access import Caller, Role
from fairlead.core.families import FAMILIES
from fairlead.core.timeline import Attached
from fairlead.errors import FairleadError
from fairlead.store import incidents as store
from fairlead.store.database import Database
from fairlead.store.runs import Runs

log = logging.getLogger(__name__)

CALLER = Caller("reconciliation", Role.ALERTMANAGER, "fairlead")


class Counted(Protocol):
    """What is counted of it."""

    def observe_reconciliation(self, failed: str | None, timestamp: float, opened: int) -> None:
        """One look: which side failed, if one did; when; how many incidents it opened."""


@dataclass(slots=True)
class Reconciler:
    """One loop. Several processes that look at the same time change nothing twice."""

    database: Database
    incidents: Incidents
    counted: Counted
    rhythm: Rhythm
    _config: Alerting | None = None
    _missed: Missed = field(default_factory=Missed)

    def configure(self, config: Alerting | None) -> None:
        """From the next look on as the configuration says."""
        self._config = config

    def run(self, pause: Callable[[float], object] | None = None) -> None:
        """Look until stopped; whatever goes wrong in one look is logged and counted, and the next one comes."""
        self.rhythm.run(self.look, pause)

    def stop(self) -> None:
        """End after the look at hand."""
        self.rhythm.stop()

    def look(self) -> None:
        """Ask both sides once, and take in what they say."""
        config = self._config
        if config is None:
            return
        opened, side = 0, None
        try:
            opened, side = self._look(config)
        except UnansweredError as error:
            side = "prometheus"
            log.warning("alerts not reconciled, prometheus does not answer", extra={"reason": str(error)})
        except FairleadError as error:
            side = "store"
            log.warning("alerts not reconciled, the store fails", extra={"reason": str(error)})
        except Exception:
            side = "internal"
            log.exception("reconciliation crashed")
        self.rhythm.went(side is None)
        self.counted.observe_reconciliation(side, self.incidents.now().timestamp(), opened)

    def _look(self, config: Alerting) -> tuple[int, str | None]:
        """How many incidents were opened, and which side was silent: an Alertmanager, so its silences are unknown."""
        now = self.incidents.now()
        active = firing(endpoint_of(config.prometheus), now)
        holders: list[list[Held]] = []
        side = None
        for alertmanager in config.alertmanagers:
            try:
                holders.append(held(endpoint_of(alertmanager), now))
            except UnansweredError as error:
                side = "alertmanager"
                log.warning("alertmanager does not answer", extra={"reason": str(error)})
        known = store.Incidents(self.database).firing()
        ended = self._missed.look(active, known, self._settled, now)
        changes = [*told(active, holders), *ended]
        opened = self.incidents.take(changes, CALLER) if changes else []
        for incident in opened:
            log.warning("incident opened that no webhook told", extra={"incident": incident.name})
        return len(opened), side

    def _settled(self, known: Attached) -> bool:
        """Whether an analysis that finished after the alert began can have ended it."""
        model, family = known.labels.get("model", ""), known.labels.get("family", "")
        if family not in FAMILIES:
            return True
        analysed = Runs(self.database).last_success(model, family)
        return analysed is not None and analysed > known.starts_at


def endpoint_of(config: EndpointConfig) -> Endpoint:
    """Where a configured program answers."""
    return Endpoint(config.url, config.token_file, config.username, config.password_file, config.ca_file)
