"""Who may do what: the roles of people and programs, and a table of what each role is allowed."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles of people, and two of programs: writer pushes predictions and check-ins, alertmanager delivers alerts."""

    ADMIN = "admin"
    ML_ENGINEER = "ml_engineer"
    ML_LEAD = "ml_lead"
    COMPLIANCE_OFFICER = "compliance_officer"
    AUDITOR = "auditor"
    VIEWER = "viewer"
    CTO = "cto"
    WRITER = "writer"
    ALERTMANAGER = "alertmanager"


class Permission(StrEnum):
    """What an endpoint may ask for."""

    OVERVIEW = "overview"
    FAIRNESS = "fairness"
    HEALTH = "health"
    INCIDENTS_READ = "incidents_read"
    INCIDENTS = "incidents"
    ANALYSE = "analyse"
    BASELINES = "baselines"
    EXCEPTIONS = "exceptions"
    MAINTENANCE = "maintenance"
    AUDIT = "audit"
    OPERATE = "operate"
    PUSH = "push"
    DELIVER = "deliver"


_P = Permission
_ENGINEER = frozenset(
    {
        _P.OVERVIEW,
        _P.FAIRNESS,
        _P.HEALTH,
        _P.INCIDENTS_READ,
        _P.INCIDENTS,
        _P.ANALYSE,
        _P.BASELINES,
        _P.EXCEPTIONS,
        _P.MAINTENANCE,
    }
)

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.ML_ENGINEER: _ENGINEER,
    Role.ML_LEAD: _ENGINEER | {_P.OPERATE},
    Role.COMPLIANCE_OFFICER: frozenset(
        {_P.OVERVIEW, _P.FAIRNESS, _P.INCIDENTS_READ, _P.INCIDENTS, _P.EXCEPTIONS, _P.AUDIT}
    ),
    Role.AUDITOR: frozenset({_P.OVERVIEW, _P.FAIRNESS, _P.HEALTH, _P.INCIDENTS_READ, _P.AUDIT}),
    Role.VIEWER: frozenset({_P.OVERVIEW}),
    Role.CTO: _ENGINEER,
    Role.WRITER: frozenset({_P.PUSH}),
    Role.ALERTMANAGER: frozenset({_P.DELIVER}),
}
"""Policy §7. What is not listed is refused."""

RANK: tuple[Role, ...] = (
    Role.ADMIN,
    Role.ML_LEAD,
    Role.CTO,
    Role.ML_ENGINEER,
    Role.COMPLIANCE_OFFICER,
    Role.AUDITOR,
    Role.VIEWER,
    Role.WRITER,
    Role.ALERTMANAGER,
)
"""Which role somebody has who is given several."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name that lasts, a role, and where the request came from (an address, or "cli")."""

    name: str
    role: Role
    source: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return permission in ALLOWED[self.role]
