"""Errors that fairlead raises on purpose.

    FairleadError
    ├── ConfigError      the configuration file: every problem at once
    ├── ThresholdError   the thresholds file
    ├── SourceError      prediction logs that cannot be read or miss a needed column
    ├── BaselineError    a baseline that cannot be made, or a move that its state does not allow
    │   ├── UnknownBaselineError  there is no such baseline
    │   └── ApprovalError         somebody else has to decide
    ├── ReportError      a report that cannot be made
    ├── GrafanaError     Grafana refuses something, or what it shall hold cannot be read
    ├── RoleError        a caller who is known has no role
    ├── TokenError       a token that cannot be made or revoked
    ├── IncidentError    a move that an incident does not allow, or an incident that is not known
    ├── ExemptionError   a move that an exception does not allow, or one that cannot be asked for
    │   ├── UnknownExemptionError    there is no such exception
    │   └── ForbiddenExemptionError  a role may not decide about it
    ├── MaintenanceError  a maintenance window that cannot be planned or ended
    │   └── UnknownMaintenanceError  there is no such window
    ├── DigestError      a daily digest that cannot be sent
    ├── ContainmentError a model that cannot be given back to its decisions
    ├── StoreError       the database cannot be used
    └── LogError         the prediction log cannot be used

Messages are one line, lower case: where: must be X, got Y.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class FairleadError(Exception):
    """Base of all errors a user can act on; its text is shown without a traceback."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: its line (1-based, or None), the path of the value, what it must be."""

    line: int | None
    where: str
    message: str


class ConfigError(FairleadError):
    """Every mistake found in one configuration file."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(self._line(problem) for problem in self.problems))

    def _line(self, problem: Problem) -> str:
        place = self.file if problem.line is None else f"{self.file}:{problem.line}"
        where = f" {problem.where}:" if problem.where else ""
        return f"{place}:{where} {problem.message}"


class ThresholdError(FairleadError):
    """The thresholds file is missing or not what the exporter and Prometheus both read."""


class SourceError(FairleadError):
    """Prediction logs cannot be read, or lack what an analysis needs."""


class BaselineError(FairleadError):
    """A baseline cannot be made, or its state does not allow a move."""


class UnknownBaselineError(BaselineError):
    """There is no such baseline."""


class ApprovalError(BaselineError):
    """Policy §6 asks somebody else to decide."""


class RoleError(FairleadError):
    """A caller proved who it is, and nothing gives it a role."""


class TokenError(FairleadError):
    """A token cannot be made, found or revoked."""


class IncidentError(FairleadError):
    """An incident does not allow a move."""


class UnknownIncidentError(IncidentError):
    """There is no such incident."""


class ForbiddenMoveError(IncidentError):
    """A role may not make a move."""


class ExemptionError(FairleadError):
    """An exception does not allow a move, or cannot be asked for."""


class UnknownExemptionError(ExemptionError):
    """There is no such exception."""


class ForbiddenExemptionError(ExemptionError):
    """A role may not decide about an exception."""


class MaintenanceError(FairleadError):
    """A maintenance window cannot be planned or ended."""


class UnknownMaintenanceError(MaintenanceError):
    """There is no such window."""


class ReportError(FairleadError):
    """A report that cannot be made as it was asked for."""


class GrafanaError(FairleadError):
    """Grafana cannot be given what it shall hold."""


class DigestError(FairleadError):
    """A daily digest that cannot be sent."""


class ContainmentError(FairleadError):
    """A model cannot be given back to its decisions."""


class StoreError(FairleadError):
    """The database cannot be used."""


class LogError(FairleadError):
    """The prediction log cannot be used."""
