"""The life of a baseline: draft → approved → active → archived, and whose approval each kind needs."""

from datetime import datetime
from enum import StrEnum

from fairlead.core.access import Caller, Role


class State(StrEnum):
    """Where a baseline is in its life; of each model at most one is active, and none is ever deleted."""

    DRAFT = "draft"
    APPROVED = "approved"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Move(StrEnum):
    """What can be done to a baseline. Activating one replaces the one that was active."""

    APPROVE = "approve"
    ACTIVATE = "activate"
    ARCHIVE = "archive"
    REPLACE = "replace"


class Trigger(StrEnum):
    """Why a baseline was made (policy §6); manual ones come from the command line or an administrator."""

    DEPLOYMENT = "deployment"
    CONCEPT_DRIFT = "concept_drift"
    QUARTERLY_REFRESH = "quarterly_refresh"
    DATA_SOURCE_CHANGE = "data_source_change"
    MANUAL = "manual"


APPROVERS: dict[Trigger, frozenset[Role]] = {
    Trigger.DEPLOYMENT: frozenset(),
    Trigger.CONCEPT_DRIFT: frozenset({Role.ML_LEAD, Role.CTO}),
    Trigger.QUARTERLY_REFRESH: frozenset(),
    Trigger.DATA_SOURCE_CHANGE: frozenset({Role.CTO}),
    Trigger.MANUAL: frozenset({Role.ADMIN}),
}
"""Policy §6: the roles that may approve; nobody has to where there is none. The CTO stands above the ML lead."""

RESETS = frozenset({Trigger.CONCEPT_DRIFT, Trigger.DATA_SOURCE_CHANGE})
"""Reasons for a reset from the last days."""

MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.APPROVE: (frozenset({State.DRAFT}), State.APPROVED),
    Move.ACTIVATE: (frozenset({State.APPROVED, State.ARCHIVED}), State.ACTIVE),
    Move.ARCHIVE: (frozenset({State.DRAFT, State.APPROVED}), State.ARCHIVED),
    Move.REPLACE: (frozenset({State.ACTIVE}), State.ARCHIVED),
}
"""Where each move starts and where it leads. An archived baseline comes back only if it was approved once."""

REASONS: dict[tuple[State, Move], str] = {
    (State.ACTIVE, Move.APPROVE): "it is active, so it was approved before",
    (State.ARCHIVED, Move.APPROVE): "it is archived: make a new one",
    (State.DRAFT, Move.ACTIVATE): "it is a draft, which must be approved first",
    (State.ARCHIVED, Move.ACTIVATE): "it is archived and was never approved: make a new one",
    (State.ACTIVE, Move.ARCHIVE): "it is the active one: activate another, which archives it",
    (State.DRAFT, Move.REPLACE): "it is not active",
    (State.APPROVED, Move.REPLACE): "it is not active",
}
"""Why the other moves are refused."""


def refused(state: State, move: Move, *, approved: bool) -> str | None:
    """Why a move is impossible; None if it is possible, or done already, as a repeated move changes nothing."""
    starts, goal = MOVES[move]
    unapproved = (state, move) == (State.ARCHIVED, Move.ACTIVATE) and not approved
    return REASONS[state, move] if unapproved or state not in starts | {goal} else None


def automatic(trigger: Trigger) -> bool:
    """Whether nobody has to approve."""
    return not APPROVERS[trigger]


def refusal(trigger: Trigger, caller: Caller, author: str, *, operator: bool = False) -> str | None:
    """Why this caller may not approve a baseline of this author; None if the caller may.

    An operator works at the machine, where the store itself can be written, and stands in for every role: recorded as
    what it is, an administrator at the command line. Nobody approves what is their own.
    """
    roles = APPROVERS[trigger]
    if roles and not operator and caller.role not in roles:
        return f"role: must be {_names(roles)} to approve a baseline for {trigger}, got {caller.role}"
    if roles and caller.name == author:
        return f"caller: must be another person than the author to approve, got {caller.name!r}"
    return None


def refusal_to_decide(trigger: Trigger, caller: Caller, *, operator: bool = False) -> str | None:
    """Why this caller may not put one into effect by themselves: the policy asks for another role.

    For what has no author: a reset always takes the last days, so the decision is all there is. Bringing back an
    archived one takes at least an ML lead.
    """
    roles = APPROVERS[trigger] or APPROVERS[Trigger.CONCEPT_DRIFT]
    if operator or caller.role in roles:
        return None
    return f"role: must be {_names(roles)} to decide about a baseline for {trigger}, got {caller.role}"


def outdated(made_for: str | None, deployed: str) -> bool | None:
    """Whether a baseline was made for another version of the model than the deployed one; None if nobody knows."""
    return None if made_for is None else made_for != deployed


def expired(expires_at: datetime, now: datetime) -> bool:
    """Whether a baseline is too old to compare with."""
    return now >= expires_at


def _names(roles: frozenset[Role]) -> str:
    return " or ".join(role for role in Role if role in roles)
