"""What people and programs do with baselines: make, approve, activate, archive, reset, compare."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.app.baselines import Counted, count_days, count_source
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.access import Caller, Role
from fairlead.core.audit import Entry, entry_of
from fairlead.core.baseline import Baseline
from fairlead.core.difference import Report, report
from fairlead.core.distance import Distance, distance
from fairlead.core.lifecycle import State, Trigger, automatic, outdated, refusal, refusal_to_decide
from fairlead.engines.files import SUFFIXES, Files, Progress, silent
from fairlead.errors import ApprovalError, BaselineError, UnknownBaselineError
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.baselines import BaselineFacts, Baselines, Origin
from fairlead.store.database import Database

Document = Callable[[str, str, str, Caller, datetime], str]
"""Opens an incident that documents (model, title, text, caller, now); its id. Part of the caller's transaction."""

Said = Callable[[BaselineFacts, BaselineFacts | None], Entry]
"""The audit entry of a new baseline and of the active one that it replaces, if it does."""

RESET_DAYS = 7
"""Policy §6: the current window."""
AUTOMATON = "fairlead"
AUTOMATIC = "automatic"
"""Who approves, and in which role, where nobody has to."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows a baseline is made of: so many last days, a source, or (neither) the model's validation set."""

    days: int | None = None
    until: datetime | None = None
    source: Files | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who approves a new baseline (nobody yet: it stays a draft), and whether it becomes the active one."""

    by: str | None = None
    role: str = ""
    activate: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new baseline that is counted and compared, and still to be kept."""

    model: ModelConfig
    counted: Counted
    origin: Origin
    decision: Decision
    apart: Distance | None


