"""What people may do with an incident: a table of forms, each with who may and when, and what it asks the service."""

from collections.abc import Callable
from dataclasses import dataclass

from fairlead.console.form import LINE, Sent
from fairlead.console.service import Incidents
from fairlead.core.access import Caller, Permission
from fairlead.core.incident import Acceptance, Category, Closing, Incident, RootCause, Status, acceptors

Act = Callable[[Incidents, int, Sent], Incident]
When = Callable[[Incident, Caller], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """One form: the end of its path, what is said when it is done, what it does, and when it is offered.

    Whether the move is allowed is for the service to say; this table only spares people what it would refuse.
    """

    name: str
    done: str
    act: Act
    when: When


def offered(incident: Incident, caller: Caller) -> list[str]:
    """Names of the moves that this caller may make now."""
    if not caller.may(Permission.INCIDENTS):
        return []
    return [name for name, move in MOVES.items() if move.when(incident, caller)]


def _acknowledge(incidents: Incidents, number: int, form: Sent) -> Incident:
    return incidents.acknowledge(number, form.visitor.caller, form.text("text"))


def _assign(incidents: Incidents, number: int, form: Sent) -> Incident:
    return incidents.assign(number, form.visitor.caller, form.text("to", LINE))


def _comment(incidents: Incidents, number: int, form: Sent) -> Incident:
    return incidents.comment(number, form.visitor.caller, form.text("text"))


def _resolve(incidents: Incidents, number: int, form: Sent) -> Incident:
    resolution = form.text("resolution") or None
    closing = Closing(resolution, form.choice("root_cause", RootCause), form.choice("category", Category))
    return incidents.resolve(number, form.visitor.caller, closing)


def _accept_risk(incidents: Incidents, number: int, form: Sent) -> Incident:
    cause = form.choice("root_cause", RootCause) or RootCause.OTHER
    acceptance = Acceptance(form.text("rationale"), cause, form.text("requested_by", LINE), form.day("until"))
    return incidents.accept_risk(number, form.visitor.caller, acceptance)


def _reopen(incidents: Incidents, number: int, form: Sent) -> Incident:
    return incidents.reopen(number, form.visitor.caller, form.text("reason"))


def _postmortem(incidents: Incidents, number: int, form: Sent) -> Incident:
    return incidents.postmortem(number, form.visitor.caller, form.text("text"))


def _is_open(incident: Incident, _caller: Caller) -> bool:
    return incident.status is Status.OPEN


def _is_acknowledged(incident: Incident, _caller: Caller) -> bool:
    return incident.status is Status.ACKNOWLEDGED


def _is_not_closed(incident: Incident, _caller: Caller) -> bool:
    return not incident.closed


def _is_closed(incident: Incident, _caller: Caller) -> bool:
    return incident.closed


def _may_accept(incident: Incident, caller: Caller) -> bool:
    return incident.status is Status.ACKNOWLEDGED and caller.role in acceptors(incident.family)


def _lacks_postmortem(incident: Incident, _caller: Caller) -> bool:
    return incident.closed and incident.postmortem_at is None


def _always(_incident: Incident, _caller: Caller) -> bool:
    return True


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("acknowledge", "Acknowledged.", _acknowledge, _is_open),
        Move("assign", "Assigned.", _assign, _is_not_closed),
        Move("comment", "Comment added.", _comment, _always),
        Move("resolve", "Resolved.", _resolve, _is_acknowledged),
        Move("accept-risk", "Risk accepted.", _accept_risk, _may_accept),
        Move("reopen", "Reopened.", _reopen, _is_closed),
        Move("post-mortem", "Post-mortem kept.", _postmortem, _lacks_postmortem),
    )
}
