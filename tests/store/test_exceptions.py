"""Accepted risks and maintenance windows in the store, and what they make of alerts and incidents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fairlead.app.exceptions import Exceptions
from fairlead.app.incidents import Incidents
from fairlead.app.maintenance import Maintenance
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert, fingerprint
from fairlead.core.exception import Exemption, Filter, Standing, Subject
from fairlead.core.incident import Acceptance, Incident, RootCause
from fairlead.core.timeline import Filter as Wanted
from fairlead.errors import (
    ExemptionError,
    ForbiddenExemptionError,
    IncidentError,
    MaintenanceError,
    UnknownExemptionError,
    UnknownMaintenanceError,
)
from fairlead.store import exceptions as store
from fairlead.store.database import Database
from fairlead.store.tables import audit
from tests.support.monitored import Clock

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOOK = Caller("alertmanager", Role.ALERTMANAGER, "10.0.0.9")
ANA, LEA = Caller("ana", Role.ML_ENGINEER, "10.0.0.1"), Caller("lea", Role.ML_LEAD, "10.0.0.2")
COCO = Caller("coco", Role.COMPLIANCE_OFFICER, "10.0.0.3")
PSI = Subject("credit", "feature_psi")
HOSTILE = "a\x1b[31m\0b" * 30
MODELS = ["credit", "hiring", HOSTILE]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def desk(database: Database, clock: Clock) -> Exceptions:
    return Exceptions(database, clock, lambda: MODELS)


@pytest.fixture
def incidents(database: Database, clock: Clock) -> Incidents:
    return Incidents(database, clock)


def agreed(desk: Exceptions, subject: Subject = PSI, days: float = 20) -> Exemption:
    made = desk.request(ANA, subject, "season", desk.now() + days * DAY)
    return desk.approve(made.id, COCO if subject.family == "fairness" else LEA)


def alert(begins: datetime = NOON - HOUR, **labels: str) -> Alert:
    about = {"alertname": "A", "metric": "feature_psi", "model": "credit", "family": "data", "severity": "critical"}
    found = about | labels
    return Alert(fingerprint(found), found, True, begins, None, {"summary": "drift"})


def all_of(incidents: Incidents) -> list[Incident]:
    return incidents.page(Wanted(), 100)


def audited(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        return [(row.actor, row.action, row.subject) for row in connection.execute(select(audit).order_by(audit.c.id))]


def test_from_request_to_revocation(desk: Exceptions, database: Database, clock: Clock) -> None:
    made = desk.request(ANA, replace(PSI, feature="income"), "season", NOON + 30 * DAY)
    assert (made.name, made.status, made.requested_by) == ("EXC-1", Standing.REQUESTED, "ana")
    assert desk.facts() == []
    clock.now += HOUR
    approved = desk.approve(1, LEA, "fine")
    assert (approved.status, approved.decided_by, approved.decision) == (Standing.APPROVED, "lea", "fine")
    (fact,) = desk.facts()
    assert fact.value == (NOON + 30 * DAY).timestamp()
    assert dict(fact.labels) == {
        "exception": "EXC-1", "model": "credit", "metric": "feature_psi", "family": "data", "feature": "income",
        "attribute": "",
    }  # fmt: skip
    revoked = desk.revoke(1, ANA, "mended")
    assert (revoked.revoked_by, revoked.revoked_because, revoked.until) == ("ana", "mended", NOON + 30 * DAY)
    assert desk.facts() == []
    assert audited(database) == [
        ("ana", "exception.request", "exception EXC-1"),
        ("lea", "exception.approve", "exception EXC-1"),
        ("ana", "exception.revoke", "exception EXC-1"),
    ]


def test_time_alone_ends_one(desk: Exceptions, clock: Clock) -> None:
    agreed(desk)
    clock.now = NOON + 20 * DAY
    assert desk.facts() == []
    (found,) = desk.page(Filter((Standing.EXPIRED,)), 9)
    assert found.status is Standing.EXPIRED
    assert desk.page(Filter((Standing.APPROVED,)), 9) == []
    with pytest.raises(ExemptionError, match="EXC-1: status: must be requested or approved, got expired"):
        desk.revoke(1, LEA, "x")


def test_lists_are_filtered_and_paged(desk: Exceptions) -> None:
    for number in range(5):
        desk.request(ANA, Subject("credit", "feature_psi", f"f{number}"), "x", NOON + DAY)
    desk.request(ANA, Subject("hiring", "drift_score"), "x", NOON + DAY)
    desk.approve(2, LEA)
    desk.refuse(3, LEA, "no")
    assert [one.id for one in desk.page(Filter(), 3)] == [6, 5, 4]
    assert [one.id for one in desk.page(Filter(), 3, 4)] == [3, 2, 1]
    assert [one.id for one in desk.page(Filter((Standing.APPROVED, Standing.REFUSED)), 9)] == [3, 2]
    assert [one.id for one in desk.page(Filter(model="hiring", metric="drift_score"), 9)] == [6]
    assert desk.page(Filter(metric="feature_kl_divergence"), 9) == []


def test_what_is_refused_changes_nothing(desk: Exceptions, database: Database) -> None:
    desk.request(ANA, Subject("credit", "fairness_accuracy_gap_increase"), "x", NOON + DAY)
    before = (desk.page(Filter(), 9), audited(database))
    with pytest.raises(
        ForbiddenExemptionError, match="role: must be compliance_officer to decide about a fairness risk"
    ):
        desk.approve(1, LEA)
    with pytest.raises(UnknownExemptionError, match="got EXC-2"):
        desk.approve(2, LEA)
    with pytest.raises(ExemptionError, match="model: must be a configured model, got 'nobody'"):
        desk.request(ANA, Subject("nobody", "feature_psi"), "x", NOON + DAY)
    with pytest.raises(ExemptionError, match="must be asked for once, got EXC-1, which waits too"):
        desk.request(ANA, Subject("credit", "fairness_accuracy_gap_increase"), "again", NOON + DAY)
    with pytest.raises(ExemptionError, match="until: must be within the next 30 days"):
        desk.request(ANA, PSI, "x", NOON + 31 * DAY)
    assert (desk.page(Filter(), 9), audited(database)) == before


def test_one_may_follow_another_without_a_gap(desk: Exceptions) -> None:
    agreed(desk)
    assert agreed(desk).name == "EXC-2"
    assert len(desk.facts()) == 2


def test_hostile_texts_are_kept(desk: Exceptions) -> None:
    made = desk.request(Caller(HOSTILE, Role.ADMIN), Subject(HOSTILE, "feature_psi", HOSTILE), HOSTILE, NOON + DAY)
    assert made.subject.model.isprintable()
    assert len(made.subject.model) == 128
    assert desk.page(Filter(model=made.subject.model), 9) == [made]


def test_no_incident_is_opened_for_what_is_accepted_until_it_ends(
    desk: Exceptions, incidents: Incidents, clock: Clock
) -> None:
    agreed(desk, replace(PSI, feature="income"))
    assert incidents.take([alert(feature="income")], HOOK) == []
    assert [one.name for one in incidents.take([alert(feature="age")], HOOK)] == ["INC-1"], "that is not accepted"
    clock.now = NOON + 20 * DAY + MINUTE
    incidents.take([alert(feature="income")], HOOK)
    (one,) = all_of(incidents)
    attached = incidents.get(one.id, ANA)[1]
    assert {each.labels["feature"]: each.first_at for each in attached} == {
        "age": NOON - HOUR,
        "income": NOON + 20 * DAY,
    }


def test_an_incident_counts_from_the_end_of_the_exception(desk: Exceptions, incidents: Incidents, clock: Clock) -> None:
    agreed(desk)
    clock.now = NOON + 2 * DAY
    desk.revoke(1, LEA, "mended, they say")
    clock.now += MINUTE
    for _ in range(3):
        incidents.take([alert()], HOOK)
        (one,) = all_of(incidents)
        assert one.opened_at == NOON + 2 * DAY
        clock.now += MINUTE
    assert [event.what for event in incidents.get(1, ANA)[2]] == ["opened"]


def accepted(incidents: Incidents, *alerts: Alert) -> Incident:
    incidents.take(alerts, HOOK)
    incidents.acknowledge(1, ANA)
    return incidents.accept_risk(1, LEA, Acceptance("season", RootCause.OTHER, "ana", NOON + 10 * DAY))


def test_accepting_the_risk_of_an_incident_makes_exceptions_of_its_alerts(
    desk: Exceptions, incidents: Incidents, database: Database
) -> None:
    odd = alert(metric="up", n="1")
    accepted(incidents, alert(feature="income"), alert(feature="age"), alert(feature="age", n="2"), odd)
    found = desk.page(Filter((Standing.APPROVED,)), 9)
    assert {(one.subject.feature, one.until, one.requested_by, one.decided_by, one.incident) for one in found} == {
        ("income", NOON + 10 * DAY, "ana", "lea", 1),
        ("age", NOON + 10 * DAY, "ana", "lea", 1),
    }
    assert ("lea", "exception.approve", "exception EXC-1") in audited(database)


def test_reopening_the_incident_ends_them(desk: Exceptions, incidents: Incidents) -> None:
    accepted(incidents, alert(feature="income"))
    incidents.reopen(1, ANA, "it was not")
    (one,) = desk.page(Filter(), 9)
    assert (one.status, one.revoked_because) == (Standing.REVOKED, "INC-1 was reopened: it was not")


def test_revoking_one_ends_the_acceptance_of_the_incident(desk: Exceptions, incidents: Incidents, clock: Clock) -> None:
    accepted(incidents, alert(feature="income"))
    clock.now += DAY
    incidents.take([alert(feature="income")], HOOK)
    assert len(all_of(incidents)) == 1
    desk.revoke(1, ANA, "mended, they say")
    assert all_of(incidents)[0].accepted_until == NOON + DAY
    assert incidents.get(1, ANA)[2][-1].what == "lapsed"
    clock.now += MINUTE
    incidents.take([alert(feature="income")], HOOK)
    again = all_of(incidents)[0]
    assert (again.name, again.previous, again.opened_at) == ("INC-2", 1, NOON + DAY)


def test_nothing_is_accepted_of_which_the_exception_is_refused(desk: Exceptions, incidents: Incidents) -> None:
    """Labels that disagree: a fairness metric in an incident of the family data."""
    with pytest.raises(IncidentError, match="role: must be compliance_officer to decide about a fairness risk"):
        accepted(incidents, alert(metric="fairness_disparate_impact_ratio"))
    assert all_of(incidents)[0].status.value == "acknowledged"
    assert desk.page(Filter(), 9) == []


def test_moves_are_decided_by_who_comes_first(desk: Exceptions, database: Database, clock: Clock) -> None:
    desk.request(ANA, PSI, "x", NOON + DAY)
    other = Exceptions(database, clock, lambda: MODELS)
    desk.refuse(1, LEA, "no")
    with pytest.raises(ExemptionError, match="must be requested, got refused"):
        other.approve(1, LEA)
    assert store.Exceptions(database).active(NOON) == []


def test_a_window_from_plan_to_end(database: Database, clock: Clock) -> None:
    desk = Maintenance(database, clock, lambda: MODELS)
    made = desk.add(ANA, ["credit", "hiring"], None, NOON + HOUR, "upgrade")
    later = desk.add(ANA, ["credit"], NOON + DAY, NOON + 2 * DAY, "more")
    assert (made.name, made.models, made.starts_at) == ("MNT-1", ("credit", "hiring"), NOON)
    assert [dict(fact.labels)["model"] for fact in desk.facts()] == ["credit", "hiring"]
    assert desk.end(1, LEA).ended_by == "lea"
    assert desk.facts() == []
    assert [one.name for one in desk.page(9)] == ["MNT-2", "MNT-1"]
    assert desk.page(9, over=False) == [later]
    assert desk.page(9, 2)[0].ended_at == NOON
    with pytest.raises(MaintenanceError, match="MNT-1: window: must be planned or active"):
        desk.end(1, LEA)
    with pytest.raises(UnknownMaintenanceError, match="got MNT-9"):
        desk.end(9, LEA)
    with pytest.raises(MaintenanceError, match="models: must be configured models, got 'x'"):
        desk.add(ANA, ["x"], None, NOON + HOUR, "upgrade")
    with pytest.raises(MaintenanceError, match="at most 30 days"):
        desk.add(ANA, ["credit"], None, NOON + 31 * DAY, "upgrade")
    assert [action for _, action, _ in audited(database)] == ["maintenance.plan"] * 2 + ["maintenance.end"]
