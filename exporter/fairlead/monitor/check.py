"""One analysis: a model, a window, some families; always ends in runs, never in an exception."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

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
T = TypeVar("T")


LABELLED = frozenset({"model", "fairness"})
"""Families that need labels."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the monitor needs to know of a model; summarise reads its prediction logs once.

    join, where labels come late or from elsewhere, counts the cohort that is old enough to have them: the window as it
    was label_delay ago. positive is the class whose precision, recall and false-positive rate are measured. An analysis
    that takes longer than the deadline is given up; limited, where there is one, gives a subject that calls a function
    between batches of rows, which may raise to end the reading.
    """

    name: str
    version: str
    risk: str
    plan: Plan
    summarise: Callable[[Plan, Window], Summary]
    join: Callable[[Plan, Window], Summary] | None = None
    label_delay: timedelta = timedelta(0)
    positive: str | None = None
    minimums: Minimums = field(default_factory=Minimums)
    references: Mapping[str, str | None] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    ranged: frozenset[str] = frozenset()
    deadline: timedelta = timedelta(minutes=10)
    limited: "Callable[[Callable[[], None]], Subject] | None" = None


def check(
    subject: Subject,
    families: Sequence[str],
    window: Window,
    *,
    trigger: str,
    load_baseline: Callable[[str], Baseline],
    clock: Clock,
) -> list[Run]:
    """Analyse the families that share this window in one pass over the rows, and one over the cohort with labels."""
    blank = _blank(subject, window, trigger, clock())
    baseline, failure = _attempt(subject, lambda: load_baseline(subject.name))
    comparison: Comparison | None = None
    if baseline is not None:
        blank = replace(blank, baseline=baseline.version)
        comparison, failure = _attempt(subject, partial(_compare, subject, baseline, window))
    labelled, unlabelled = comparison, failure
    if comparison is not None and subject.join is not None and not LABELLED.isdisjoint(families):
        labelled, unlabelled = _attempt(subject, partial(_with_cohort, subject, comparison, window))
    runs = []
    for family in families:
        found, reason = (labelled, unlabelled) if family in LABELLED else (comparison, failure)
        run = replace(blank, family=family)
        runs.append(_measured(run, subject, found, clock) if found else replace(run, finished=clock(), failure=reason))
    return runs


def failed(
    subject: Subject,
    families: Sequence[str],
    window: Window,
    reason: str,
    *,
    trigger: str,
    started: datetime,
    finished: datetime,
) -> list[Run]:
    """The runs of an analysis that was given up."""
    blank = _blank(subject, window, trigger, started)
    return [replace(blank, family=family, finished=finished, failure=reason) for family in families]


def _blank(subject: Subject, window: Window, trigger: str, started: datetime) -> Run:
    return Run(subject.name, subject.version, "", window, trigger, started, started)


def _attempt(subject: Subject, work: Callable[[], T]) -> tuple[T | None, str | None]:
    """What the work returns, or why it failed."""
    try:
        return work(), None
    except FairleadError as error:
        return None, str(error)
    except Exception as error:
        log.exception("analysis crashed", extra={"model": subject.name})
        return None, _crash(subject, error)


def _compare(subject: Subject, baseline: Baseline, window: Window) -> Comparison:
    """The window against the baseline; where labels come apart, the window's own are not looked for."""
    plan = fitted(subject.plan, baseline)
    summary = subject.summarise(replace(plan, label=None) if subject.join else plan, window)
    if summary.rows == 0:
        raise SourceError(_empty(subject.name, window, summary.undated))
    return Comparison(
        baseline,
        summary,
        summary,
        subject.minimums,
        subject.references,
        subject.positive,
        subject.required,
        subject.ranged,
        graded=not subject.plan.regression or subject.plan.tolerance is not None,
    )


def _with_cohort(subject: Subject, comparison: Comparison, window: Window) -> Comparison:
    """The comparison with the labels of the predictions that are old enough to have theirs."""
    assert subject.join is not None  # noqa: S101 - asked for only where there is one
    plan = fitted(subject.plan, comparison.baseline).of_labels()
    cohort = subject.join(plan, Window(window.start - subject.label_delay, window.end - subject.label_delay))
    return replace(comparison, cohort=cohort)


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
