"""The result of `fairlead analyze`: severities, exit code, JSON document and table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from fairlead.core.judged import judged, limits
from fairlead.core.measurement import Labels, Measurement
from fairlead.core.run import Run
from fairlead.core.score import Score, drift_score
from fairlead.core.thresholds import COMPARISONS, Severity, Thresholds
from fairlead.tables import Line, plain, plain_lines, wide

INFO, WARNING, CRITICAL, NOT_COMPUTED = 0, 1, 2, 3
"""Exit codes; of several, CRITICAL goes before not computed, that before WARNING."""

STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INCONCLUSIVE: "cyan", Severity.INFO: ""}
COLUMNS = {
    **dict.fromkeys(("severity", "metric", "of"), "left"),
    **dict.fromkeys(("value", "noise", "warning", "critical", "rows"), "right"),
}
"""Headings and on which side their cells stand."""


@dataclass(frozen=True, slots=True)
class Report:
    """Runs of one analysis with the thresholds that judge them."""

    as_of: datetime
    runs: Sequence[Run]
    thresholds: Thresholds

    def exit_code(self) -> int:
        """Worst outcome: 2 any CRITICAL, else 3 a family not computed, else 1 any WARNING, else 0."""
        severities = [self.thresholds.judge(run.model, m) for run in self.runs for m in run.measurements]
        severities += [self._judge_score(model, score) for model, score in self.scores().items()]
        worst = max(severities, default=Severity.INFO)
        if worst is Severity.CRITICAL:
            return CRITICAL
        if any(not_computed(run) for run in self.runs):
            return NOT_COMPUTED
        return WARNING if worst is Severity.WARNING else INFO

    def scores(self) -> dict[str, Score]:
        """Composite score of each model that has one."""
        models = dict.fromkeys(run.model for run in self.runs)
        scores = {model: drift_score(self._measurements(model)) for model in models}
        return {model: score for model, score in scores.items() if score is not None}

    def _measurements(self, model: str) -> Iterable[Measurement]:
        return [m for run in self.runs if run.model == model for m in run.measurements]

    def _judge_score(self, model: str, score: Score) -> Severity:
        return self.thresholds.judge(model, Measurement("drift_score", score.value))

    def as_document(self) -> dict[str, Any]:
        """The whole result for machines."""
        scores = self.scores()
        models: dict[str, dict[str, Any]] = {}
        for run in self.runs:
            model = models.setdefault(
                run.model, {"model": run.model, "version": run.model_version, "drift_score": None, "families": []}
            )
            model["families"].append(self._family(run))
        for name, score in scores.items():
            severity = self._judge_score(name, score).name.lower()
            models[name]["drift_score"] = {"value": score.value, "coverage": score.coverage, "severity": severity}
        return {"as_of": _stamp(self.as_of), "exit_code": self.exit_code(), "models": list(models.values())}

    def _family(self, run: Run) -> dict[str, Any]:
        return {
            "family": run.family,
            "window": {"start": _stamp(run.window.start), "end": _stamp(run.window.end)},
            "baseline": run.baseline,
            "samples": run.samples,
            "failure": run.failure,
            "measurements": [judged(self.thresholds, run.model, m) for m in run.measurements],
            "not_computed": [
                {"metric": n.metric, "labels": dict(n.labels), "reason": n.reason} for n in run.not_computed
            ],
        }

    def print(self, console: Console) -> None:
        """Tables for people: judged measurements, worst first, then what could not be computed."""
        scores = self.scores()
        for model in dict.fromkeys(run.model for run in self.runs):
            runs = [run for run in self.runs if run.model == model]
            lines = self._lines(model, runs, scores.get(model))
            console.print(Text(f"{model} until {_stamp(runs[0].window.end)}", "bold"))
            if lines:
                wide(console, COLUMNS, lines)
            for line in _remarks(runs):
                console.print(Text(line))

    def _lines(self, model: str, runs: Sequence[Run], score: Score | None) -> list[Line]:
        judged = [m for run in runs for m in run.measurements if m.metric in COMPARISONS]
        rows = [(self.thresholds.judge(model, m), m) for m in judged]
        if score is not None:
            total = Measurement("drift_score", score.value, (("coverage", f"{score.coverage:.0%}"),))
            rows.append((self._judge_score(model, score), total))
        return [
            Line(STYLES[severity], (severity.name, *self._cells(model, m)))
            for severity, m in sorted(rows, key=lambda row: -row[0])
        ]

    def _cells(self, model: str, m: Measurement) -> tuple[str, ...]:
        bounds = limits(self.thresholds, model, m)
        return (
            m.metric,
            _subject(m.labels),
            f"{m.value:.4f}",
            "" if m.noise is None else f"{m.noise:.4f}",
            *("" if limit is None else f"{limit:g}" for limit in bounds.values()),
            str(m.samples or ""),
        )


def not_computed(run: Run) -> bool:
    """Whether a family failed, or has only reasons where it should have values."""
    judged = any(m.metric in COMPARISONS for m in run.measurements)
    return run.failure is not None or (bool(run.not_computed) and not judged)


def _remarks(runs: Sequence[Run]) -> list[str]:
    """What failed, families that failed alike together, and what could not be computed."""
    failures: dict[str, list[str]] = {}
    for run in runs:
        if run.failure is not None:
            failures.setdefault(plain_lines(run.failure), []).append(run.family)
    return [f"{', '.join(families)}: {failure}" for failure, families in failures.items()] + [
        f"{run.family}: {n.metric} not computed: {n.reason}" + (f" ({_subject(n.labels)})" if n.labels else "")
        for run in runs
        for n in run.not_computed
    ]


def _subject(labels: Labels) -> str:
    return " ".join(f"{name}={plain(value)}" for name, value in labels)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
