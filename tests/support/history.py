"""A store with something in every table that has a checksum, a document or a period."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert
from fairlead.core.audit import entry_of
from fairlead.core.exception import Subject, approved, requested
from fairlead.core.incident import Incident
from fairlead.core.maintenance import planned
from fairlead.core.partial import Identity, Known
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.store.alerts import Alerts
from fairlead.store.audit import Audit
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.exceptions import Exceptions
from fairlead.store.incidents import Incidents
from fairlead.store.maintenance import Windows
from fairlead.store.partials import Partials
from fairlead.store.requests import Requests
from fairlead.store.runs import Runs
from fairlead.store.tables import answers
from fairlead.store.tokens import Tokens
from tests.support.comparisons import Rows, baseline_of
from tests.support.runs import run

NOW = datetime(2026, 3, 10, 12, 30, 15, 250, tzinfo=UTC)
DAY = timedelta(days=1)
ANA = Caller("ana naïve 愛", Role.ADMIN, "127.0.0.1")


def fill(database: Database, now: datetime = NOW) -> None:
    """Some of everything, all of it made now."""
    baselines = Baselines(database)
    content = baseline_of(Rows(numbers={"income": list(range(100))}))
    for model in ("credit", "hiring"):
        for _ in range(2):
            baselines.create(model, content, source="logs", created_by="ana", now=now, activate=True)
    moved = [replace(one, finished=now) for one in (run(9), run(10, failure="broken 愛"))]
    Runs(database).record(moved)
    Alerts(database).record([alert("a1"), alert("b2", "warning"), alert("c3", "")], "slack", now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    piece = Window(midnight - DAY, midnight)
    plan, rows = Plan("at", None, "decision"), Summary(7, predicted=7)
    known = Known({piece: rows}, 0, (1, 2**40))
    Partials(database, "credit", lambda: now).keep(plan, {Identity("a.csv", 1, 2, 3, 4): known}, {piece: rows}, ())
    Tokens(database).create("grafana", Role.VIEWER, created_by="ana", now=now)
    answer(database, "k1", now)
    requests = Requests(database)
    number, _ = requests.add(["credit"], ["data"], None, requested_by="ana", now=now, most=9) or (0, False)
    requests.finish(number, now, None)
    told = Alert("a1", {"model": "credit", "family": "data", "severity": "critical"}, True, now)
    Incidents(database).attach(Incidents(database).add(Incident("credit", "data", "critical", "PSI 0.4", now)).id, told)
    asked = requested(Subject("credit", "feature_psi", "income 愛"), "season", "bo", now + DAY, now)
    Exceptions(database).add(approved(asked, ANA, now))
    Windows(database).add(planned(["credit", "naïve 愛"], now, now + DAY, "upgrade", by="ana", now=now))
    for number in range(3):
        Audit(database).add(entry_of(ANA, "token.create", f"token {number}", now, reason="a 'reason'", number=number))


def answer(database: Database, key: str, now: datetime) -> None:
    """An answer to be repeated."""
    facts = {"request": "r", "status": 200, "content": "{}", "kept_at": now}
    with database.writing() as connection:
        connection.execute(answers.insert().values(caller="ana", key=key, **facts))


def alert(fingerprint: str, severity: str = "critical") -> dict[str, object]:
    """A delivered alert; one without severity for ""."""
    labels = {"alertname": "ModelFeatureDrift", **({"severity": severity} if severity else {})}
    return {"fingerprint": fingerprint, "status": "firing", "startsAt": "2026-03-10T02:01:00Z", "labels": labels}
