"""Who reads which report, and what stands in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from fairlead.core.incident import Incident
from fairlead.core.judged import limits
from fairlead.core.score import drift_score
from fairlead.core.thresholds import COMPARISONS
from fairlead.reports.document import Cell, Section, stamp
from fairlead.reports.facts import Facts, Family
from fairlead.reports.period import Unit

MOST_FINDINGS = 50
RIGHT = "Left out: the role that asked may not see fairness."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of report: its period (None: one incident), whether it is about one model, and its sections."""

    title: str
    unit: Unit | None
    sections: Callable[[Facts], tuple[Section, ...]]
    one_model: bool = False
    fairness: bool = False


def drift(facts: Facts) -> Section:
    """One line per model and family."""
    rows = [
        (model, name, family.runs, family.failures, family.warnings, family.criticals, family.worst)
        for model, families in facts.models.items()
        for name, family in families.items()
    ]
    columns = ("model", "family", "analyses", "failed", "WARNING", "CRITICAL", "worst")
    text = "Analyses whose window ended in the period, and how many were WARNING or CRITICAL."
    return Section("Drift", text + ("" if facts.fairness else f" Fairness: {RIGHT}"), columns, tuple(rows))


def scores(facts: Facts) -> Section:
    """The composite score of each model at the end."""
    rows: list[tuple[Cell, ...]] = []
    for model, families in facts.models.items():
        runs = [family.last for family in families.values() if family.last is not None]
        score = drift_score(m for run in runs for m in run.measurements)
        if score is not None:
            rows.append((model, score.value, score.coverage))
    text = "Composite score of the last analyses; coverage is the share of it that could be computed."
    return Section("Drift score", text, ("model", "score", "coverage"), tuple(rows))


def findings(facts: Facts) -> Section:
    """The measurements that were past a threshold most often."""
    found = [
        (finding.criticals, finding.warnings, model, name, finding)
        for model, families in facts.models.items()
        for name, family in families.items()
        for finding in family.findings.values()
    ]
    found.sort(key=lambda one: (-one[0], -one[1], one[2], one[3], one[4].metric, one[4].labels))
    rows = tuple(
        (model, name, one.metric, _labels(one.labels), one.warnings, one.criticals, one.last)
        for _, _, model, name, one in found[:MOST_FINDINGS]
    )
    columns = ("model", "family", "metric", "of", "WARNING", "CRITICAL", "last value")
    text = f"Measurements past a threshold and past their noise, the most frequent first; {len(found)} in all."
    return Section("Findings", text, columns, rows)


def incidents(facts: Facts) -> Section:
    """Incidents that were open in the period."""
    columns = (
        "incident",
        "model",
        "family",
        "severity",
        "status",
        "opened",
        "hours to acknowledge",
        "hours to resolve",
    )
    rows = tuple(
        (
            one.name, one.model, one.family, one.severity, one.status, stamp(one.opened_at),
            _hours(one, one.acknowledged_at), _hours(one, one.resolved_at),
        )
        for one in facts.incidents
    )  # fmt: skip
    return Section("Incidents", "Opened or still open in the period.", columns, rows)


def causes(facts: Facts) -> Section:
    """Resolved incidents by root cause and resolution."""
    counts: dict[tuple[str, str], int] = {}
    for one in facts.incidents:
        key = (one.root_cause or "not known yet", one.category or "not resolved yet")
        counts[key] = counts.get(key, 0) + 1
    rows = tuple((*key, count) for key, count in sorted(counts.items()))
    return Section("Causes", "Incidents by root cause and resolution.", ("root cause", "resolution", "incidents"), rows)


def compliance(facts: Facts) -> Section:
    """What each obligation asks for, and what is on record for it."""
    families = [(name, family) for one in facts.models.values() for name, family in one.items()]

    def told(*names: str) -> str:
        chosen = [family for name, family in families if name in names]
        counts = [
            sum(one) for one in zip(*((f.runs, f.failures, f.warnings, f.criticals) for f in chosen), strict=True)
        ]
        runs, failed, warnings, criticals = counts or [0, 0, 0, 0]
        return f"{runs} analyses, {failed} failed, {warnings} WARNING, {criticals} CRITICAL"

    ratios = [r for name, f in families if name == "fairness" for r in f.lowest_impact.values()]
    impact = (
        f"lowest ratio {min(ratios):.4g}, {sum(r < 0.8 for r in ratios)} below 0.8" if ratios else "no ratio on record"
    )
    critical = [one for one in facts.incidents if one.severity == "critical"]
    rows = (
        ("EU AI Act Art. 10, Equal Opportunity", "bias", told("fairness") if facts.fairness else RIGHT),
        ("80 % rule, fair lending", "disparate impact", impact if facts.fairness else RIGHT),
        ("EU AI Act Art. 12", "records", f"audit log of {facts.chain.number} entries, chained"),
        ("EU AI Act Art. 15, FCRA, Data Protection Act s. 26", "accuracy", told("model")),
        ("EU AI Act Art. 72", "continuous monitoring", told("data", "fairness", "model", "explanation", "quality")),
        (
            "EU AI Act Art. 73",
            "incidents",
            f"{len(critical)} critical, {sum(i.resolved_at is None for i in critical)} open",
        ),
    )
    return Section("Compliance", "What is on record for each obligation.", ("obligation", "about", "on record"), rows)


