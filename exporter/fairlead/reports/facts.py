"""What reports are made of: runs folded into one state per model and family, incidents, baselines, the audit chain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.core.incident import Incident
from fairlead.core.measurement import Measurement
from fairlead.core.run import Run
from fairlead.core.thresholds import Severity, Thresholds
from fairlead.core.timeline import Event


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a model is compared with."""

    model: str
    version: str
    created_by: str
    created_at: datetime
    samples: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The end of the audit log when the period ended."""

    number: int
    hash: str


@dataclass(slots=True)
class Finding:
    """A measurement that was past a threshold: how often it was WARNING or CRITICAL, the worst, and the last value."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    warnings: int = 0
    criticals: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Family:
    """The runs of one family of one model in a period."""

    runs: int = 0
    failures: int = 0
    warnings: int = 0
    criticals: int = 0
    last: Run | None = None
    findings: dict[tuple[str, tuple[tuple[str, str], ...]], Finding] = field(default_factory=dict)
    lowest_impact: dict[str, float] = field(default_factory=dict)

    @property
    def worst(self) -> str:
        """The worst severity of any run."""
        return "critical" if self.criticals else "warning" if self.warnings else "info" if self.runs else "none"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report may tell; the timeline is that of the incident of a report about one."""

    models: Mapping[str, Mapping[str, Family]]
    incidents: tuple[Incident, ...]
    baselines: tuple[Baseline, ...]
    chain: Chain
    thresholds: Thresholds
    fairness: bool
    timeline: tuple[Event, ...] = ()


def fold(runs: Iterable[Run], thresholds: Thresholds, hidden: tuple[str, ...]) -> dict[str, dict[str, Family]]:
    """Runs in the order of their windows, by model and family, both sorted; without the hidden families."""
    models: dict[str, dict[str, Family]] = {}
    for run in runs:
        if run.family not in hidden:
            _add(models.setdefault(run.model, {}).setdefault(run.family, Family()), run, thresholds)
    return {model: dict(sorted(models[model].items())) for model in sorted(models)}


def _add(family: Family, run: Run, thresholds: Thresholds) -> None:
    family.runs += 1
    if run.failure is not None:
        family.failures += 1
        return
    family.last = run
    worst = Severity.INFO
    for m in run.measurements:
        severity = thresholds.judge(run.model, m)
        worst = max(worst, severity)
        if m.metric == "fairness_disparate_impact_ratio":
            attribute = dict(m.labels).get("attribute", "")
            family.lowest_impact[attribute] = min(m.value, family.lowest_impact.get(attribute, m.value))
        if severity >= Severity.WARNING:
            _find(family, m, severity)
    family.warnings += worst is Severity.WARNING
    family.criticals += worst is Severity.CRITICAL


def _find(family: Family, m: Measurement, severity: Severity) -> None:
    finding = family.findings.setdefault((m.metric, m.labels), Finding(m.metric, m.labels))
    finding.warnings += severity is Severity.WARNING
    finding.criticals += severity is Severity.CRITICAL
    finding.last = m.value
