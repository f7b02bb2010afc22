"""Recorded runs with the severities that today's thresholds give them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.core.access import Caller, Permission
from fairlead.core.audit import entry_of
from fairlead.core.judged import judged
from fairlead.core.run import Run
from fairlead.core.thresholds import Severity, Thresholds
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.runs import Runs, Wanted

REMEMBERED = 4096
"""Runs whose verdicts are kept in memory: a run never changes, and to judge one takes milliseconds."""
MOST_LOOKED_AT = 2_000
"""Runs that one page looks at for those with a severity."""
PROTECTED = "fairness"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the thresholds say of a run: the worst severity, how many measurements have each, and all above INFO."""

    severity: str
    counts: dict[str, int]
    findings: tuple[dict[str, Any], ...]


class Records:
    """Lists runs, and shows one. Fairness is shown only to those who may see it, and that they saw it is audited."""

    def __init__(self, database: Database, thresholds: Callable[[], Thresholds], clock: Clock) -> None:
        self._database, self._thresholds, self._clock = database, thresholds, clock
        self._runs, self._audit = Runs(database), Audit(database)
        self._verdicts: OrderedDict[int, Verdict] = OrderedDict()
        self._judged_by = thresholds()
        self._remembering = threading.Lock()

    def page(
        self, filters: Mapping[str, Any], severity: str | None, before: int | None, most: int, caller: Caller
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Records newest first, and the id behind which the next page begins (None: there is none)."""
        wanted, found = Wanted(**filters), list[dict[str, Any]]()
        looked_at, last = 0, before
        while looked_at < MOST_LOOKED_AT:
            step = most if severity is None else max(most, 200)
            runs = self._runs.page(wanted, last, step)
            for run, verdict in self._judge(runs):
                last, looked_at = run.id, looked_at + 1
                if severity in {None, verdict.severity}:
                    found.append(_record(run, verdict))
                    if len(found) == most:
                        self._seen(found, caller)
                        return found, last
            if len(runs) < step:
                last = None
                break
        self._seen(found, caller)
        return found, last

    def one(self, number: int, caller: Caller) -> dict[str, Any] | None:
        """A record with all its measurements, and why others are missing."""
        run = self._runs.find([number]).get(number)
        if run is None or (run.family == PROTECTED and not caller.may(Permission.FAIRNESS)):
            return None
        ((_, verdict),) = self._judge([run])
        record = _record(run, verdict)
        self._seen([record], caller)
        thresholds = self._thresholds()
        return record | {
            "measurements": [judged(thresholds, run.model, m) for m in run.measurements],
            "not_computed": [
                {"metric": n.metric, "labels": dict(n.labels), "reason": n.reason} for n in run.not_computed
            ],
        }

    def _seen(self, records: Sequence[dict[str, Any]], caller: Caller) -> None:
        """Note in the audit log whose fairness was read."""
        models = sorted({record["model"] for record in records if record["family"] == PROTECTED})
        if models:
            ids = [record["id"] for record in records if record["family"] == PROTECTED]
            subject = f"model {models[0]}" if len(models) == 1 else f"{len(models)} models"
            self._audit.add(
                entry_of(caller, "records.read", subject, self._clock(), family=PROTECTED, models=models, records=ids)
            )

    def _judge(self, runs: Sequence[Run]) -> Iterable[tuple[Run, Verdict]]:
        """Each run with its verdict; the outcomes of those that are not remembered are read together."""
        thresholds = self._thresholds()
        with self._remembering:
            if thresholds is not self._judged_by:
                self._judged_by = thresholds
                self._verdicts.clear()
            known = {run.id: self._verdicts.get(run.id) for run in runs}
        missing = [number for number, verdict in known.items() if verdict is None]
        whole = self._runs.find(missing) if missing else {}
        for run in runs:
            verdict = known[run.id] or _verdict(thresholds, whole.get(run.id, run))
            self._remember(run.id, verdict, thresholds)
            yield run, verdict

    def _remember(self, number: int, verdict: Verdict, thresholds: Thresholds) -> None:
        with self._remembering:
            if thresholds is self._judged_by:
                self._verdicts[number] = verdict
                self._verdicts.move_to_end(number)
                if len(self._verdicts) > REMEMBERED:
                    self._verdicts.popitem(last=False)


def _verdict(thresholds: Thresholds, run: Run) -> Verdict:
    severities = [thresholds.judge(run.model, m) for m in run.measurements]
    counts = {severity.name.lower(): severities.count(severity) for severity in Severity}
    findings = [m for m, severity in zip(run.measurements, severities, strict=True) if severity > Severity.INFO]
    worst = max(severities, default=Severity.INFO).name.lower()
    return Verdict(worst, counts, tuple(judged(thresholds, run.model, m) for m in findings))


def _record(run: Run, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": run.id,
        "model": run.model,
        "model_version": run.model_version,
        "family": run.family,
        "trigger": run.trigger,
        "window": {"start": run.window.start, "end": run.window.end},
        "started_at": run.started,
        "finished_at": run.finished,
        "baseline": run.baseline,
        "samples": run.samples,
        "failure": run.failure,
        "severity": verdict.severity,
        "counts": verdict.counts,
        "findings": verdict.findings,
    }
