"""Mails the daily digest: each day once, whoever is first, and later when nobody could at the time."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol

from fairlead.alerting.digest_mail import message, message_id
from fairlead.alerting.mail import MailServer, UnsentError
from fairlead.app.subjects import subject_of
from fairlead.config.digest import Digest as DigestConfig
from fairlead.config.schema import Config
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert, begun, moment
from fairlead.core.audit import entry_of
from fairlead.core.digest import DAY, RETRIES, Digest, Late, due, end_of, last_due, told, warned
from fairlead.core.fact import Fact
from fairlead.core.incident import SETTLED, Incident
from fairlead.core.schedule import CADENCES, Cadence
from fairlead.core.thresholds import Severity, Thresholds
from fairlead.core.timeline import Filter
from fairlead.errors import DigestError, FairleadError
from fairlead.monitor.check import Clock
from fairlead.monitor.snapshot import families_of
from fairlead.store.alerts import Alerts
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.digests import EMPTY, SENT, Digests, Done
from fairlead.store.incidents import Incidents
from fairlead.store.leases import Leases
from fairlead.store.runs import Runs

log = logging.getLogger(__name__)

ITSELF = Caller("fairlead", Role.ADMIN, "digest")
LEASE = "digest"
PAUSE = 20.0
"""Seconds between two looks at the clock."""
GRACE = timedelta(hours=12)
"""How late an analysis may be (policy §3)."""
Send = Callable[[DigestConfig, EmailMessage], tuple[str, ...]]


class Counted(Protocol):
    """What is counted of it."""

    def observe_digest_failure(self) -> None:
        """A digest that could not be sent."""


def by_mail(config: DigestConfig, mail: EmailMessage) -> tuple[str, ...]:
    """Hand a mail to the configured server; the recipients that it refused."""
    smtp = config.smtp
    server = MailServer(smtp.host, smtp.port, smtp.tls, smtp.username, smtp.password_file, smtp.ca_file)
    return server.send(mail)


class DailyDigest:
    """One loop. Of several processes the one with the lease sends; the store knows which days are done."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        config: Callable[[], Config],
        thresholds: Callable[[], Thresholds],
        clock: Clock,
        *,
        counted: Counted | None = None,
        send: Send = by_mail,
    ) -> None:
        self._database, self._leases, self._clock, self._send = database, leases, clock, send
        self._config, self._thresholds, self._counted = config, thresholds, counted
        self._digests, self._audit = Digests(database), Audit(database)
        self._failures, self._again = 0, datetime.min.replace(tzinfo=clock().tzinfo)
        self._stop = threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stop.is_set():
            self.look()
            self._stop.wait(PAUSE)

    def stop(self) -> None:
        """End after the mail at hand."""
        self._stop.set()

    def look(self) -> None:
        """Send what is due; what failed is tried again some minutes later."""
        settings, now = self._settings(), self._clock()
        if settings is None or now < self._again:
            return
        try:
            self._digests.begin(last_due(now, settings.at), now)
            begun_on = self._digests.first() or last_due(now, settings.at)
            for day in due(now, settings.at, begun_on, self._digests.since(begun_on)):
                self.send(day, ITSELF)
        except FairleadError as error:
            self._failed(now, str(error))
        except Exception as error:
            log.exception("digest crashed")
            self._failed(now, type(error).__name__)
        else:
            self._failures = 0

    def _failed(self, now: datetime, reason: str) -> None:
        pause = RETRIES[min(self._failures, len(RETRIES) - 1)]
        self._failures, self._again = self._failures + 1, now + timedelta(seconds=pause)
        if self._counted is not None:
            self._counted.observe_digest_failure()
        log.error("digest not sent", extra={"reason": reason})

    def send(self, day: date, caller: Caller, *, again: bool = False) -> Done | None:
        """Send the digest of a day unless it is done; how it is done, or None while another process sends it."""
        settings = self._needed()
        if self._clock() < end_of(day, settings.at):
            raise DigestError(f"day: must be over at {settings.at:%H:%M} UTC, got {day}")
        known = self._digests.find(day)
        if known is not None and not again:
            return known
        if not self._leases.take(LEASE):
            return None
        done = None
        try:
            known = self._digests.find(day)
            done = known if known is not None and not again else self._sent(settings, day)
        finally:
            with self._leases.ending(LEASE):
                if done is not None and done is not known and self._digests.finish(done, again=again):
                    subject, facts = f"digest {day}", {"state": done.state, "message_id": done.message_id}
                    self._audit.add(entry_of(caller, "digest.send", subject, done.finished_at, **facts))
        return done

    def _sent(self, settings: DigestConfig, day: date) -> Done:
        digest = self.build(day)
        if digest.empty:
            log.info("nothing to tell in the digest", extra={"day": str(day)})
            return Done(day, EMPTY, self._clock())
        try:
            refused = self._send(settings, message(digest, settings.sender, settings.to))
        except UnsentError as error:
            raise DigestError(f"digest {day}: {error}") from None
        if refused:
            log.warning("digest refused for some recipients", extra={"day": str(day), "recipients": len(refused)})
            if self._counted is not None:
                self._counted.observe_digest_failure()
        log.info("digest sent", extra={"day": str(day), "warnings": len(digest.warnings)})
        return Done(day, SENT, self._clock(), message_id(digest, settings.sender))

    def build(self, day: date) -> Digest:
        """What the digest of a day says: the same for the same store."""
        end = end_of(day, self._needed().at)
        start = end - DAY
        alerts = [_alert(raw, end) for raw in Alerts(self._database).warnings(end)]
        alerts += self._measured(alerts, end)
        incidents = told(self._incidents(), start, end)
        head = self._audit.head(end)
        return Digest(day, start, end, warned(alerts, start, end), incidents, tuple(self._late(end)), head)

    def _incidents(self) -> Iterator[Incident]:
        """All of them, in pages."""
        incidents, before = Incidents(self._database), None
        while page := incidents.page(Filter(), 500, before):
            yield from page
            before = page[-1].id

    def _measured(self, alerts: list[Alert], end: datetime) -> Iterator[Alert]:
        """Ends of WARNINGs that no webhook told: a later analysis has measured less."""
        open_since = {one.fingerprint: one for one in alerts if one.firing and one.model}
        if not open_since:
            return
        thresholds = self._thresholds()
        oldest = min(one.starts_at for one in open_since.values())
        severities: dict[str, tuple[Severity, datetime]] = {}
        for run in Runs(self._database).between(oldest - 60 * DAY, end):
            if run.failure is not None or run.finished >= end:
                continue
            for fingerprint, alert in open_since.items():
                if run.model != alert.model or run.finished <= alert.starts_at + SETTLED:
                    continue
                for one in run.measurements:
                    if one.metric == alert.labels.get("metric") and _same(dict(one.labels), alert.labels):
                        severities[fingerprint] = thresholds.judge(run.model, one), run.finished
        for fingerprint, (severity, at) in severities.items():
            if severity < Severity.WARNING:
                ended = open_since[fingerprint]
                yield Alert(fingerprint, ended.labels, False, ended.starts_at, at, ended.annotations)

    def _late(self, end: datetime) -> Iterator[Late]:
        finished = Runs(self._database).last_successes()
        for model in self._config().models:
            for family in families_of(subject_of(model, self._database)):
                last = finished.get((model.name, family))
                cadence = CADENCES[model.risk][family]
                longest = cadence.span + GRACE + (DAY if cadence is Cadence.MONTHLY else timedelta(0))
                if last is not None and last + longest < end:
                    yield Late(model.name, family, last)

    def facts(self) -> tuple[Fact, ...]:
        """When a day was last done; before the first, since when fairlead waits for it."""
        last = self._digests.last() if self._settings() else None
        return () if last is None else (
            Fact("fairlead_digest_last_success_timestamp_seconds", (), last.timestamp()),
        )  # fmt: skip

    def _settings(self) -> DigestConfig | None:
        alerting = self._config().alerting
        return None if alerting is None else alerting.digest

    def _needed(self) -> DigestConfig:
        settings = self._settings()
        if settings is None:
            raise DigestError("alerting.digest: must be configured, got nothing")
        return settings


def _alert(raw: Mapping[str, Any], end: datetime) -> Alert:
    starts_at, note = begun(moment(raw["startsAt"]), end)
    firing = raw["status"] == "firing"
    ends_at = None if firing else moment(raw.get("endsAt", "")) or end
    return Alert(raw["fingerprint"], raw["labels"], firing, starts_at, ends_at, raw.get("annotations") or {}, note)


def _same(measured: Mapping[str, str], alerted: Mapping[str, str]) -> bool:
    return all(alerted.get(name, value) == value for name, value in measured.items())
