"""Makes baselines: from the rows of a source, or from what was counted of the last days."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from fairlead.app.subjects import labels_of, plan_of, subject_of
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.baseline import Baseline, Bins, assemble, binned, bins_of, fitted, thinning
from fairlead.core.cohort import with_labels
from fairlead.core.edges import numerical_bins
from fairlead.core.merging import merge
from fairlead.core.plan import NO_BINS, Plan, Window
from fairlead.core.rebaseline import rebaseline, too_coarse
from fairlead.core.schedule import DAY, days_of
from fairlead.core.summary import Summary
from fairlead.engines.files import Files, Progress, column_names, silent
from fairlead.engines.summarise import summarise
from fairlead.engines.survey import survey
from fairlead.errors import BaselineError, SourceError
from fairlead.monitor.check import Clock
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database
from fairlead.store.days import Days
from fairlead.store.partials import Partials

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counted:
    """A baseline that is not kept yet, and what its rows are."""

    baseline: Baseline
    source: str


def create_baseline(
    database: Database, model: ModelConfig, source: Files, *, created_by: str, now: datetime, activate: bool
) -> BaselineFacts:
    """Compute a baseline from all rows of a source and keep it."""
    made = count_source(database, model, source)
    return Baselines(database).create(
        model.name, made.baseline, source=made.source, created_by=created_by, now=now, activate=activate
    )


def count_source(database: Database, model: ModelConfig, source: Files, progress: Progress = silent) -> Counted:
    """Compute a baseline from all rows of a source, read twice: for the bins and for the counts; no row is kept.

    Where labels have a source of their own, they are joined from there unless these rows bring theirs along.
    """
    plan = plan_of(model)
    present = column_names(source)
    apart = labels_of(model, database) if plan.label not in present else None
    if apart:
        plan = replace(plan, label=None)
    absent = sorted((plan.number_columns() | plan.name_columns()) - present)
    if present and absent:
        raise BaselineError(f"{source.pattern}: must have the configured columns, got none named {', '.join(absent)}")
    seen = survey(source, plan, progress=progress)
    bins = Bins(
        bins_of(seen.numerical, model.wasserstein_scale),
        numerical_bins(seen.output, "p1_p99") if len(seen.output) else NO_BINS,
        bins_of(seen.attributions, "p1_p99", zero=True),
        thinning(seen.rows),
    )
    categorical = {name: replace(column, known=seen.known[name]) for name, column in plan.categorical.items()}
    edged = replace(binned(plan, bins), categorical=categorical)
    summary = summarise(source, edged, None, progress)
    if apart:
        labelled = replace(edged, label=apart.label).of_labels()
        summary = with_labels(summary, summarise(source, labelled, None, progress, labels=apart))
    _refuse_unusable(model, source.pattern, summary)
    return Counted(assemble("", summary, bins), source.pattern)


def count_days(
    database: Database,
    model: ModelConfig,
    number: int,
    until: datetime,
    *,
    clock: Clock,
    progress: Progress = silent,
) -> Counted:
    """Compute a baseline from the last whole days before a moment, over the fine bins of the active one."""
    old = Baselines(database).load(model.name)
    subject = subject_of(model, database, Partials(database, model.name, clock), progress)
    plan = fitted(subject.plan, old)
    midnight = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = Window(midnight - number * DAY, midnight)
    where = f"model {model.name!r}: {window.start:%Y-%m-%d} to {midnight - DAY:%Y-%m-%d}"
    wanted = {*subject.plan.numerical, *subject.plan.categorical, *subject.plan.attributions}
    problems = {
        f"feature {name!r}": "it is not in the old baseline"
        for name in sorted(wanted - {*plan.numerical, *plan.categorical, *plan.attributions})
    }
    kept = partial(_merged_days, Days(database, model.name), where)
    summary = kept(subject.summarise, replace(plan, label=None) if subject.join else plan, window)
    if subject.join:
        delay = -(-model.label_delay // DAY) * DAY
        labelled = kept(subject.join, plan.of_labels(), Window(window.start - delay, window.end - delay))
        summary = with_labels(summary, labelled)
    _refuse_unusable(model, where, summary)
    problems |= too_coarse(old, summary)
    if problems:
        reasons = [f"{where}: {column}: must be counted from rows (--from): {why}" for column, why in problems.items()]
        raise BaselineError("\n".join(reasons))
    source = f"{window.start:%Y-%m-%d} to {midnight - DAY:%Y-%m-%d}"
    return Counted(rebaseline(old, summary, model.wasserstein_scale), source)


def _merged_days(
    days: Days, where: str, summarise: Callable[[Plan, Window], Summary], plan: Plan, window: Window
) -> Summary:
    """All days of the window: counted where that is not done yet, as they were kept where the rows are gone."""
    pieces, failure = days_of(window), None
    try:
        summarise(plan, window)
    except SourceError as error:
        failure = error
    kept = days.load(plan, pieces)
    missing = [f"{piece.start:%Y-%m-%d}" for piece in pieces if piece not in kept]
    if missing and failure:
        raise failure
    if missing:
        raise BaselineError(f"{where}: must have rows of every day, got none of {', '.join(missing)}")
    if failure:
        log.warning("source not read, days are as they were kept", extra={"reason": str(failure)})
    total = Summary()
    for piece in pieces:
        total = merge(total, kept[piece], plan.known())
    return total


def _refuse_unusable(model: ModelConfig, where: str, summary: Summary) -> None:
    """Mistakes that would make every later comparison meaningless."""
    favourable, found = model.columns.favourable, sorted(summary.classes.counts)[:10]
    prediction, label = model.columns.prediction, model.labels.label if model.labels else model.columns.label
    problems = []
    if summary.rows < model.min_samples:
        problems.append(f"must have at least {model.min_samples} rows, got {summary.rows}")
    elif summary.predicted == 0:
        problems.append(f"column {prediction!r}: must hold predictions, got none")
    elif favourable is not None and favourable not in summary.classes.counts:
        problems.append(
            f"column {prediction!r}: must hold the favourable outcome {favourable!r}, got {', '.join(found)}"
        )
    elif model.task == "classification" and summary.labelled and not summary.correct:
        problems.append(
            f"column {label!r}: must hold the same values as predictions ({', '.join(found)}), got no match"
        )
    for attribute in model.protected_attributes:
        groups = summary.groups.get(attribute.name, {})
        if attribute.reference is not None and summary.rows and attribute.reference not in groups:
            names = ", ".join(sorted(groups)[:10]) or "no groups"
            problems.append(
                f"protected attribute {attribute.name!r}: must have the reference {attribute.reference!r}, got {names}"
            )
    if problems:
        raise BaselineError("\n".join(f"{where}: {problem}" for problem in problems))