def fairness(facts: Facts) -> Section:
    """Lowest disparate impact and worst severity of each model and attribute."""
    rows = [
        (model, attribute, ratio, families["fairness"].worst)
        for model, families in facts.models.items()
        if "fairness" in families
        for attribute, ratio in sorted(families["fairness"].lowest_impact.items())
    ]
    text = (
        "Lowest disparate impact ratio of the period: selection rate of the worst-off group by that of the reference."
    )
    columns = ("model", "attribute", "lowest ratio", "worst severity")
    return Section("Fairness", text if facts.fairness else RIGHT, columns, tuple(rows))


def measurements(facts: Facts) -> Section:
    """Everything that the last analysis of each family measured and judges."""
    return _measured(facts, "Measurements", lambda name, metric: metric in COMPARISONS)


def groups(facts: Facts) -> Section:
    """Everything that the last fairness analysis measured."""
    return _measured(facts, "Groups and gaps", lambda name, metric: name == "fairness")


def baselines(facts: Facts) -> Section:
    """What was compared with."""
    rows = tuple(
        (one.model, one.version, one.created_by, stamp(one.created_at), one.samples, one.content_hash)
        for one in facts.baselines
    )
    columns = ("model", "baseline", "made by", "at", "rows", "SHA-256 of its content")
    return Section("Baselines", "Versions that the last analyses compared with.", columns, rows)


def incident(facts: Facts) -> Section:
    """All facts of the incident."""
    (one,) = facts.incidents
    rows: tuple[tuple[Cell, ...], ...] = (
        ("incident", one.name), ("title", one.title), ("model", one.model), ("family", one.family),
        ("severity", one.severity), ("status", one.status), ("opened", stamp(one.opened_at)),
        ("acknowledged", None if one.acknowledged_at is None else stamp(one.acknowledged_at)),
        ("resolved", None if one.resolved_at is None else stamp(one.resolved_at)),
        ("root cause", one.root_cause), ("resolution", one.category), ("what was done", one.resolution),
    )  # fmt: skip
    return Section("Incident", "EU AI Act Art. 73: what happened.", ("fact", "value"), rows)


def timeline(facts: Facts) -> Section:
    """Who did what, when."""
    rows = tuple((stamp(event.at), event.actor, event.role, event.what, event.text) for event in facts.timeline)
    return Section("Timeline", "Everything that people and programs did.", ("at", "who", "role", "what", "text"), rows)


def _all(*makers: Callable[[Facts], Section]) -> Callable[[Facts], tuple[Section, ...]]:
    return lambda facts: tuple(make(facts) for make in makers)


KINDS: dict[str, Kind] = {
    "executive": Kind("Executive report", Unit.MONTH, _all(drift, scores, findings, incidents)),
    "board": Kind("Board report", Unit.QUARTER, _all(compliance, fairness, drift, incidents, causes)),
    "regulator": Kind("Report of an incident", None, _all(incident, timeline, measurements, baselines)),
    "model-health": Kind("Model health", Unit.DAY, _all(drift, scores, measurements, baselines), one_model=True),
    "bias-audit": Kind("Bias audit", Unit.WEEK, _all(fairness, groups, findings, baselines), fairness=True),
    "transparency": Kind("Transparency report", Unit.QUARTER, _all(drift, fairness, causes)),
}


def _measured(facts: Facts, title: str, wanted: Callable[[str, str], bool]) -> Section:
    rows = [
        row for model, families in facts.models.items() for name, family in families.items()
        for row in _rows(facts, model, name, family, wanted)
    ]  # fmt: skip
    columns = ("model", "family", "metric", "of", "value", "noise", "warning", "critical", "severity", "rows")
    text = (
        "Values of the last analysis of each family, with what chance alone would give and the thresholds that apply."
    )
    return Section(title, text, columns, tuple(rows))


def _rows(
    facts: Facts, model: str, name: str, family: Family, wanted: Callable[[str, str], bool]
) -> Iterable[tuple[Cell, ...]]:
    run = family.last
    for m in run.measurements if run else ():
        if wanted(name, m.metric):
            bounds = limits(facts.thresholds, model, m) if m.metric in COMPARISONS else {}
            severity = facts.thresholds.judge(model, m).name.lower()
            edges = (bounds.get("warning"), bounds.get("critical"))
            yield model, name, m.metric, _labels(m.labels), m.value, m.noise, *edges, severity, m.samples


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in labels)


def _hours(one: Incident, moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - one.opened_at).total_seconds() / 3600, 3)
