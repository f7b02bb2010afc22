"""Baselines that nobody has to ask for: of a new model version, and the refresh of a quarter; and their gauges."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.app.lifecycle import AUTOMATIC, AUTOMATON, Decision, Lifecycle, Rows, Said, facts_said
from fairlead.app.subjects import subject_of
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.audit import Entry
from fairlead.core.backlog import RETRIES
from fairlead.core.distance import distance
from fairlead.core.fact import Fact
from fairlead.core.lifecycle import Trigger, outdated
from fairlead.core.review import LIMITS, Outcome, Review, month_of, too_far, without_refresh
from fairlead.core.schedule import CADENCES
from fairlead.core.stability import QUARTER, QUIET, unstable
from fairlead.errors import BaselineError, FairleadError
from fairlead.monitor.check import Clock
from fairlead.monitor.snapshot import families_of
from fairlead.store.audit import Audit
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database
from fairlead.store.reviews import Reviews
from fairlead.store.runs import Runs

log = logging.getLogger(__name__)

PAUSE = 5.0
"""Seconds between two looks for missing baselines."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a model has no baseline for its version, how often that was tried, and when it is tried again."""

    version: str
    reason: str
    count: int
    again: datetime


class Upkeep:
    """Makes baselines that need nobody's approval."""

    def __init__(
        self,
        database: Database,
        config: Callable[[], Config],
        lifecycle: Lifecycle,
        failed: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._database, self._config, self._lifecycle = database, config, lifecycle
        self._failed, self._clock = failed, clock
        self._baselines, self._reviews, self._runs = Baselines(database), Reviews(database), Runs(database)
        self._audit = Audit(database)
        self._failures: dict[str, Failure] = {}
        self._wake, self._stopped = threading.Event(), threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Look every few seconds until stopped; ready is called after the first look."""
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.look()
            except FairleadError as error:
                log.error("cannot look for missing baselines", extra={"reason": str(error)})
            except Exception:
                log.exception("upkeep of baselines crashed")
            ready()
            self._wake.wait(PAUSE)

    def stop(self) -> None:
        """End after the baseline that is being made."""
        self._stopped.set()
        self._wake.set()

    def reconfigured(self) -> None:
        """Try again at once what failed before."""
        self._failures = {}
        self._wake.set()

    def look(self) -> list[BaselineFacts]:
        """Make the baseline of each model that has a validation set and none for its version; those that were made."""
        active = self._baselines.active()
        made = []
        for model in self._config().models:
            if self._stopped.is_set():
                break
            if not _is_needed(model, active.get(model.name)):
                self._failures.pop(model.name, None)
                continue
            failure = self._failures.get(model.name)
            if failure is None or failure.version != model.version or self._clock() >= failure.again:
                found = self._made(model)
                made += [found] if found else []
        return made

    def _made(self, model: ModelConfig) -> BaselineFacts | None:
        try:
            found = self.ensure(model)
        except FairleadError as error:
            reason = str(error).splitlines()[0]
        except Exception as error:
            log.exception("baseline crashed", extra={"model": model.name})
            reason = f"internal error: {type(error).__name__}: {error}"
        else:
            self._failures.pop(model.name, None)
            log.info("baseline made", extra={"model": model.name, "baseline": found.version, "rows": found.samples})
            return found
        before = self._failures.get(model.name)
        count = before.count + 1 if before and before.version == model.version else 1
        again = self._clock() + RETRIES[min(count, len(RETRIES)) - 1]
        self._failures[model.name] = Failure(model.version, reason, count, again)
        self._failed(model.name)
        log.warning("baseline not made", extra={"model": model.name, "reason": reason})
        return None

    def ensure(self, model: ModelConfig) -> BaselineFacts:
        """The baseline of the deployed version, made once from the validation set, by whichever process is first."""
        self._refuse_old_version(model)
        counted = self._lifecycle.count(model, Rows())
        origin = self._lifecycle.origin(model, counted, Trigger.DEPLOYMENT, "", AUTOMATON)
        origin = replace(origin, reason=f"version {model.version} was deployed")
        apart = self._lifecycle.apart(model.name, counted.baseline)
        with self._database.writing():
            active = self._baselines.active().get(model.name)
            if active is not None and not _is_needed(model, active):
                return active
            self._refuse_old_version(model)
            decision = Decision(AUTOMATON, AUTOMATIC, activate=True)
            said = self._said("baseline.create")
            return self._lifecycle.keep(model, counted, origin, decision, said, apart=apart)

    def _refuse_old_version(self, model: ModelConfig) -> None:
        """Two processes of different configurations must not replace each other's baseline for ever."""
        known = self._baselines.deployed(model.name, model.version)
        if known is not None and not known.active:
            raise BaselineError(
                f"model {model.name!r}: version {model.version!r} has baseline {known.version}, which is {known.state}:"
                f" activate it with: fairlead baseline activate --model {model.name} --version {known.version}"
            )

    def review(self, name: str, now: datetime) -> Review:
        """The review of a model in the month of now: made once, whoever asks, and then remembered."""
        month = month_of(now)
        known = self._reviews.find(name, month)
        return known or self._reviewed(self._lifecycle.configured(name), Review(name, month, now, Outcome.KEPT, ""))

    def _reviewed(self, model: ModelConfig, blank: Review) -> Review:
        active = self._baselines.active().get(model.name)
        if active is None:
            return self._recorded(replace(blank, outcome=Outcome.NEEDS_PERSON, reason="no active baseline"))
        blank = replace(blank, baseline=active.version)
        if outdated(active.model_version, model.version):
            why = f"made for version {active.model_version}, deployed is {model.version}"
            return self._recorded(replace(blank, outcome=Outcome.NEEDS_PERSON, reason=why))
        reason = self._unstable(model, active, blank.at)
        found = without_refresh(active.created_at, self._expiry(active), reason, blank.at)
        if found is not None:
            return self._recorded(replace(blank, outcome=found[0], reason=found[1]))
        return self._refreshed(model, active, blank)

    def _unstable(self, model: ModelConfig, active: BaselineFacts, now: datetime) -> str | None:
        runs = self._runs.scheduled(model.name, active.version, now - QUARTER, now)
        cadences = {family: CADENCES[model.risk][family] for family in families_of(subject_of(model, self._database))}
        return unstable(runs, cadences, load_thresholds(self._config().thresholds), model.name, now)

    def _refreshed(self, model: ModelConfig, active: BaselineFacts, blank: Review) -> Review:
        """A new baseline of the quiet days, unless a person has to look at how far it is from the old one."""
        asked = replace(blank, outcome=Outcome.NEEDS_PERSON)
        try:
            counted = self._lifecycle.count(model, Rows(days=QUIET.days, until=blank.at))
            apart = distance(self._baselines.load(model.name, active.version), counted.baseline, model.min_group_size)
        except FairleadError as error:
            return self._recorded(replace(asked, reason=f"a refresh is due but fails: {str(error).splitlines()[0]}"))
        find = load_thresholds(self._config().thresholds).find
        limits = {name: find(metric, "warning", model.name, "") for name, metric in LIMITS.items()}
        parity = find("fairness_demographic_parity_drift", "warning", model.name, "")
        if why := too_far(apart, limits, parity):
            return self._recorded(replace(asked, reason=f"a refresh is due but {why}"))
        origin = self._lifecycle.origin(model, counted, Trigger.QUARTERLY_REFRESH, "", AUTOMATON)
        origin = replace(origin, reason=f"review of {blank.month}: drift has stabilised")
        with self._database.writing():
            known = self._reviews.find(model.name, blank.month)
            if known is not None:
                return known
            now_active = self._baselines.active().get(model.name)
            if now_active is None or now_active.version != active.version:
                return self._recorded(replace(blank, reason="another baseline was activated during the review"))
            decision = Decision(AUTOMATON, AUTOMATIC, activate=True)
            said = self._said("baseline.refresh")
            made = self._lifecycle.keep(model, counted, origin, decision, said, apart=apart)
            done = replace(blank, outcome=Outcome.REFRESHED, reason=_how_far(made), refreshed=made.version)
            return self._recorded(done)

    def _recorded(self, review: Review) -> Review:
        """The review and its audit entry, unless another process was first."""
        with self._database.writing():
            known = self._reviews.find(review.model, review.month)
            if known is not None:
                return known
            self._reviews.add(review)
            detail = {"outcome": review.outcome, "reason": review.reason, "refreshed": review.refreshed}
            subject = f"baseline {review.baseline or 'none'} of {review.model}"
            self._audit.add(Entry(review.at, AUTOMATON, AUTOMATIC, "baseline.review", subject, "", detail))
            return review

    def _said(self, action: str) -> Said:
        def entry(made: BaselineFacts, old: BaselineFacts | None) -> Entry:
            subject = f"baseline {made.version} of {made.model}"
            return Entry(self._clock(), AUTOMATON, AUTOMATIC, action, subject, "", facts_said(made, old))

        return entry

    def _expiry(self, facts: BaselineFacts) -> datetime:
        """When a baseline expires; those of older releases are as old as they are made."""
        return facts.expires_at or facts.created_at + self._config().baselines.expires_after

    def failures(self) -> dict[str, str]:
        """Why models have no baseline for their version, where one was tried."""
        return {name: failure.reason for name, failure in self._failures.copy().items()}

    def gauges(self) -> Iterator[Fact]:
        """State of the baselines of the configured models."""
        active, drafts, reviews = self._baselines.active(), self._baselines.drafts(), self._reviews.latest()
        failures = self.failures()
        for model in self._config().models:
            name = (("model", model.name),)
            if facts := active.get(model.name):
                yield from self._of_active(model, facts)
            if model.name in drafts:
                oldest = drafts[model.name].timestamp()
                yield Fact("fairlead_baseline_draft_created_timestamp_seconds", name, oldest)
            if review := reviews.get(model.name):
                labels = (*name, ("outcome", review.outcome.value))
                yield Fact("fairlead_baseline_review_timestamp_seconds", labels, review.at.timestamp())
            if model.name in failures:
                why = (*name, ("metric", "baseline"), ("reason", failures[model.name]))
                yield Fact("fairlead_not_computed", why, 1.0)

    def _of_active(self, model: ModelConfig, facts: BaselineFacts) -> Iterator[Fact]:
        name = (("model", model.name),)
        yield Fact("fairlead_baseline_expires_timestamp_seconds", name, self._expiry(facts).timestamp())
        late = outdated(facts.model_version, model.version)
        if late is not None:
            yield Fact("fairlead_baseline_outdated", name, float(late))
        if facts.distance is None:
            return
        for statistic in ("psi_max", "psi_mean", "wasserstein_max", "wasserstein_mean", "shift"):
            value = getattr(facts.distance, statistic)
            if value is not None:
                yield Fact("fairlead_baseline_distance", (*name, ("statistic", statistic)), value)
        for attribute, change in facts.distance.parity.items():
            labels = (*name, ("attribute", attribute))
            yield Fact("fairlead_baseline_parity_change", labels, change)


def _is_needed(model: ModelConfig, active: BaselineFacts | None) -> bool:
    """Whether the deployed version has a validation set and no baseline of its own."""
    if model.validation is None:
        return False
    return active is None or outdated(active.model_version, model.version) is True


def _how_far(made: BaselineFacts) -> str:
    apart = made.distance
    if apart is None or apart.psi_max is None:
        return "drift has stabilised"
    return f"drift has stabilised; the largest PSI from {apart.previous} is {apart.psi_max:.3g}"
