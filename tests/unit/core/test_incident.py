"""The state machine of incidents: what each state allows, and what no sequence of moves can reach."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fairlead.core.access import Caller, Role
from fairlead.core.incident import (
    SETTLED,
    Acceptance,
    Category,
    Closing,
    ForbiddenError,
    Incident,
    Opening,
    RefusedError,
    RootCause,
    Seen,
    Status,
    accepted,
    acceptors,
    acknowledged,
    assigned,
    goes_on,
    is_news,
    joined,
    opened,
    rank,
    recovered,
    reopened,
    resolved,
    reviewed,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPEN = Incident("credit", "fairness", "critical", "gap", NOON, id=7)
ACKNOWLEDGED = acknowledged(OPEN, "ana", NOON + HOUR)
CLOSING = Closing("retrained on balanced data", RootCause.DATA_QUALITY, Category.RETRAINED)
RESOLVED = resolved(ACKNOWLEDGED, "ana", NOON + 2 * HOUR, CLOSING)
OFFICER = Caller("olu", Role.COMPLIANCE_OFFICER)
ACCEPTANCE = Acceptance("small group", RootCause.OTHER, "ana", NOON + 10 * DAY)
ACCEPTED = accepted(ACKNOWLEDGED, OFFICER, NOON + 2 * HOUR, ACCEPTANCE)

MOVES = {
    "join": lambda one: joined(one, "critical", NOON),
    "recover": lambda one: recovered(one, NOON + HOUR),
    "acknowledge": lambda one: acknowledged(one, "bo", NOON + 3 * HOUR),
    "assign": lambda one: assigned(one, "bo"),
    "resolve": lambda one: resolved(one, "bo", NOON + 3 * HOUR, CLOSING),
    "accept": lambda one: accepted(one, OFFICER, NOON + 3 * HOUR, ACCEPTANCE),
    "reopen": lambda one: reopened(one, NOON + 3 * HOUR),
    "review": lambda one: reviewed(one, "bo", NOON + 3 * HOUR, "what we learnt"),
}
ALLOWED = {
    OPEN: {"join", "recover", "acknowledge", "assign"},
    ACKNOWLEDGED: {"join", "recover", "assign", "resolve", "accept"},
    RESOLVED: {"reopen", "review"},
    ACCEPTED: {"reopen", "review"},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("incident", ALLOWED, ids=lambda one: one.status)
def test_each_state_allows_its_moves_only(incident: Incident, move: str) -> None:
    if move in ALLOWED[incident]:
        assert MOVES[move](incident).id == 7
    else:
        with pytest.raises(RefusedError, match=f", got {incident.status}"):
            MOVES[move](incident)


def test_who_opens_one_by_hand_gets_one_that_waits() -> None:
    one = opened(Opening("credit", "data", "warning", "odd incomes"), None, RESOLVED, NOON)
    assert one == Incident("credit", "data", "warning", "odd incomes", NOON, previous=7)
    assert (one.status, one.clock) == (Status.OPEN, NOON)


@pytest.mark.parametrize(
    ("opening", "other", "reason"),
    [
        (Opening("credit", "data", "info", "odd"), None, "severity: must be warning or critical, got info"),
        (Opening("credit", "data", "warning", " \n"), None, "title: must say what it is about, got nothing"),
        (
            Opening("credit", "data", "warning", "odd"),
            OPEN,
            "family: must have no incident that is not closed, got INC-7",
        ),
    ],
)
def test_what_cannot_be_opened_by_hand(opening: Opening, other: Incident | None, reason: str) -> None:
    with pytest.raises(RefusedError) as error:
        opened(opening, other, None, NOON)
    assert str(error.value) == reason


def test_one_that_becomes_worse_waits_for_an_answer_from_then_on() -> None:
    known = acknowledged(replace(OPEN, severity="warning"), "ana", NOON + HOUR)
    worse = joined(known, "critical", NOON + 5 * HOUR)
    assert (worse.status, worse.severity, worse.clock) == (Status.OPEN, "critical", NOON + 5 * HOUR)
    assert (worse.acknowledged_at, worse.acknowledged_by, worse.opened_at) == (None, None, NOON)
    assert joined(known, "critical", NOON - HOUR).clock == NOON - HOUR, "never before its first alert"
    assert joined(ACKNOWLEDGED, "critical", NOON + 5 * HOUR).status is Status.ACKNOWLEDGED
    assert joined(known, "warning", NOON + 5 * HOUR).acknowledged_by == "ana"


def test_the_second_who_acknowledges_hears_who_was_first() -> None:
    with pytest.raises(RefusedError) as error:
        acknowledged(ACKNOWLEDGED, "bo", NOON + 2 * HOUR)
    assert str(error.value) == "status: must be open, got acknowledged by ana at 2026-03-10T13:00:00Z"


@pytest.mark.parametrize(
    ("closing", "missing"),
    [
        (Closing(), "resolution"),
        (replace(CLOSING, resolution=" \n"), "resolution"),
        (replace(CLOSING, root_cause=None), "root_cause"),
        (replace(CLOSING, category=None), "category"),
    ],
)
def test_a_critical_does_not_close_without_words(closing: Closing, missing: str) -> None:
    with pytest.raises(RefusedError, match=f"^{missing}: must be given to close a critical incident"):
        resolved(ACKNOWLEDGED, "ana", NOON, closing)
    assert resolved(replace(ACKNOWLEDGED, severity="warning"), "ana", NOON, closing).closed


def test_a_risk_is_not_accepted_by_resolving() -> None:
    with pytest.raises(RefusedError, match=r"^category: "):
        resolved(ACKNOWLEDGED, "ana", NOON, replace(CLOSING, category=Category.ACCEPTED_RISK))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("family", ["fairness", "data", "platform"])
def test_who_may_accept_a_risk(role: Role, family: str) -> None:
    incident = replace(ACKNOWLEDGED, family=family)
    wanted = {Role.COMPLIANCE_OFFICER} if family == "fairness" else {Role.ML_LEAD, Role.CTO, Role.ADMIN}
    assert set(acceptors(family)) == wanted
    if role in wanted:
        assert accepted(incident, Caller("olu", role), NOON, ACCEPTANCE).category is Category.ACCEPTED_RISK
    else:
        with pytest.raises(ForbiddenError):
            accepted(incident, Caller("olu", role), NOON, ACCEPTANCE)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rationale": " "}, "rationale"),
        ({"requested_by": ""}, "requested_by"),
        ({"requested_by": " OLU "}, "requested_by"),
        ({"until": NOON}, "until"),
        ({"until": NOON + 30 * DAY + timedelta(seconds=1)}, "until"),
    ],
)
def test_an_acceptance_needs_its_words_another_person_and_an_end(change: dict[str, object], where: str) -> None:
    with pytest.raises(RefusedError, match=f"^{where}: "):
        accepted(ACKNOWLEDGED, OFFICER, NOON, replace(ACCEPTANCE, **change))  # type: ignore[arg-type]
    assert accepted(ACKNOWLEDGED, OFFICER, NOON, replace(ACCEPTANCE, until=NOON + 30 * DAY)).closed


def test_a_critical_of_fairness_owes_a_postmortem_within_seven_days() -> None:
    assert RESOLVED.postmortem_due == NOON + 2 * HOUR + 7 * DAY
    assert ACCEPTED.postmortem_due == NOON + 2 * HOUR + 7 * DAY
    for other in (replace(ACKNOWLEDGED, family="data"), replace(ACKNOWLEDGED, severity="warning")):
        assert resolved(other, "ana", NOON, CLOSING).postmortem_due is None
    written = reviewed(RESOLVED, "bo", NOON + DAY, "what we learnt")
    assert (written.postmortem_at, written.postmortem_by) == (NOON + DAY, "bo")
    with pytest.raises(RefusedError, match="must be written once"):
        reviewed(written, "bo", NOON + DAY, "more")
    assert reopened(written, NOON + 2 * DAY).postmortem_at is None


def test_reopened_is_open_as_new_with_a_clock_of_its_own() -> None:
    again = reopened(replace(RESOLVED, assigned_to="bo", previous=3), NOON + DAY)
    assert again == replace(OPEN, reopened_at=NOON + DAY, assigned_to="bo", previous=3)
    assert (again.opened_at, again.clock) == (NOON, NOON + DAY)


def test_a_clock_that_runs_back_makes_no_negative_times() -> None:
    early = NOON - 10 * timedelta(minutes=1)
    taken = acknowledged(OPEN, "ana", early)
    assert taken.acknowledged_at == OPEN.opened_at
    assert resolved(taken, "ana", early, CLOSING).resolved_at == OPEN.opened_at
    assert recovered(OPEN, early).recovered_at == OPEN.opened_at
    assert reopened(RESOLVED, early).clock == OPEN.opened_at


CLOSED_AT = NOON + 2 * HOUR
NEWS = {
    "goes on, no analysis yet": (RESOLVED, True, NOON, NOON, CLOSED_AT + DAY, False),
    "goes on, never analysed": (RESOLVED, True, NOON, None, CLOSED_AT + 9 * DAY, False),
    "goes on, an analysis that has not settled": (RESOLVED, True, NOON, CLOSED_AT + HOUR, CLOSED_AT + HOUR, False),
    "goes on after an analysis": (RESOLVED, True, NOON, CLOSED_AT + HOUR, CLOSED_AT + HOUR + SETTLED, True),
    "a restarted Prometheus": (RESOLVED, True, CLOSED_AT + HOUR, NOON, CLOSED_AT + DAY, False),
    "begins after an analysis": (RESOLVED, True, CLOSED_AT + DAY, CLOSED_AT + HOUR, CLOSED_AT + DAY, True),
    "had ended, begins again": (RESOLVED, False, CLOSED_AT + HOUR, NOON, CLOSED_AT + HOUR, True),
    "had ended, a replay": (RESOLVED, False, NOON, NOON, CLOSED_AT + DAY, False),
    "accepted, goes on": (ACCEPTED, True, NOON, CLOSED_AT + DAY, CLOSED_AT + 2 * DAY, False),
    "accepted, begins again": (ACCEPTED, False, CLOSED_AT + DAY, CLOSED_AT + DAY, CLOSED_AT + 2 * DAY, False),
    "accepted until now": (ACCEPTED, True, NOON, None, NOON + 10 * DAY, True),
}


@pytest.mark.parametrize("case", NEWS)
def test_what_is_news_after_the_closing(case: str) -> None:
    closed, firing, starts_at, analysed, now, news = NEWS[case]
    assert is_news(closed, Seen(firing), starts_at, analysed=analysed, analyses=True, now=now) == news


def test_what_no_analysis_changes_is_news_after_a_day() -> None:
    for hours, news in ((23, False), (24, True)):
        now = CLOSED_AT + hours * HOUR
        assert is_news(RESOLVED, Seen(True), NOON, analysed=None, analyses=False, now=now) == news


def test_what_goes_on() -> None:
    assert goes_on(RESOLVED, Seen(True), CLOSED_AT + DAY)
    assert goes_on(RESOLVED, Seen(False), NOON)
    assert not goes_on(RESOLVED, Seen(False), CLOSED_AT + DAY)


moments = st.integers(-1000, 100_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
words = st.sampled_from(["", " ", "done"])


class Life(RuleBasedStateMachine):
    """Any moves, allowed or not, at any times."""

    incident: Incident

    @initialize(family=st.sampled_from(["fairness", "data"]), severity=st.sampled_from(["critical", "warning"]))
    def begin(self, family: str, severity: str) -> None:
        self.incident = Incident("credit", family, severity, "title", NOON)
        self.worst, self.earliest, self.refusal = severity, NOON, ": must "

    def attempt(self, move: object) -> bool:
        before = self.incident
        try:
            self.incident = move(before)  # type: ignore[operator]
        except RefusedError as error:
            self.refusal = str(error)
            return False
        return True

    @rule(severity=st.sampled_from(["critical", "warning", "info", "odd"]), at=moments)
    def join(self, severity: str, at: datetime) -> None:
        if self.attempt(lambda one: joined(one, severity, at)):
            self.worst = max(self.worst, severity, key=rank)
            self.earliest = min(self.earliest, at)

    @rule(at=moments)
    def recover(self, at: datetime) -> None:
        self.attempt(lambda one: recovered(one, at))

    @rule(at=moments)
    def acknowledge(self, at: datetime) -> None:
        self.attempt(lambda one: acknowledged(one, "ana", at))

    @rule(
        at=moments,
        text=words,
        cause=st.none() | st.sampled_from(RootCause),
        category=st.none() | st.sampled_from(Category),
    )
    def resolve(self, at: datetime, text: str, cause: RootCause | None, category: Category | None) -> None:
        self.attempt(lambda one: resolved(one, "ana", at, Closing(text, cause, category)))

    @rule(at=moments, role=st.sampled_from(Role), days=st.integers(-1, 40), by=st.sampled_from(["ana", "bo", ""]))
    def accept(self, at: datetime, role: Role, days: int, by: str) -> None:
        acceptance = Acceptance("why", RootCause.OTHER, by, at + days * DAY)
        if self.attempt(lambda one: accepted(one, Caller("ana", role), at, acceptance)):
            assert role in acceptors(self.incident.family)
            assert by == "bo"

    @rule(at=moments)
    def reopen(self, at: datetime) -> None:
        self.attempt(lambda one: reopened(one, at))

    @rule(at=moments, text=words)
    def review(self, at: datetime, text: str) -> None:
        self.attempt(lambda one: reviewed(one, "ana", at, text))

    @invariant()
    def holds(self) -> None:
        one = self.incident
        assert ": must " in self.refusal
        assert one.severity == self.worst
        assert one.opened_at == self.earliest
        assert one.closed == (one.resolved_at is not None) == (one.resolved_by is not None)
        assert (one.status is Status.OPEN) == (one.acknowledged_at is None)
        if one.closed and one.severity == "critical":
            assert one.resolution
            assert one.resolution.strip()
            assert one.root_cause
            assert one.category
        if one.closed and (one.family, one.severity) == ("fairness", "critical"):
            assert one.postmortem_due == (one.resolved_at or NOON) + 7 * DAY
        assert (one.status is Status.ACCEPTED_RISK) == (one.category is Category.ACCEPTED_RISK)
        assert (one.accepted_until is not None) == (one.status is Status.ACCEPTED_RISK)
        for later in (one.acknowledged_at, one.recovered_at, one.resolved_at, one.clock):
            assert later is None or later >= one.opened_at


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