class Lifecycle:
    """Acts on baselines for callers, each action and its audit entry in one transaction.

    Counting and comparing happen before it. An operator, at the command line, stands in for every role.
    """

    def __init__(
        self,
        database: Database,
        config: Callable[[], Config],
        clock: Clock,
        document: Document,
        *,
        operator: bool = False,
    ) -> None:
        self._database, self._config, self._clock = database, config, clock
        self._document, self._operator = document, operator
        self._baselines, self._audit = Baselines(database), Audit(database)
        self._making: set[str] = set()
        self._lock = threading.Lock()

    def page(
        self, model: str | None, state: State | None, trigger: Trigger | None, before: int | None, most: int
    ) -> list[BaselineFacts]:
        """The newest baselines of those asked for, recorded before this id."""
        return list(self._baselines.page(model, state, trigger, before, most))

    def facts(self, model: str, version: str) -> BaselineFacts:
        """All of a baseline but its content."""
        return self._baselines.facts(model, version)

    def content(self, caller: Caller, model: str, version: str) -> str:
        """What a baseline holds, as JSON; rates of groups are among it, so the reading is audited."""
        found = self._baselines.document(model, version)
        self._note(caller, "baseline.read", model, version)
        return found

    def difference(self, caller: Caller, model: str, before: str, after: str) -> Report:
        """What differs between two versions; rates of groups are among it, so the reading is audited."""
        old, new = (self._baselines.load(model, version) for version in (before, after))
        found = report(old, new, self._group(model))
        self._note(caller, "baseline.diff", model, after, before=before)
        return found

    def prepare(self, caller: Caller, name: str, days: int | None, trigger: Trigger, reason: str) -> Prepared:
        """Count a new baseline of so many last days, or of the validation set; nothing is written yet."""
        model = self.configured(name)
        if trigger is Trigger.MANUAL and caller.role is not Role.ADMIN:
            raise ApprovalError(f"role: must be {Role.ADMIN} to make a baseline by hand, got {caller.role}")
        if trigger is Trigger.DEPLOYMENT:
            self._refuse_second_deployment(model)
        decision = Decision(AUTOMATON, AUTOMATIC, activate=True) if automatic(trigger) else Decision()
        if trigger is Trigger.MANUAL:
            decision = Decision(caller.name, caller.role, activate=True)
        with self._counting(name):
            counted = self.count(model, Rows(days=days))
            return Prepared(model, counted, self.origin(model, counted, trigger, reason, caller.name), decision,
                            self.apart(name, counted.baseline))  # fmt: skip

    def create(self, caller: Caller, new: Prepared) -> BaselineFacts:
        """Keep a new baseline: active where nobody has to approve, else a draft that somebody else approves."""
        if new.origin.trigger is Trigger.DEPLOYMENT:
            self._refuse_second_deployment(new.model)
        said = self.said(caller, "baseline.create")
        return self.keep(new.model, new.counted, new.origin, new.decision, said, apart=new.apart)

    def make(
        self,
        caller: Caller,
        name: str,
        rows: Rows,
        *,
        created_by: str,
        activate: bool,
        trigger: Trigger = Trigger.MANUAL,
        progress: Progress = silent,
    ) -> BaselineFacts:
        """What an operator makes by hand: approved by its author, who is recorded as an administrator."""
        model = self.configured(name)
        counted = self.count(model, rows, progress)
        origin = replace(self.origin(model, counted, trigger, "", caller.name), created_by=created_by)
        decision = Decision(caller.name, caller.role, activate)
        if automatic(trigger):
            decision = replace(decision, by=AUTOMATON, role=AUTOMATIC)
        return self.keep(model, counted, origin, decision, self.said(caller, "baseline.create"))

    def prepare_reset(self, caller: Caller, name: str, trigger: Trigger, reason: str) -> Prepared:
        """Count the last days for a reset; nothing is written yet."""
        model = self.configured(name)
        alone = refusal_to_decide(trigger, caller, operator=self._operator) is None
        decision = Decision(caller.name, caller.role, activate=True) if alone else Decision()
        with self._counting(name):
            counted = self.count(model, Rows(days=RESET_DAYS))
            return Prepared(model, counted, self.origin(model, counted, trigger, reason, caller.name), decision,
                            self.apart(name, counted.baseline))  # fmt: skip

    def reset(self, caller: Caller, new: Prepared) -> tuple[BaselineFacts, str | None]:
        """A baseline from the last days, and the incident that documents why (None when it is there already).

        Active at once if the caller has the role that the policy asks for, else a draft that waits for it.
        """
        incidents: list[str] = []

        def documented(made: BaselineFacts, old: BaselineFacts | None) -> Entry:
            title, text = _documentation(made, old, caller)
            incidents.append(self._document(made.model, title, text, caller, self._clock()))
            entry = self.said(caller, "baseline.reset")(made, old)
            return replace(entry, detail={**entry.detail, "incident": incidents[-1]})

        made = self.keep(new.model, new.counted, new.origin, new.decision, documented, apart=new.apart)
        return made, incidents[-1] if incidents else None

    def approve(self, caller: Caller, name: str, version: str) -> BaselineFacts:
        """Approve a draft, as somebody else than its author in the role that the policy asks for."""
        now = self._clock()
        with self._database.writing():
            before = self._baselines.facts(name, version)
            if why := refusal(before.trigger, caller, before.author, operator=self._operator):
                raise ApprovalError(why)
            found = self._baselines.approve(name, version, caller.name, caller.role, now)
            return self._noted(caller, "baseline.approve", before, found)

    def prepare_activation(self, name: str, version: str) -> Distance | None:
        """How far a version is from the active one, which it is to replace; None if that is itself or unreadable."""
        if self._baselines.facts(name, version).active:
            return None
        return self._apart(name, version)

    def activate(self, caller: Caller, name: str, version: str, apart: Distance | None) -> BaselineFacts:
        """Compare with an approved one from now on; to bring an archived one back takes who may undo its end."""
        now = self._clock()
        with self._database.writing():
            before, old = self._baselines.facts(name, version), self._baselines.active().get(name)
            if before.state is State.ARCHIVED:
                self._refuse_to_undo(caller, before, old)
            if old is not None and not before.active and (apart is None or apart.previous != old.version):
                apart = self._apart(name, version)
            found = self._baselines.activate(name, version, now, distance=apart)
            return self._noted(caller, "baseline.activate", before, found, replaced=old.version if old else None)

    def archive(self, caller: Caller, name: str, version: str) -> BaselineFacts:
        """Put one away that is not to become the active one."""
        now = self._clock()
        with self._database.writing():
            before = self._baselines.facts(name, version)
            return self._noted(caller, "baseline.archive", before, self._baselines.archive(name, version, now))

    def configured(self, name: str) -> ModelConfig:
        """The model with this name."""
        for model in self._config().models:
            if model.name == name:
                return model
        raise UnknownBaselineError(f"model: must be a configured model, got {name!r}")

    def count(self, model: ModelConfig, rows: Rows, progress: Progress = silent) -> Counted:
        """Count the rows of a new baseline."""
        if rows.days is not None:
            until = rows.until or self._clock()
            return count_days(self._database, model, rows.days, until, clock=self._clock, progress=progress)
        if rows.source is not None:
            return count_source(self._database, model, rows.source, progress)
        if model.validation is None:
            raise BaselineError(f"model {model.name!r}: validation: must be configured to make a baseline of it")
        return count_source(self._database, model, Files(model.validation.path, model.validation.format), progress)

    def origin(self, model: ModelConfig, counted: Counted, trigger: Trigger, reason: str, author: str) -> Origin:
        """Where a baseline that is made now comes from."""
        expires_at = self._clock() + self._config().baselines.expires_after
        return Origin(counted.source, author, author, trigger, reason, model.version, expires_at)

    def keep(
        self,
        model: ModelConfig,
        counted: Counted,
        origin: Origin,
        decision: Decision,
        said: Said,
        *,
        apart: Distance | None = None,
    ) -> BaselineFacts:
        """Keep what was counted, decide about it, and say so in the audit log: all of it or nothing.

        Except by hand, what is there already, waiting or active, is not kept twice.
        """
        apart = apart or self.apart(model.name, counted.baseline)
        now = self._clock()
        with self._database.writing():
            store = self._baselines
            old = store.active().get(model.name)
            if old is not None and (apart is None or apart.previous != old.version):
                apart = self.apart(model.name, counted.baseline)
            repeated = origin.trigger is not Trigger.MANUAL
            known = store.alike(model.name, counted.baseline, origin) if repeated else None
            made = known or store.add(model.name, counted.baseline, origin, now)
            if known is None and apart is not None:
                store.keep_distance(model.name, made.version, apart)
            if decision.by is not None and made.state is State.DRAFT:
                made = store.approve(model.name, made.version, decision.by, decision.role, now)
            if decision.activate:
                made = store.activate(model.name, made.version, now, distance=None if made.active else apart)
            if made != known:
                self._audit.add(said(made, old if made.active else None))
            return store.facts(model.name, made.version)

    def said(self, caller: Caller, action: str) -> Said:
        """The audit entry of a caller who made a baseline."""

        def entry(made: BaselineFacts, old: BaselineFacts | None) -> Entry:
            return entry_of(caller, action, _subject(made.model, made.version), self._clock(), **facts_said(made, old))

        return entry

    @contextmanager
    def _counting(self, model: str) -> Iterator[None]:
        """At most one baseline of a model is being counted in this process."""
        with self._lock:
            if model in self._making:
                raise BaselineError(f"model {model!r}: another baseline of it is being made: try again")
            self._making.add(model)
        try:
            yield
        finally:
            with self._lock:
                self._making.discard(model)

    def apart(self, model: str, baseline: Baseline) -> Distance | None:
        """How far a baseline is from the active one; None where there is none, or none that can be read."""
        try:
            return distance(self._baselines.load(model), baseline, self._group(model))
        except BaselineError:
            return None

    def _apart(self, model: str, version: str) -> Distance | None:
        try:
            return self.apart(model, self._baselines.load(model, version))
        except BaselineError:
            return None

    def _group(self, name: str) -> int:
        """Fewest members of a group; of a model that is no longer configured as by default."""
        sizes = {model.name: model.min_group_size for model in self._config().models}
        return sizes.get(name, int(ModelConfig.model_fields["min_group_size"].default))

    def _refuse_second_deployment(self, model: ModelConfig) -> None:
        active = self._baselines.active().get(model.name)
        if active and outdated(active.model_version, model.version) is not True:
            raise BaselineError(
                f"model {model.name!r}: trigger: must not be deployment, as baseline {active.version} "
                f"is of version {model.version!r} already"
            )

    def _refuse_to_undo(self, caller: Caller, back: BaselineFacts, old: BaselineFacts | None) -> None:
        for facts in (back, *((old,) if old else ())):
            if why := refusal_to_decide(facts.trigger, caller, operator=self._operator):
                raise ApprovalError(f"baseline {back.version} is archived: {why}")

    def _note(self, caller: Caller, action: str, model: str, version: str, **detail: object) -> None:
        self._audit.add(entry_of(caller, action, _subject(model, version), self._clock(), **detail))

    def _noted(
        self, caller: Caller, action: str, before: BaselineFacts, found: BaselineFacts, **detail: object
    ) -> BaselineFacts:
        """Audit a move, unless it was made before."""
        if found.state is not before.state:
            said = {"from": before.state, "to": found.state, "trigger": found.trigger, **detail}
            self._note(caller, action, found.model, found.version, **said)
        return found


