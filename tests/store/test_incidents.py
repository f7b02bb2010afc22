"""Alerts become incidents: one per model and family while it is open, in whatever order and however often they come."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from fairlead.app.incidents import Incidents
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert, fingerprint
from fairlead.core.incident import SETTLED, Acceptance, Category, Closing, Incident, Opening, RootCause, Status
from fairlead.core.timeline import Filter
from fairlead.errors import IncidentError, StoreError, UnknownIncidentError
from fairlead.store import incidents as store
from fairlead.store.database import Database
from fairlead.store.runs import Runs
from fairlead.store.tables import audit, incidents
from tests.support.monitored import Clock
from tests.support.runs import run

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOOK = Caller("alertmanager", Role.ALERTMANAGER, "10.0.0.9")
ANA, BO = Caller("ana", Role.ML_ENGINEER), Caller("bo", Role.ML_LEAD)
CLOSING = Closing("retrained", RootCause.CONCEPT_DRIFT, Category.RETRAINED)


def alert(
    metric: str = "feature_psi",
    *,
    model: str = "credit",
    family: str = "data",
    severity: str = "critical",
    begins: datetime = NOON,
    ends: datetime | None = None,
    **more: str,
) -> Alert:
    """A firing alert, or one that has ended."""
    labels = {"alertname": "A", "metric": metric, "model": model, "family": family, "severity": severity, **more}
    return Alert(fingerprint(labels), labels, ends is None, begins, ends, {"summary": f"{metric} of {model}"})


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON + MINUTE)


@pytest.fixture
def desk(database: Database, clock: Clock) -> Incidents:
    return Incidents(database, clock)


def all_of(desk: Incidents) -> list[Incident]:
    return desk.page(Filter(), 1000)[::-1]


def told(desk: Incidents, number: int = 1) -> list[str]:
    """What happened to an incident."""
    return [event.what for event in desk.get(number, ANA)[2]]


def test_a_critical_opens_an_incident_and_further_ones_join(desk: Incidents, clock: Clock) -> None:
    assert [one.name for one in desk.take([alert()], HOOK)] == ["INC-1"]
    clock.now += MINUTE
    assert desk.take([alert("feature_kl_divergence", begins=NOON - HOUR)], HOOK) == []
    desk.take([alert("fairness_gap", family="fairness"), alert(model="other")], HOOK)
    assert {(one.model, one.family, one.opened_at, one.title) for one in all_of(desk)} == {
        ("credit", "data", NOON - HOUR, "feature_psi of credit"),
        ("other", "data", NOON, "feature_psi of other"),
        ("credit", "fairness", NOON, "fairness_gap of credit"),
    }
    assert told(desk) == ["opened", "joined"]
    assert [one.labels["metric"] for one in desk.get(1, ANA)[1]] == ["feature_psi", "feature_kl_divergence"]


def test_a_critical_that_joins_one_opened_by_hand_waits_for_an_answer_of_its_own(desk: Incidents, clock: Clock) -> None:
    made = desk.open(Opening("credit", "data", "warning", "odd incomes", "seen in the queue"), ANA)
    desk.acknowledge(made.id, ANA)
    clock.now += DAY
    desk.take([alert(begins=clock.now)], HOOK)
    (found,) = all_of(desk)
    assert (found.severity, found.status, found.acknowledged_by) == ("critical", Status.OPEN, None)
    assert (found.opened_at, found.clock) == (NOON + MINUTE, NOON + MINUTE + DAY)
    values = {fact.metric: fact.value for fact in desk.facts()}
    assert values["fairlead_incident_opened_timestamp_seconds"] == clock.now.timestamp()
    assert "fairlead_incident_acknowledged_timestamp_seconds" not in values
    _, alerts, timeline = desk.get(made.id, ANA)
    assert [one.labels["metric"] for one in alerts] == ["feature_psi"]
    assert [(event.what, event.actor) for event in timeline] == [
        ("opened", "ana"),
        ("acknowledged", "ana"),
        ("joined", "alertmanager"),
        ("raised", "alertmanager"),
    ]
    assert timeline[0].text == "by hand: odd incomes: seen in the queue"
    assert timeline[3].text == "from warning to critical, and waits for an acknowledgement again"


def test_two_who_open_the_same_at_once_make_one(desk: Incidents) -> None:
    def attempt(number: int) -> str:
        try:
            return desk.open(Opening("credit", "data", "warning", f"odd {number}"), ANA).name
        except IncidentError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, range(8)))
    assert answers == ["INC-1", *["family: must have no incident that is not closed, got INC-1"] * 7]
    assert len(all_of(desk)) == 1


def test_others_are_no_incidents(desk: Incidents) -> None:
    desk.take(
        [alert(severity="warning"), alert(escalation="cto"), alert(environment="staging"), alert(severity="none")], HOOK
    )
    assert all_of(desk) == []


def test_a_critical_about_no_model_opens_one_too(desk: Incidents) -> None:
    labels = {"alertname": "FairleadDown", "severity": "critical", "family": "platform"}
    desk.take([Alert("ab", labels, True, NOON)], HOOK)
    (found,) = all_of(desk)
    assert (found.model, found.family, found.title) == ("", "platform", "FairleadDown")


def test_resolved_marks_recovered_and_never_closes(desk: Incidents, clock: Clock) -> None:
    one, two = alert(), alert("feature_kl_divergence")
    desk.take([one, two], HOOK)
    desk.take([replace(one, firing=False, ends_at=NOON + MINUTE)], HOOK)
    assert all_of(desk)[0].recovered_at is None
    clock.now += HOUR
    desk.take([replace(two, firing=False, ends_at=NOON + 2 * MINUTE)], HOOK)
    (found,) = all_of(desk)
    assert (found.status, found.recovered_at) == (Status.OPEN, NOON + 2 * MINUTE)
    desk.take([replace(one, starts_at=NOON + HOUR)], HOOK)
    (found,) = all_of(desk)
    assert (found.status, found.recovered_at, found.opened_at) == (Status.OPEN, None, NOON)
    assert told(desk) == ["opened", "joined", "recovered", "refired"]


def test_an_old_resolve_says_nothing_of_a_newer_start(desk: Incidents, clock: Clock) -> None:
    clock.now += HOUR
    desk.take([alert(begins=NOON + HOUR)], HOOK)
    desk.take([alert(begins=NOON, ends=NOON + MINUTE)], HOOK)
    (found,) = all_of(desk)
    assert (found.recovered_at, found.opened_at) == (None, NOON)


def test_an_alert_of_which_only_the_end_arrived_has_an_incident(desk: Incidents) -> None:
    """It was CRITICAL, and nobody knows of it otherwise."""
    desk.take([alert(ends=NOON + MINUTE)], HOOK)
    (found,) = all_of(desk)
    assert (found.status, found.recovered_at) == (Status.OPEN, NOON + MINUTE)


def messages(seed: int, number: int, ended: float = 0.3) -> list[list[Alert]]:
    """So many deliveries about nine alerts of two models and two families, doubled and in any order."""
    chance = random.Random(seed)  # noqa: S311 - only an order
    metrics = [("feature_psi", "data"), ("feature_kl_divergence", "data"), ("fairness_gap", "fairness")]
    firing = [
        alert(metric, family=family, model=model, begins=NOON - chance.randrange(600) * timedelta(seconds=1))
        for metric, family in metrics
        for model in ("credit", "cards", "loans")
    ]
    pool = [firing, [replace(one, firing=False, ends_at=NOON) for one in firing]]
    delivered = [chance.choices(pool[chance.random() < ended], k=chance.randrange(1, 5)) for _ in range(number)]
    return [*delivered, firing]


WANTED = {(model, family) for model in ("credit", "cards", "loans") for family in ("data", "fairness")}


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_deliveries_in_any_order_make_one_incident_each(desk: Incidents, seed: int) -> None:
    deliveries = messages(seed, 100)
    random.Random(seed).shuffle(deliveries)  # noqa: S311 - only an order
    for delivery in deliveries:
        desk.take(delivery, HOOK)
    once(desk, deliveries)
    before = [(one, desk.get(one.id, ANA)[1]) for one in all_of(desk)]
    for delivery in deliveries:
        desk.take(delivery, HOOK)
    after = [(one, desk.get(one.id, ANA)[1]) for one in all_of(desk)]
    assert [replace(one, recovered_at=None) for one, _ in before] == [
        replace(one, recovered_at=None) for one, _ in after
    ]


def once(desk: Incidents, deliveries: Sequence[Sequence[Alert]]) -> None:
    """One incident per model and family, opened with the earliest of its alerts, and each alert attached once."""
    found = all_of(desk)
    assert sorted((one.model, one.family) for one in found) == sorted(WANTED)
    everything = [one for delivery in deliveries for one in delivery]
    for incident in found:
        mine = [one for one in everything if (one.model, one.family) == (incident.model, incident.family)]
        assert incident.opened_at == min(one.starts_at for one in mine)
        attached = [one.fingerprint for one in desk.get(incident.id, ANA)[1]]
        assert sorted(attached) == sorted({one.fingerprint for one in mine})


def test_two_hundred_at_once_make_one_incident_each(desk: Incidents) -> None:
    deliveries = messages(9, 1000, ended=0.02)

    def deliver(delivery: list[Alert]) -> None:
        """As Alertmanager, which tries again when the store is too busy."""
        for _ in range(5):
            with suppress(StoreError):
                desk.take(delivery, HOOK)
                return
        raise AssertionError("never kept")

    with ThreadPoolExecutor(200) as pool:
        list(pool.map(deliver, deliveries))
    once(desk, deliveries)
    for incident in all_of(desk):
        assert told(desk, incident.id).count("opened") == 1


def test_the_database_itself_keeps_a_second_open_one_out(database: Database, desk: Incidents) -> None:
    desk.take([alert()], HOOK)
    values = {"model": "credit", "family": "data", "severity": "critical", "title": "x", "opened_at": NOON}
    for status, allowed in (("resolved", True), ("accepted_risk", True), ("open", False), ("acknowledged", False)):
        if allowed:
            with database.writing() as connection:
                connection.execute(insert(incidents).values(**values, status=status))
            continue
        with pytest.raises((StoreError, IntegrityError)), database.writing() as connection:
            connection.execute(insert(incidents).values(**values, status=status))


def closed(desk: Incidents, clock: Clock, *alerts: Alert) -> None:
    """INC-1 of these alerts, resolved an hour after it began."""
    desk.take(alerts or [alert()], HOOK)
    clock.now = NOON + HOUR
    desk.acknowledge(1, ANA)
    desk.resolve(1, ANA, CLOSING)


def test_replays_after_the_closing_open_nothing(desk: Incidents, clock: Clock) -> None:
    closed(desk, clock)
    clock.now += DAY
    for again in (alert(), alert(ends=NOON + MINUTE), alert(), alert(begins=NOON - HOUR)):
        desk.take([again], HOOK)
    (found,) = all_of(desk)
    assert found.status is Status.RESOLVED


def test_what_still_fires_after_the_next_analysis_reopens(desk: Incidents, clock: Clock, database: Database) -> None:
    closed(desk, clock)
    analysis = run(11)  # finishes at two in the morning of the next day
    clock.now = analysis.finished + MINUTE
    desk.take([alert()], HOOK)
    Runs(database).record([analysis])
    desk.take([alert()], HOOK)
    assert all_of(desk)[0].closed
    clock.now = analysis.finished + SETTLED
    desk.take([alert()], HOOK)
    (found,) = all_of(desk)
    assert (found.status, found.clock, found.opened_at) == (Status.OPEN, clock.now, NOON)
    assert told(desk)[-1] == "reopened"
    desk.take([alert()], HOOK)
    assert told(desk).count("reopened") == 1


def test_a_new_occurrence_opens_a_linked_incident(desk: Incidents, clock: Clock) -> None:
    closed(desk, clock)
    desk.take([alert(ends=NOON + 90 * MINUTE)], HOOK)
    clock.now = NOON + DAY
    desk.take([alert(begins=NOON + DAY - MINUTE)], HOOK)
    first, second = all_of(desk)
    assert (first.status, second.status, second.previous) == (Status.RESOLVED, Status.OPEN, 1)
    assert second.opened_at == NOON + DAY - MINUTE
    desk.take([alert(begins=NOON), alert(begins=NOON + DAY - MINUTE)], HOOK)
    assert all_of(desk)[1].opened_at == max(NOON + HOUR, first.resolved_at or NOON), "as old as the closing at most"


def test_another_metric_opens_a_linked_incident(desk: Incidents, clock: Clock) -> None:
    """Whoever closed the first one did not know of it."""
    closed(desk, clock)
    desk.take([alert("feature_kl_divergence", begins=NOON + MINUTE)], HOOK)
    assert [(one.status, one.opened_at) for one in all_of(desk)] == [
        (Status.RESOLVED, NOON),
        (Status.OPEN, NOON + MINUTE),
    ]


def test_an_accepted_risk_is_quiet_until_it_ends(desk: Incidents, clock: Clock, database: Database) -> None:
    desk.take([alert()], HOOK)
    desk.acknowledge(1, ANA)
    until = clock.now + 10 * DAY
    desk.accept_risk(1, BO, Acceptance("season", RootCause.OTHER, "ana", until))
    for day in (11, 15, 19):
        Runs(database).record([run(day)])
        clock.now = run(day).finished + HOUR
        desk.take([alert(), alert(begins=clock.now - MINUTE)], HOOK)
        assert len(all_of(desk)) == 1
    clock.now = until
    desk.take([alert()], HOOK)
    first, second = all_of(desk)
    assert (first.status, second.status, second.opened_at) == (Status.ACCEPTED_RISK, Status.OPEN, until)
    desk.take([alert(), alert()], HOOK)
    assert all_of(desk)[1].opened_at == until


def test_each_change_is_audited_once_with_it(desk: Incidents, clock: Clock, database: Database) -> None:
    for _ in range(3):
        desk.take([alert()], HOOK)
    desk.acknowledge(1, ANA, "on it")
    desk.acknowledge(1, ANA, "on it")
    desk.assign(1, ANA, "bo")
    desk.comment(1, BO, "looks like the import")
    desk.resolve(1, BO, CLOSING)
    desk.reopen(1, ANA, "no")
    with database.reading() as connection:
        rows = connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.id)).all()
    assert [tuple(row) for row in rows] == [
        ("alertmanager", "incident.opened", "incident INC-1"),
        ("ana", "incident.acknowledged", "incident INC-1"),
        ("ana", "incident.assigned", "incident INC-1"),
        ("bo", "incident.commented", "incident INC-1"),
        ("bo", "incident.resolved", "incident INC-1"),
        ("ana", "incident.reopened", "incident INC-1"),
    ]


def test_a_move_whose_audit_fails_is_not_made(
    desk: Incidents, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take([alert()], HOOK)

    def fail(*_: object) -> None:
        raise StoreError("store: disk full")

    monkeypatch.setattr("fairlead.store.audit.Audit.add", fail)
    with pytest.raises(StoreError):
        desk.acknowledge(1, ANA)
    with pytest.raises(StoreError):
        desk.take([alert(model="other")], HOOK)
    monkeypatch.undo()
    assert [one.status for one in all_of(desk)] == [Status.OPEN]
    assert told(desk) == ["opened"]


def test_a_full_disk_keeps_nothing_by_halves(desk: Incidents, database: Database, backend: str) -> None:
    if backend != "sqlite":
        pytest.skip("only SQLite can be told that the disk is full")
    desk.take([alert()], HOOK)
    with database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    many = [alert(model=f"m{number}", note="x" * 500) for number in range(200)]
    with pytest.raises(StoreError, match="full"):
        desk.take(many, HOOK)
    assert len(all_of(desk)) == 1
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    desk.take(many, HOOK)
    assert len(all_of(desk)) == 201


def test_the_first_of_many_who_acknowledge_wins(desk: Incidents) -> None:
    desk.take([alert()], HOOK)

    def attempt(number: int) -> str:
        try:
            return desk.acknowledge(1, Caller(f"person {number}", Role.ML_ENGINEER)).acknowledged_by or ""
        except IncidentError as error:
            return str(error)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(40)))
    winner = all_of(desk)[0].acknowledged_by
    assert answers.count(winner or "") == 1
    assert all(f"acknowledged by {winner} at " in one for one in answers if one != winner)
    assert told(desk) == ["opened", "acknowledged"]


def test_times_of_answers(desk: Incidents, clock: Clock) -> None:
    desk.take([alert()], HOOK)
    clock.now = NOON + 8 * MINUTE
    desk.acknowledge(1, ANA)
    clock.now = NOON + 3 * HOUR
    desk.resolve(1, ANA, CLOSING)
    clock.now = NOON + DAY
    desk.reopen(1, ANA, "it was not over")
    clock.now += MINUTE
    desk.acknowledge(1, BO)
    answers = [(one.what, one.family, one.severity, one.seconds) for one in desk.answers(0)]
    assert answers == [
        ("opened", "data", "critical", None),
        ("acknowledged", "data", "critical", 480.0),
        ("resolved", "data", "critical", 10_800.0),
        ("acknowledged", "data", "critical", 60.0),
    ]
    assert desk.answers(desk.answers(0)[1].id) == desk.answers(0)[2:]


def test_hostile_text_stays_data(desk: Incidents) -> None:
    hostile = "'; DROP TABLE incidents; --\x00<script>\ud83d\u202e" + "x" * 300
    labels = {"alertname": hostile, "model": hostile, "family": hostile, "severity": "critical", "metric": hostile}
    for _ in range(2):
        desk.take([Alert("ab", labels, True, NOON, None, {"summary": hostile})], HOOK)
    desk.acknowledge(1, Caller(hostile.replace("\0", ""), Role.ADMIN), hostile)
    desk.comment(1, ANA, hostile)
    desk.assign(1, ANA, hostile)
    desk.resolve(1, ANA, replace(CLOSING, resolution=hostile))
    (found,) = all_of(desk)
    assert found.model.startswith("'; DROP TABLE incidents; --\\x00<script>")
    assert "<script>" in (found.resolution or "")
    assert desk.evidence(1, ANA).startswith(b"PK")


def test_pages_and_filters(desk: Incidents) -> None:
    for number in range(5):
        desk.take([alert(model=f"m{number}"), alert(model=f"m{number}", family="fairness")], HOOK)
    desk.acknowledge(3, ANA)
    numbers = [one.id for one in desk.page(Filter(), 3)]
    assert numbers == [10, 9, 8]
    assert [one.id for one in desk.page(Filter(), 3, 8)] == [7, 6, 5]
    assert [one.id for one in desk.page(Filter(status=("acknowledged",)), 9)] == [3]
    assert {one.family for one in desk.page(Filter(family="fairness"), 9)} == {"fairness"}
    assert len(desk.page(Filter(model="m1", severity="critical"), 9)) == 2
    assert desk.page(Filter(severity="warning"), 9) == []
    with pytest.raises(UnknownIncidentError):
        desk.get(11, ANA)


def test_a_baseline_is_documented_as_an_acknowledged_incident(desk: Incidents, clock: Clock) -> None:
    assert desk.document("credit", "baseline reset", "new data source", BO, clock.now) == "INC-1"
    assert desk.document("credit", "baseline reset", "once more", BO, clock.now) == "INC-1"
    assert desk.document("cards", "baseline reset", "new data source", BO, clock.now) == "INC-2"
    found, alerts, timeline = desk.get(1, ANA)
    assert (found.family, found.severity, found.status, found.acknowledged_by) == (
        "baseline",
        "warning",
        Status.ACKNOWLEDGED,
        "bo",
    )
    assert alerts == []
    assert [event.text for event in timeline] == [
        "baseline reset",
        "baseline reset: new data source",
        "baseline reset: once more",
    ]
    assert [one.what for one in desk.answers(0)] == ["opened", "opened"]
    assert desk.resolve(1, ANA, Closing()).closed


def test_facts_are_of_what_is_not_closed(desk: Incidents, clock: Clock) -> None:
    desk.take([alert(), alert("fairness_gap", family="fairness")], HOOK)
    names = [one.metric for one in desk.facts()]
    assert sorted(set(names)) == ["fairlead_incident_info", "fairlead_incident_opened_timestamp_seconds"]
    clock.now = NOON + HOUR
    for number in (1, 2):
        desk.acknowledge(number, ANA)
        desk.resolve(number, ANA, CLOSING)
    due, *closed = desk.facts()
    assert {one.metric for one in closed} == {"fairlead_incident_closed_timestamp_seconds"}
    assert (due.metric, due.value) == (
        "fairlead_incident_postmortem_due_timestamp_seconds",
        (NOON + HOUR + 7 * DAY).timestamp(),
    )
    fair = next(one for one in all_of(desk) if one.family == "fairness")
    desk.postmortem(fair.id, ANA, "what we learnt")
    assert desk.facts() == closed


def test_nothing_of_them_is_deleted() -> None:
    assert not any("delete" in name for name in dir(store.Incidents))
