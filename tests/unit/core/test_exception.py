"""The states of an accepted risk: who may decide, what is refused and why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from fairlead.core.access import Caller, Role
from fairlead.core.exception import (
    SUBJECTS,
    Exemption,
    Standing,
    Subject,
    approved,
    refused,
    requested,
    revoked,
)
from fairlead.core.incident import ForbiddenError, RefusedError
from fairlead.core.thresholds import COMPARISONS
from fairlead.exposition.catalogue import METRICS
from tests.support.rules import RULE_FILES

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PSI = Subject("credit", "feature_psi", feature="income")
PARITY = Subject("credit", "fairness_demographic_parity_drift")
LEAD, OFFICER = Caller("lea", Role.ML_LEAD), Caller("coco", Role.COMPLIANCE_OFFICER)


def asked(subject: Subject = PSI, days: int = 30) -> Exemption:
    return replace(requested(subject, "season", "ana", NOON + days * DAY, NOON), id=7)


def agreed() -> Exemption:
    return approved(asked(), LEAD, NOON + DAY, "for once")


def test_from_request_to_expiry() -> None:
    one = agreed()
    assert (one.name, one.decided_by, one.decided_at, one.decision) == ("EXC-7", "lea", NOON + DAY, "for once")
    assert one.is_active(NOON + 30 * DAY - timedelta(microseconds=1))
    assert one.standing(NOON + 30 * DAY) is Standing.EXPIRED
    assert one.ends_at == NOON + 30 * DAY


def test_a_revoked_one_has_ended_when_it_was_revoked() -> None:
    one = revoked(agreed(), "bo", NOON + 2 * DAY, "mended")
    assert (one.ends_at, one.standing(NOON + 3 * DAY), one.approved) == (NOON + 2 * DAY, Standing.REVOKED, True)
    assert one.standing(NOON + 60 * DAY) is Standing.REVOKED
    assert not revoked(asked(), "ana", NOON, "withdrawn").approved


def test_nothing_is_approved_that_waited_too_long() -> None:
    assert asked(days=1).standing(NOON + DAY) is Standing.EXPIRED
    with pytest.raises(RefusedError, match=r"^status: must be requested, got expired$"):
        approved(asked(days=1), LEAD, NOON + DAY)


DECIDERS = {
    "data": {Role.ML_LEAD, Role.CTO, Role.ADMIN},
    "fairness": {Role.COMPLIANCE_OFFICER},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("subject", [PSI, PARITY], ids=str)
@pytest.mark.parametrize(
    "decide", [lambda one, by: approved(one, by, NOON), lambda one, by: refused(one, by, NOON, "no")]
)
def test_who_may_decide(subject: Subject, role: Role, decide: Callable[[Exemption, Caller], Exemption]) -> None:
    if role in DECIDERS[subject.family]:
        assert decide(asked(subject), Caller("x", role)).decided_by == "x"
    else:
        with pytest.raises(ForbiddenError, match=rf"to decide about a {subject.family} risk, got {role}$"):
            decide(asked(subject), Caller("x", role))


@pytest.mark.parametrize("name", ["ana", "ANA", " Ana "])
def test_nobody_decides_about_an_own_request(name: str) -> None:
    with pytest.raises(RefusedError, match="must be made by another person than the one who asks"):
        approved(asked(), Caller(name, Role.ADMIN), NOON)


MOVES: dict[str, Callable[[Exemption], Exemption]] = {
    "approve": lambda one: approved(one, LEAD, NOON),
    "refuse": lambda one: refused(one, LEAD, NOON, "no"),
    "revoke": lambda one: revoked(one, "bo", NOON, "mended"),
}
ALLOWED = {
    ("requested", "approve"), ("requested", "refuse"), ("requested", "revoke"), ("approved", "revoke"),
}  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("standing", Standing)
def test_every_move_from_every_state(standing: Standing, move: str) -> None:
    states = {
        Standing.REQUESTED: asked(),
        Standing.APPROVED: agreed(),
        Standing.REFUSED: refused(asked(), LEAD, NOON, "no"),
        Standing.REVOKED: revoked(asked(), "bo", NOON, "mended"),
        Standing.EXPIRED: replace(asked(), until=NOON),
    }
    if (standing, move) in ALLOWED:
        assert MOVES[move](states[standing]) != states[standing]
    else:
        with pytest.raises(RefusedError, match=rf"^status: must be .*, got {standing}$"):
            MOVES[move](states[standing])


@pytest.mark.parametrize(
    ("subject", "rationale", "days", "message"),
    [
        (Subject("m", "feature_pis"), "x", 1, "metric: must be a metric with thresholds, got 'feature_pis'"),
        (Subject("m", "feature_psi"), " ", 1, "rationale: must be given to accept a risk, got nothing"),
        (Subject("m", "feature_psi"), "x", 30.001, "until: must be within the next 30 days, got "),
        (Subject("m", "feature_psi"), "x", 0, "until: must be within the next 30 days, got "),
        (Subject("m", "feature_psi", attribute="sex"), "x", 1, "attribute: must be left out, for feature_psi has none"),
        (Subject("m", "drift_score", feature="age"), "x", 1, "feature: must be left out, for drift_score has none"),
    ],
)
def test_what_cannot_be_asked_for(subject: Subject, rationale: str, days: float, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        requested(subject, rationale, "ana", NOON + days * DAY, NOON)
    assert str(caught.value).startswith(message)


def test_reasons_are_required() -> None:
    with pytest.raises(RefusedError, match="reason: must be given"):
        refused(asked(), LEAD, NOON, " ")
    with pytest.raises(RefusedError, match="reason: must be given"):
        revoked(asked(), "bo", NOON, "")


def test_what_it_is_about() -> None:
    labels = {"alertname": "A", "model": "credit", "metric": "feature_psi", "feature": "income", "severity": "critical"}
    assert PSI.covers(labels)
    assert Subject("credit", "feature_psi").covers(labels)
    assert not PSI.covers({**labels, "feature": "age"})
    assert not PSI.covers({**labels, "metric": "feature_kl_divergence"})
    assert not Subject("other", "feature_psi").covers(labels)
    assert str(PSI) == "feature_psi of model credit, feature income"


def test_families_are_those_of_the_rules() -> None:
    families = {}
    for path in RULE_FILES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if rule.get("record") == "fairlead:measurement:significant":
                    families[rule["labels"]["metric"]] = rule["labels"]["family"]
    assert families == {metric: Subject("m", metric).family for metric in COMPARISONS}


@pytest.mark.parametrize("label", SUBJECTS)
def test_it_is_narrowed_by_labels_that_the_metrics_have(label: str) -> None:
    measured = {metric for metric in COMPARISONS if f"fairlead_{metric}" in METRICS}
    assert SUBJECTS[label] == {metric for metric in measured if label in METRICS[f"fairlead_{metric}"].labels}
