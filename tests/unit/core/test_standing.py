"""The order in which people look at models."""

from fairlead.core.standing import FamilyStanding, Standing, worst_first
from fairlead.core.thresholds import Severity

CRITICAL, WARNING, INFO, INCONCLUSIVE = Severity.CRITICAL, Severity.WARNING, Severity.INFO, Severity.INCONCLUSIVE


def family(severity: Severity | None, findings: int = 1, *, overdue: bool = False) -> FamilyStanding:
    counts = [0, 0, 0, 0]
    if severity is not None:
        counts[severity] = findings
    return FamilyStanding("data", severity, (counts[0], counts[1], counts[2], counts[3]), 10, None, None, overdue)


def model(name: str, *families: FamilyStanding, risk: str = "high", incidents: int = 0) -> Standing:
    return Standing(name, "1", "t", "production", risk, "v", families, incidents)


def test_worst_first() -> None:
    wanted = [
        model("three critical", family(INFO), family(CRITICAL, 3)),
        model("critical with an incident", family(CRITICAL), incidents=1),
        model("a critical", family(CRITICAL)),
        model("two warnings", family(WARNING, 2)),
        model("a warning", family(WARNING)),
        model("never analysed", family(None)),
        model("inconclusive", family(INCONCLUSIVE)),
        model("overdue", family(INFO, overdue=True)),
        model("fine", family(INFO)),
        model("a fine one at low risk", family(INFO), risk="low"),
    ]
    assert [one.model for one in worst_first(reversed(wanted))] == [one.model for one in wanted]


def test_of_all_families() -> None:
    found = model("m", family(WARNING, 2), family(None), family(CRITICAL, 1), family(WARNING, 3))
    assert found.severity is CRITICAL
    assert (found.count(WARNING), found.count(CRITICAL)) == (5, 1)
    assert model("m").severity is None
    assert model("m", family(INFO), family(INFO, overdue=True)).overdue
