"""The daily digest on a real mail server and both databases: once a day, whatever is killed, silent when empty."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml

from fairlead.alerting.mail import MailServer, UnsentError
from fairlead.app.digest import ITSELF, DailyDigest
from fairlead.app.incidents import Incidents
from fairlead.config.load import load
from fairlead.config.thresholds import load_thresholds
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert
from fairlead.core.audit import Wanted
from fairlead.core.measurement import Measurement
from fairlead.core.run import Run
from fairlead.demo.processes import free_port
from fairlead.demo.sink import Sink
from fairlead.store.audit import Audit
from fairlead.store.database import Database, open_database
from fairlead.store.digests import Digests
from fairlead.store.leases import Leases
from fairlead.store.runs import Runs
from tests.support.cli import call
from tests.support.runs import run as finished
from tests.support.served import HOSTILE

DAYS = 40
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOOK = Caller("alertmanager", Role.ALERTMANAGER)
ROOT = Path(__file__).parents[2]


def deliver(database: Database, *alerts: Alert, now: datetime) -> None:
    raw = [
        {
            "status": "firing" if one.firing else "resolved",
            "fingerprint": one.fingerprint,
            "startsAt": one.starts_at.isoformat(),
            "endsAt": one.ends_at.isoformat() if one.ends_at else "0001-01-01T00:00:00Z",
            "labels": dict(one.labels),
            "annotations": dict(one.annotations),
        }
        for one in alerts
    ]
    Incidents(database, lambda: now).receive(raw, alerts, "fairlead", HOOK, now)


def warning(number: int, began: datetime, **labels: str) -> Alert:
    about = {"alertname": "ModelFeatureDrift", "severity": "warning", "family": "data", "model": "credit"}
    return Alert(f"{number:x}", {**about, "metric": "feature_psi", **labels}, True, began, None, {"summary": "psi"})


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def daily(path: Path, database: Database, clock: Clock, holder: str = "one", gone: Sequence[str] = ()) -> DailyDigest:
    config = load(path)
    thresholds = load_thresholds(config.thresholds)
    leases = Leases(database, holder, clock=clock, gone=lambda name: name in gone)
    return DailyDigest(database, leases, lambda: config, lambda: thresholds, clock)


def test_a_digest_tells_the_day_and_the_end_of_the_audit_log(config_file: Path, database: Database, sink: Sink) -> None:
    clock = Clock(NINE - DAY)
    digest = daily(config_file, database, clock)
    digest.look()
    assert (sink.mails, [fact.value for fact in digest.facts()]) == ((), [clock.now.timestamp()])
    deliver(database, warning(1, NINE - 3 * HOUR, model=HOSTILE, feature="a\r\nBcc: x@evil.test"), now=NINE - 3 * HOUR)
    labels = {"alertname": "ModelDriftScore", "severity": "critical", "family": "data", "model": "cards"}
    deliver(database, Alert("c", labels, True, NINE - 2 * HOUR, None, {"summary": "<b>&"}), now=NINE - 2 * HOUR)
    Runs(database).record([finished(2, model="credit"), finished(8, model="credit", family="quality")])
    head = Audit(database).head(NINE)
    clock.now = NINE
    digest.look()
    digest.look()
    (mail,) = sink.mails
    assert mail.recipients == ("ml@example.com", "lead@example.com")
    assert mail.message["Message-ID"] == "<digest-2026-03-10@example.org>"
    assert mail.subject == "fairlead 2026-03-10: 1 WARNINGs, 1 open incidents"
    assert f"audit verify --head {head.number}:{head.hash}" in mail.text
    for text in ("a Bcc: x@evil.test", "INC-1 CRITICAL open: cards, data", "<script>", "credit: data, last completed"):
        assert text in mail.text
    for text in ("&lt;script&gt;", "&lt;b&gt;&amp;", f"{head.number}:{head.hash}"):
        assert text in mail.html
    assert "<script>" not in mail.html
    assert "Bcc" not in mail.message
    (entry,) = Audit(database).page(Wanted(action="digest.send", subject="digest 2026-03-10"), 10)
    assert (entry.actor, '"sent"' in entry.detail) == ("fairlead", True)
    assert [fact.value for fact in digest.facts()] == [NINE.timestamp()]
    assert Audit(database).verify(head).bad is None


def test_a_day_without_anything_is_silent_and_done(config_file: Path, database: Database, sink: Sink) -> None:
    clock = Clock(NINE - DAY)
    digest = daily(config_file, database, clock)
    digest.look()
    clock.now = NINE
    digest.look()
    done = Digests(database).find(NINE.date())
    assert done is not None
    assert (done.state, done.message_id, sink.mails) == ("empty", None, ())


def test_a_warning_ends_when_an_analysis_measures_less(config_file: Path, database: Database) -> None:
    digest = daily(config_file, database, Clock(NINE))
    deliver(database, warning(1, NINE - 20 * HOUR, feature="income"), now=NINE - 20 * HOUR)
    deliver(database, warning(2, NINE - 20 * HOUR, feature="age"), now=NINE - 20 * HOUR)
    low, high = (Measurement("feature_psi", value, (("feature", name),), 0.02) for value, name in
                 ((0.01, "income"), (0.2, "age")))  # fmt: skip
    made = finished(10)
    Runs(database).record([Run(**{**{f: getattr(made, f) for f in made.__slots__}, "measurements": (low, high)})])
    found = {one.about: one.ended_at for one in digest.build(NINE.date()).warnings}
    assert found == {"feature_psi, feature income": made.finished, "feature_psi, feature age": None}


def test_days_of_a_downtime_are_made_up(config_file: Path, database: Database, sink: Sink) -> None:
    clock = Clock(NINE - 4 * DAY)
    digest = daily(config_file, database, clock)
    digest.look()
    deliver(database, warning(1, NINE - 3 * DAY - HOUR), now=NINE - 3 * DAY - HOUR)
    clock.now = NINE + 5 * HOUR
    digest.look()
    assert [mail.subject[:19] for mail in sink.mails] == [f"fairlead 2026-03-{day:02}" for day in (7, 8, 9, 10)]


def test_a_server_that_refuses_is_tried_again_later(config_file: Path, database: Database, sink: Sink) -> None:
    clock = Clock(NINE - DAY)
    daily(config_file, database, clock).look()
    deliver(database, warning(1, NINE - HOUR), now=NINE - HOUR)
    text = config_file.read_text()
    config_file.write_text(text.replace(f"port: {sink.smtp_port}", f"port: {free_port()}"))
    clock.now = NINE
    failing = daily(config_file, database, clock)
    failing.look()
    assert Digests(database).find(NINE.date()) is None
    config_file.write_text(text)
    clock.now = NINE + timedelta(seconds=61)
    daily(config_file, database, clock).look()
    assert len(sink.mails) == 1


def test_two_processes_at_once_send_one(config_file: Path, database: Database, location: str, sink: Sink) -> None:
    clock = Clock(NINE - 10 * DAY)
    daily(config_file, database, clock).look()
    deliver(database, warning(1, NINE - 10 * DAY + HOUR), now=NINE - 10 * DAY + HOUR)
    others = [open_database(location) for _ in range(4)]
    digests = [daily(config_file, other, clock, f"holder {number}") for number, other in enumerate(others)]
    for number in range(1, 6):
        clock.now = NINE - (10 - number) * DAY
        threads = [threading.Thread(target=digest.look) for digest in digests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        digests[0].look()
        assert len(sink.mails) == number
    for other in others:
        other.close()


def test_forty_days_with_kills_are_all_told(config_file: Path, database: Database, sink: Sink) -> None:
    deliver(database, warning(1, NINE - HOUR), now=NINE - HOUR)
    command = [sys.executable, "-m", "tests.support.digests", config_file, (NINE - DAY).isoformat(), DAYS + 1, 7]
    subprocess.run([str(word) for word in command], check=True, timeout=240, cwd=ROOT)
    told = Counter(str(mail.message["Message-ID"]) for mail in sink.mails)
    assert sorted(told) == [f"<digest-{(NINE + number * DAY).date()}@example.org>" for number in range(DAYS)]
    assert len(Digests(database).since(NINE.date() - DAY)) == DAYS
    same: dict[str, set[str]] = {}
    for mail in sink.mails:
        same.setdefault(str(mail.message["Message-ID"]), set()).add(mail.text)
    assert all(len(texts) == 1 for texts in same.values())
    assert Audit(database).verify().bad is None


def test_the_commands(config_file: Path, database: Database, sink: Sink) -> None:
    clock = Clock(NINE)
    deliver(database, warning(1, NINE - HOUR, model="\x1b[31mred"), now=NINE - HOUR)
    shown = call("digest", "show", "--config.file", config_file, "--day", "2026-03-10")
    assert shown.out.startswith("fairlead 2026-03-10: 1 WARNINGs")
    assert "\x1b" not in shown.out
    assert (
        "<table" in call("digest", "show", "--config.file", config_file, "--day", "2026-03-10", "--format", "html").out
    )
    sent = call("digest", "send", "--config.file", config_file, "--day", "2026-03-10")
    assert (sent.code, sent.out[:28]) == (0, "digest 2026-03-10: sent at 2")
    assert call("digest", "send", "--config.file", config_file, "--day", "2026-03-10").out == sent.out
    assert len(sink.mails) == 1
    call("digest", "send", "--config.file", config_file, "--day", "2026-03-10", "--again")
    told = [mail.message["Message-ID"] for mail in sink.mails]
    assert told == ["<digest-2026-03-10@example.org>"] * 2
    late = call("digest", "send", "--config.file", config_file, "--day", "9999-12-31")
    assert (late.code, late.err) == (1, "day: must be over at 09:00 UTC, got 9999-12-31\n")
    assert call("digest", "send", "--config.file", config_file, "--day", "soon").code == 4
    assert daily(config_file, database, clock, "other").send(NINE.date(), ITSELF) is not None


def test_without_a_digest_the_commands_say_so(config_file: Path, database: Database) -> None:
    document = yaml.safe_load(config_file.read_text())
    del document["alerting"]["digest"]
    config_file.write_text(yaml.safe_dump(document))
    said = call("digest", "show", "--config.file", config_file)
    assert (said.code, said.err) == (1, "alerting.digest: must be configured, got nothing\n")
    digest = daily(config_file, database, Clock(NINE))
    digest.look()
    assert (digest.facts(), Digests(database).first()) == ((), None)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_without_encryption_gets_nothing(sink: Sink, tls: str, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@example.com", "b@example.com"
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    with pytest.raises(UnsentError, match=r"^smtp 127\.0\.0\.1:\d+: (must|SSL|SMTP)"):
        MailServer("127.0.0.1", sink.smtp_port, tls, "u", secret).send(mail)
    assert sink.mails == ()
    assert MailServer("127.0.0.1", sink.smtp_port, "none", "u", secret).send(mail) == ()
    assert [taken.login for taken in sink.wait_for(lambda sink: sink.mails)] == [("u", "hunter2")]
