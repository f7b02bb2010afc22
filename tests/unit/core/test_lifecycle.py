"""States, moves and approvals of baselines: every combination."""

from itertools import product

import pytest

from fairlead.core.access import Caller, Role
from fairlead.core.lifecycle import (
    APPROVERS,
    MOVES,
    REASONS,
    Move,
    State,
    Trigger,
    automatic,
    outdated,
    refusal,
    refusal_to_decide,
    refused,
)

D, P, A, Z = State.DRAFT, State.APPROVED, State.ACTIVE, State.ARCHIVED
POSSIBLE = {
    (D, Move.APPROVE),
    (P, Move.APPROVE),
    (P, Move.ACTIVATE),
    (A, Move.ACTIVATE),
    (Z, Move.ACTIVATE),
    (D, Move.ARCHIVE),
    (P, Move.ARCHIVE),
    (Z, Move.ARCHIVE),
    (A, Move.REPLACE),
    (Z, Move.REPLACE),
}
"""Repeated moves included: they change nothing."""


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_every_move_is_possible_or_refused_with_a_reason(state: State, move: Move) -> None:
    found = refused(state, move, approved=True)
    assert (found is None) == ((state, move) in POSSIBLE)
    assert found is None or found == REASONS[state, move]


def test_an_archived_draft_never_comes_back() -> None:
    assert refused(Z, Move.ACTIVATE, approved=False) == "it is archived and was never approved: make a new one"


def test_moves_lead_where_they_should() -> None:
    goals = {Move.APPROVE: P, Move.ACTIVATE: A, Move.ARCHIVE: Z, Move.REPLACE: Z}
    assert {move: goal for move, (_, goal) in MOVES.items()} == goals


def test_the_approvals_of_the_policy() -> None:
    assert automatic(Trigger.DEPLOYMENT)
    assert automatic(Trigger.QUARTERLY_REFRESH)
    assert APPROVERS[Trigger.CONCEPT_DRIFT] == {Role.ML_LEAD, Role.CTO}
    assert APPROVERS[Trigger.DATA_SOURCE_CHANGE] == {Role.CTO}
    assert APPROVERS[Trigger.MANUAL] == {Role.ADMIN}
    assert set(APPROVERS) == set(Trigger)


@pytest.mark.parametrize(("trigger", "role"), list(product(Trigger, Role)))
def test_who_may_approve(trigger: Trigger, role: Role) -> None:
    other = Caller("ann", role, "10.0.0.1")
    may = automatic(trigger) or role in APPROVERS[trigger]
    assert (refusal(trigger, other, "ben") is None) == may
    own = refusal(trigger, other, "ann")
    assert (own is None) == automatic(trigger)
    assert refusal(trigger, other, "ben", operator=True) is None
    assert (refusal(trigger, other, "ann", operator=True) is None) == automatic(trigger)


@pytest.mark.parametrize(("trigger", "role"), list(product(Trigger, Role)))
def test_who_may_decide(trigger: Trigger, role: Role) -> None:
    wanted = {Trigger.DATA_SOURCE_CHANGE: {Role.CTO}, Trigger.MANUAL: {Role.ADMIN}}
    may = role in wanted.get(trigger, {Role.ML_LEAD, Role.CTO})
    assert (refusal_to_decide(trigger, Caller("ann", role)) is None) == may
    assert refusal_to_decide(trigger, Caller("ann", role), operator=True) is None


def test_a_version_that_nobody_wrote_down_is_not_outdated() -> None:
    assert (outdated(None, "3"), outdated("3", "3"), outdated("2", "3")) == (None, False, True)
