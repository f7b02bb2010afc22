"""One analysis: a model, a window, some families; always ends in runs, never in an exception."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from fairlead.core import families as table
from fairlead.core.baseline import Baseline, fitted
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, Minimums, NotComputed
from fairlead.core.plan import Plan, Window
from fairlead.core.run import Run
from fairlead.core.summary import Summary
from fairlead.errors import FairleadError, SourceError

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the monitor needs to know of a model; summarise reads its prediction logs once."""

    name: str
    version: str
    risk: str
    plan: Plan
    summarise: Callable[[Plan, Window], Summary]
    minimums: Minimums = field(default_factory=Minimums)
    references: Mapping[str, str | None] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    ranged: frozenset[str] = frozenset()


def check(
    subject: Subject,
    families: Iterable[str],
    window: Window,
    *,
    trigger: str,
    load_baseline: Callable[[str], Baseline],
    clock: Clock,
) -> list[Run]:
    """Analyse the families that share this window in one pass over the rows."""
    started = clock()
    blank = Run(subject.name, subject.version, "", window, trigger, started, started)
    try:
        baseline = load_baseline(subject.name)
        blank = replace(blank, baseline=baseline.version)
        summary = subject.summarise(fitted(subject.plan, baseline), window)
        if summary.rows == 0:
            raise SourceError(_empty(subject.name, window, summary.undated))
    except FairleadError as error:
        return [replace(blank, family=family, finished=clock(), failure=str(error)) for family in families]
    except Exception as error:
        log.exception("analysis crashed", extra={"model": subject.name})
        failure = _crash(subject, error)
        return [replace(blank, family=family, finished=clock(), failure=failure) for family in families]
    comparison = Comparison(baseline, summary, subject.minimums, subject.references, subject.required, subject.ranged)
    return [_measured(replace(blank, family=family), subject, comparison, clock) for family in families]


def _measured(run: Run, subject: Subject, comparison: Comparison, clock: Clock) -> Run:
    """The run with its outcomes; a statistic that crashes fails its own family only."""
    try:
        outcomes = [*table.measure(run.family, comparison), *_unknown(run.family, subject.plan, comparison.baseline)]
    except Exception as error:
        log.exception("measurement crashed", extra={"model": subject.name, "family": run.family})
        return replace(run, finished=clock(), failure=_crash(subject, error))
    return replace(
        run,
        finished=clock(),
        samples=comparison.current.rows,
        measurements=tuple(outcome for outcome in outcomes if isinstance(outcome, Measurement)),
        not_computed=tuple(outcome for outcome in outcomes if isinstance(outcome, NotComputed)),
    )


def _crash(subject: Subject, error: Exception) -> str:
    return f"model {subject.name!r}: internal error: {type(error).__name__}: {error}"


def _unknown(family: str, plan: Plan, baseline: Baseline) -> list[NotComputed]:
    """Features that were configured, or changed their type, after the baseline was made."""
    if family != "data":
        return []
    missing = [name for name in plan.numerical if name not in baseline.bins]
    missing += [name for name in plan.categorical if name not in baseline.summary.categorical]
    return [NotComputed("feature_psi", "not in the baseline", (("feature", name),)) for name in missing]


def _empty(model: str, window: Window, undated: int) -> str:
    span = f"{window.start:%Y-%m-%dT%H:%M:%SZ} to {window.end:%Y-%m-%dT%H:%M:%SZ}"
    got = f"none ({undated} rows have no readable timestamp)" if undated else "none"
    return f"model {model!r}: must have rows from {span}, got {got}"