def facts_said(made: BaselineFacts, old: BaselineFacts | None) -> dict[str, object]:
    """What the audit log says of a new baseline: how it came about and how far it is from the one before."""
    apart = made.distance
    return {
        "state": made.state,
        "trigger": made.trigger,
        "reason": made.reason,
        "source": made.source,
        "rows": made.samples,
        "hash": made.content_hash,
        "approved_by": made.approved_by,
        "approved_role": made.approved_role,
        "replaced": old.version if old else None,
        "psi_max": apart.psi_max if apart else None,
        "wasserstein_max": apart.wasserstein_max if apart else None,
    }


def files_at(path: str, default: str) -> Files:
    """The files at a path, in the format that its end names, or else in this one."""
    return Files(path, next((kind for kind, ends in SUFFIXES.items() if path.endswith(ends)), default))


def _subject(model: str, version: str) -> str:
    return f"baseline {version} of {model}"


def _documentation(made: BaselineFacts, old: BaselineFacts | None, caller: Caller) -> tuple[str, str]:
    """Title and text of the incident of a reset."""
    title = f"baseline reset: {made.trigger.replace('_', ' ')}"
    effect = f"It is a draft and waits for approval; asked for by {caller.name} ({caller.role})."
    if made.active:
        effect = f"It is active since {made.activated_at:%Y-%m-%d %H:%M} UTC; decided by {caller.name} ({caller.role})."
    if old:
        effect += f" It replaces {old.version}, which is archived."
    return title, f"Reason: {made.reason}\nBaseline {made.version} from {made.samples} rows, {made.source}. {effect}"
