"""Hands on what Alertmanager has to say in Slack: at most five messages an hour and model, none lost, none twice."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from fairlead.alerting.slack import Posted, Rendered, folded, post, rendered
from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.core.fact import Fact
from fairlead.core.limiter import HOUR, Next, following, is_repeat
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.leases import Leases
from fairlead.store.slack import REPEATED, WAITING, SlackMessages

log = logging.getLogger(__name__)

LEASE = "slack"
PAUSE = 5.0
"""Seconds between two looks at what other processes took."""
LONGEST = 300.0
"""Seconds between two tries while Slack takes nothing."""
Send = Callable[[Path, dict[str, Any]], Posted]


class Counted(Protocol):
    """What is counted of it."""

    def observe_slack(self, receiver: str, outcome: str, count: int = 1) -> None:
        """Messages that were sent, folded, repeated or failed."""

    def observe_slack_failure(self, receiver: str) -> None:
        """A try that did not succeed."""


class Slack:
    """Takes messages in any process; the one that holds the lease sends them."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        clock: Clock,
        counted: Counted,
        changed: Callable[[], None],
        *,
        send: Send = post,
    ) -> None:
        self._database, self._leases, self._clock = database, leases, clock
        self._counted, self._changed, self._send = counted, changed, send
        self._messages, self._audit = SlackMessages(database), Audit(database)
        self._receivers: Mapping[str, Path] = {}
        self._failures: dict[str, int] = {}
        self._again: dict[str, datetime] = {}
        self._pruned: datetime | None = None
        self._wake, self._stopped = threading.Event(), threading.Event()

    def configure(self, receivers: Mapping[str, Path]) -> None:
        """From now on to these addresses; what failed is tried again at once."""
        self._receivers, self._failures, self._again = dict(receivers), {}, {}
        self._wake.set()

    def knows(self, receiver: str) -> bool:
        """Whether messages for it are taken."""
        return receiver in self._receivers

    def receive(self, receiver: str, body: bytes, caller: Caller) -> None:
        """Keep a message, or see that it says nothing new; UnreadableError for what is none."""
        found, now = rendered(body), self._clock()
        with self._database.writing():
            state = REPEATED if self._is_repeat(found, now) else WAITING
            facts = {"title": found.title, "content": found.content, "arrived_at": now, "state": state}
            number = self._messages.add(receiver, found.model, found.channel, found.alerts, **facts)
            subject = f"slack {receiver}"
            self._audit.add(entry_of(caller, "slack.receive", subject, now, message=number, state=state))
        if state == REPEATED:
            self._counted.observe_slack(receiver, REPEATED)
        self._wake.set()
        self._changed()

    def _is_repeat(self, found: Rendered, now: datetime) -> bool:
        return is_repeat(found.alerts, self._messages.told(found.model, now), self._messages.waiting(found.model), now)

    def run(self) -> None:
        """Send until stopped."""
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.look()
            except FairleadError as error:
                log.error("messages for slack not looked at", extra={"reason": str(error)})
            except Exception:
                log.exception("sending to slack crashed")
            self._wake.wait(PAUSE)
        try:
            if self._leases.holds(LEASE):
                self._leases.release(LEASE)
        except FairleadError as error:
            log.warning("lease not released", extra={"lease": LEASE, "reason": str(error)})

    def stop(self) -> None:
        """End after the message at hand."""
        self._stopped.set()
        self._wake.set()

    def look(self) -> None:
        """Send what may be sent now."""
        if not self._receivers or not (self._leases.holds(LEASE) or self._leases.take(LEASE)):
            return
        now = self._clock()
        self._messages.settle(now)
        if self._pruned is None or not timedelta(0) <= now - self._pruned < HOUR:
            self._messages.prune(now)
            self._pruned = now
        for model in self._messages.models():
            while not self._stopped.is_set() and self._one(model):
                pass

    def _one(self, model: str) -> bool:
        """Send one message of a model; whether there may be another one."""
        now, receivers = self._clock(), self._receivers
        later = {name for name, again in self._again.items() if now < again <= now + 2 * HOUR}
        with self._leases.keeping(LEASE) as mine:
            waiting = self._messages.waiting(model, later) if mine else []
            waiting = [one for one in waiting if one.place.partition("/")[0] in receivers]
            told, posts = self._messages.told(model, now), self._messages.posts(model, now)
            chosen = following(waiting, told, posts, now)
            if chosen is None:
                return False
            number = self._messages.begin(chosen, model, now)
        receiver, _, content = self._messages.find(chosen.message.id)
        titles = [self._messages.find(one.id)[1] for one in chosen.folded]
        posted = self._send(receivers[receiver], folded(content, titles))
        self._done(number, chosen, receiver, posted)
        return True

    def _done(self, number: int, chosen: Next, receiver: str, posted: Posted) -> None:
        now = self._clock()
        if posted.taken:
            self._messages.sent(number, chosen, now)
            self._counted.observe_slack(receiver, "sent")
            self._counted.observe_slack(receiver, "folded", len(chosen.folded))
            self._failures.pop(receiver, None)
            self._again.pop(receiver, None)
        else:
            if posted.refused:
                self._messages.refused(number, chosen, hopeless=posted.hopeless)
            failures = self._failures.get(receiver, 0)
            pause = posted.wait if posted.wait is not None else min(2.0 ** min(failures, 10), LONGEST)
            if posted.hopeless:
                self._counted.observe_slack(receiver, "failed")
            else:
                self._failures[receiver], self._again[receiver] = failures + 1, now + timedelta(seconds=pause)
            self._counted.observe_slack_failure(receiver)
            log.warning("slack did not take a message", extra={"receiver": receiver, "reason": posted.reason})
        self._changed()

    def facts(self) -> tuple[Fact, ...]:
        """What waits."""
        if not self._receivers:
            return ()
        outbox, facts = self._messages.outbox(), list[Fact]()
        for receiver in sorted({*self._receivers, *outbox}):
            labels = (("receiver", receiver),)
            count, oldest = outbox.get(receiver, (0, None))
            facts.append(Fact("fairlead_slack_waiting_messages", labels, float(count)))
            if oldest is not None:
                facts.append(Fact("fairlead_slack_oldest_timestamp_seconds", labels, oldest.timestamp()))
        return tuple(facts)
