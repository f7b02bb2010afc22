"""Takes a model out of its decisions when its fairness is CRITICAL, and puts it back when a person says so."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from fairlead.alerting.hook import Hook
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.access import Caller, Role
from fairlead.core.alert import CRITICAL
from fairlead.core.audit import entry_of
from fairlead.core.containment import LIFTERS, Action, Call, State, contains, pause
from fairlead.core.fact import Fact
from fairlead.core.incident import Incident
from fairlead.core.timeline import Event
from fairlead.errors import ContainmentError, FairleadError, ForbiddenMoveError
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.containment import Calls
from fairlead.store.database import Database
from fairlead.store.incidents import Incidents
from fairlead.store.leases import Leases

log = logging.getLogger(__name__)

ITSELF = Caller("fairlead", Role.ADMIN, "containment")
LEASE = "containment"
PAUSE = 2.0
"""Seconds between two looks."""
FAMILY = "fairness"


class Counted(Protocol):
    """What is counted of it."""

    def observe_containment_failure(self, model: str) -> None:
        """A call that failed."""


class Containment:
    """Decides from the incidents in the store; the process with the lease calls, one call after the other."""

    def __init__(
        self,
        database: Database,
        leases: Leases | None,
        config: Callable[[], Config],
        clock: Clock,
        *,
        counted: Counted | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._leases, self._clock = database, leases, clock
        self._config, self._counted, self._changed = config, counted, changed
        self._calls, self._incidents, self._audit = Calls(database), Incidents(database), Audit(database)
        self._wake, self._stopped = threading.Event(), threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.look()
            except FairleadError as error:
                log.error("containment not looked at", extra={"reason": str(error)})
            except Exception:
                log.exception("containment crashed")
            self._wake.wait(PAUSE)

    def stop(self) -> None:
        """End after the call at hand."""
        self._stopped.set()
        self._wake.set()

    def wake(self) -> None:
        """Look now: incidents have changed."""
        self._wake.set()

    def look(self) -> None:
        """Decide, and call what is due."""
        hooked = [model for model in self._config().models if model.containment is not None]
        for model in hooked:
            self._decide(model)
        waiting = self._calls.waiting()
        if not waiting or self._leases is None or not (self._leases.holds(LEASE) or self._leases.take(LEASE)):
            return
        by_name = {model.name: model for model in hooked}
        for call in waiting:
            if call.model in by_name and not self._stopped.is_set():
                self._deliver(call, by_name[call.model])

    def _decide(self, model: ModelConfig) -> None:
        """Once per incident, and again when it is reopened."""
        incident = self._incidents.not_closed(model.name, FAMILY)
        if incident is None or incident.severity != CRITICAL or self._calls.knows(incident.id, incident.clock):
            return
        assert model.containment is not None  # noqa: S101 - as look() has chosen
        action = Action(model.containment.on_fairness_critical)
        with self._database.writing():
            if self._calls.knows(incident.id, incident.clock):  # another process was faster
                return
            held = contains(last := self._calls.last(model.name)) and last is not None and last.action is action
            if not held:
                self._calls.supersede(model.name)
            call = self._order(model, action, ITSELF, f"{incident.name}: {incident.title}", incident, held=held)
            self._tell(incident, ITSELF, action, "already in force" if held else f"ordered, call {call.key}")
        log.warning("model contained", extra={"model": model.name, "action": action.value, "incident": incident.name})
        self._changed()

    def _order(
        self, model: ModelConfig, action: Action, caller: Caller, reason: str, incident: Incident | None, *, held: bool
    ) -> Call:
        now, key = self._clock(), uuid4().hex
        document = {
            "action": action.value,
            "model": model.name,
            "model_version": model.version,
            "incident": incident.name if incident else None,
            "reason": reason,
            "ordered_by": caller.name,
            "ordered_at": now.isoformat(),
            "key": key,
        }
        state = State.HELD if held else State.WAITING
        call = Call(model.name, action, state, key, json.dumps(document), reason, caller.name, now)
        if incident is not None:
            call = replace(call, incident=incident.id, since=incident.clock)
        call = self._calls.add(call)
        said = {"key": key, "reason": reason, "state": state.value}
        self._audit.add(entry_of(caller, f"containment.{action}", f"model {model.name}", now, **said))
        return call

    def _deliver(self, call: Call, model: ModelConfig) -> None:
        now, settings = self._clock(), model.containment
        if settings is None or self._leases is None or (call.again_at is not None and now < call.again_at):
            return
        tries = call.tries + 1
        again = now + pause(tries, settings.retries)
        with self._leases.keeping(LEASE) as mine:
            if not mine or not self._calls.change(call.id, tries=tries, again_at=again):
                return
        hook = Hook(settings.url, settings.secret_file, settings.timeout_seconds)
        failure = hook.call(call.body, call.key, int(now.timestamp()))
        self._done(call, tries, failure)

    def _done(self, call: Call, tries: int, failure: str | None) -> None:
        now = self._clock()
        if failure is not None:
            self._calls.change(call.id, failure=failure)
            if self._counted is not None:
                self._counted.observe_containment_failure(call.model)
            log.error("containment not delivered", extra={"model": call.model, "reason": failure, "tries": tries})
        else:
            with self._database.writing():
                if self._calls.change(call.id, state=State.DELIVERED, delivered_at=now, failure=None):
                    said = {"action": call.action.value, "key": call.key, "tries": tries}
                    self._audit.add(entry_of(ITSELF, "containment.delivered", f"model {call.model}", now, **said))
                    self._told_about(call, ITSELF, f"delivered after {tries} tries, call {call.key}")
            log.info("containment delivered", extra={"model": call.model, "action": call.action.value})
        self._changed()

    def unfreeze(self, name: str, caller: Caller, reason: str) -> Call | None:
        """Lift what holds a model; None for a model that is not configured."""
        model = next((one for one in self._config().models if one.name == name), None)
        if model is None:
            return None
        if caller.role not in LIFTERS:
            roles = " or ".join(LIFTERS)
            raise ForbiddenMoveError(f"role: must be {roles} to lift a containment, got {caller.role}")
        if not reason.strip():
            raise ContainmentError("reason: must be given to lift a containment, got nothing")
        if model.containment is None:
            raise ContainmentError(f"model {name!r}: must have a containment in the configuration, got none")
        with self._database.writing():
            last = self._calls.last(name)
            if not contains(last):
                raise ContainmentError(f"model {name!r}: must be frozen or in manual review, got neither")
            self._calls.supersede(name)
            call = self._order(model, Action.UNFREEZE, caller, reason, None, held=False)
            self._told_about(call, caller, f"ordered: {reason}, call {call.key}")
        return call

    def lifted(self) -> None:
        """Call at once, after what was ordered is committed."""
        self._wake.set()
        self._changed()

    def _told_about(self, call: Call, caller: Caller, text: str) -> None:
        """A line in the timeline of the incident that a call is about, or of the model's last one."""
        incident = self._incidents.latest(call.model, FAMILY) if call.incident is None else None
        if call.incident is not None:
            incident = self._incidents.get(call.incident)
        if incident is not None:
            self._tell(incident, caller, call.action, text)

    def _tell(self, incident: Incident, caller: Caller, action: Action, text: str) -> None:
        now: datetime = self._clock()
        self._incidents.note(
            Event(incident.id, now, caller.name, caller.role.value, action.value, text, incident.severity)
        )

    def facts(self) -> tuple[Fact, ...]:
        """Which models are contained, and since when a call waits."""
        facts = list[Fact]()
        names = [model.name for model in self._config().models if model.containment is not None]
        oldest: dict[str, datetime] = {}
        for call in self._calls.waiting() if names else ():
            oldest.setdefault(call.model, call.ordered_at)
        for name in names:
            labels = (("model", name),)
            facts.append(Fact("fairlead_model_frozen", labels, float(contains(self._calls.last(name)))))
            if name in oldest:
                facts.append(Fact("fairlead_containment_waiting_timestamp_seconds", labels, oldest[name].timestamp()))
        return tuple(facts)
