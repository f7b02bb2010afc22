"""Baselines: versioned, their content never changed, none deleted, exactly one active per model."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fairlead.core.baseline import Baseline
from fairlead.core.distance import Distance
from fairlead.core.lifecycle import MOVES, Move, State, Trigger, refused
from fairlead.errors import BaselineError, UnknownBaselineError
from fairlead.store.codec import (
    content_hash,
    decode_baseline,
    decode_distance,
    encode_baseline,
    encode_distance,
    storable,
)
from fairlead.store.database import Database
from fairlead.store.tables import baselines

_FACTS = [column for column in baselines.c if column.name != "content"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a new baseline comes from: its rows, who answers for it, who made it, why, and for which model version."""

    source: str
    created_by: str
    author: str
    trigger: Trigger = Trigger.MANUAL
    reason: str = ""
    model_version: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """All of a baseline but its content; what nobody wrote down, or has not happened, is None."""

    id: int
    model: str
    version: str
    state: State
    trigger: Trigger
    reason: str
    model_version: str | None
    created_by: str
    author: str
    created_at: datetime
    expires_at: datetime | None
    approved_by: str | None
    approved_role: str | None
    approved_at: datetime | None
    activated_at: datetime | None
    archived_at: datetime | None
    source: str
    samples: int
    distance: Distance | None
    content_hash: str

    @property
    def active(self) -> bool:
        """Whether its model is compared with it."""
        return self.state is State.ACTIVE


class Baselines:
    """The baselines in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, model: str, baseline: Baseline, origin: Origin, now: datetime) -> BaselineFacts:
        """Keep a new draft under the next version of the day."""
        content = encode_baseline(baseline)
        with self._database.writing() as connection:
            version = self._next_version(connection, model, now)
            connection.execute(
                baselines.insert().values(
                    model=model,
                    version=version,
                    state=State.DRAFT.value,
                    trigger=origin.trigger.value,
                    reason=storable(origin.reason),
                    model_version=origin.model_version,
                    created_by=storable(origin.created_by)[:128],
                    author=storable(origin.author)[:256],
                    created_at=now,
                    expires_at=origin.expires_at,
                    source=storable(origin.source),
                    samples=baseline.summary.rows,
                    content_hash=content_hash(content),
                    content=content,
                )
            )
            return self._facts(connection, model, version)

    def create(
        self, model: str, baseline: Baseline, *, source: str, created_by: str, now: datetime, activate: bool
    ) -> BaselineFacts:
        """Keep a new baseline that its author has approved, and make it the active one if wanted."""
        with self._database.writing():
            made = self.add(model, baseline, Origin(source, created_by, created_by), now)
            made = self.approve(model, made.version, created_by, "admin", now)
            return self.activate(model, made.version, now) if activate else made

    def approve(self, model: str, version: str, by: str, role: str, now: datetime) -> BaselineFacts:
        """Make a draft an approved one; who was first stays."""
        with self._database.writing() as connection:
            facts = self._facts(connection, model, version)
            if self._moves(facts, Move.APPROVE):
                said = {"approved_by": storable(by)[:256], "approved_role": role, "approved_at": now}
                self._update(connection, facts, Move.APPROVE, **said)
            return self._facts(connection, model, version)

    def activate(
        self,
        model: str,
        version: str,
        now: datetime,
        *,
        distance: Distance | None = None,
        expires_at: datetime | None = None,
    ) -> BaselineFacts:
        """Make this version the active one and archive the one that was; distance is that from it, if known."""
        with self._database.writing() as connection:
            facts = self._facts(connection, model, version)
            if self._moves(facts, Move.ACTIVATE):
                for other in self._active(connection, model):
                    self._update(connection, other, Move.REPLACE, archived_at=now)
                kept = facts.distance if distance is None else distance
                said: dict[str, Any] = {"activated_at": now, "archived_at": None}
                said |= {"distance": None if kept is None else encode_distance(kept)}
                said |= {} if expires_at is None else {"expires_at": expires_at}
                self._update(connection, facts, Move.ACTIVATE, **said)
            return self._facts(connection, model, version)

    def archive(self, model: str, version: str, now: datetime) -> BaselineFacts:
        """Put one away that is not to become the active one."""
        with self._database.writing() as connection:
            facts = self._facts(connection, model, version)
            if self._moves(facts, Move.ARCHIVE):
                self._update(connection, facts, Move.ARCHIVE, archived_at=now)
            return self._facts(connection, model, version)

    def keep_distance(self, model: str, version: str, distance: Distance) -> None:
        """Write down how far a draft is from what is active while it waits."""
        mine = (baselines.c.model == model, baselines.c.version == version)
        with self._database.writing() as connection:
            connection.execute(baselines.update().where(*mine).values(distance=encode_distance(distance)))

    def list(self, model: str | None = None) -> list[BaselineFacts]:
        """Facts of all baselines, by model, oldest first."""
        query = select(*_FACTS).order_by(baselines.c.model, baselines.c.id)
        if model is not None:
            query = query.where(baselines.c.model == model)
        with self._database.reading() as connection:
            return [_to_facts(row) for row in connection.execute(query)]

    def page(
        self, model: str | None, state: State | None, trigger: Trigger | None, before: int | None, most: int
    ) -> Sequence[BaselineFacts]:
        """The newest of those asked for, recorded before this id."""
        query = select(*_FACTS).order_by(baselines.c.id.desc()).limit(most)
        for column, value in (
            (baselines.c.model, model),
            (baselines.c.state, state),
            (baselines.c.trigger, trigger),
        ):
            query = query if value is None else query.where(column == str(value))
        query = query if before is None else query.where(baselines.c.id < before)
        with self._database.reading() as connection:
            return [_to_facts(row) for row in connection.execute(query)]

    def facts(self, model: str, version: str | None = None) -> BaselineFacts:
        """Facts of a version, or of the active one."""
        with self._database.reading() as connection:
            return self._facts(connection, model, version)

    def load(self, model: str, version: str | None = None) -> Baseline:
        """A version, or the active one; content of another format, or that does not match its hash, is refused."""
        row = self._row(model, version)
        try:
            return decode_baseline(row.version, row.content)
        except BaselineError as error:
            raise BaselineError(f"model {model!r}: {error}") from None

    def document(self, model: str, version: str | None = None) -> str:
        """What a version, or the active one, holds, as JSON."""
        content: str = self._row(model, version).content
        return content

    def _row(self, model: str, version: str | None) -> Row[Any]:
        query = select(baselines).where(baselines.c.model == model, _which(version))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownBaselineError(_missing(model, version))
        if content_hash(row.content) != row.content_hash:
            raise BaselineError(f"model {model!r}: baseline {row.version}: content does not match its hash")
        return row

    def active(self) -> dict[str, BaselineFacts]:
        """Facts of the active baseline of each model that has one."""
        with self._database.reading() as connection:
            return {facts.model: facts for facts in self._active(connection, None)}

    def drafts(self) -> dict[str, datetime]:
        """When the oldest draft of each model that waits for approval was made."""
        oldest = func.min(baselines.c.created_at, type_=baselines.c.created_at.type)
        query = select(baselines.c.model, oldest).where(baselines.c.state == State.DRAFT.value)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(baselines.c.model))}

    def alike(self, model: str, baseline: Baseline, origin: Origin) -> BaselineFacts | None:
        """One with this content that waits or is active, was made for the same reason and for the same version."""
        query = select(*_FACTS).where(
            baselines.c.model == model,
            baselines.c.state != State.ARCHIVED.value,
            baselines.c.content_hash == content_hash(encode_baseline(baseline)),
            baselines.c.trigger == origin.trigger.value,
            baselines.c.model_version == origin.model_version,
        )
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(baselines.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _to_facts(row)

    def deployed(self, model: str, model_version: str) -> BaselineFacts | None:
        """The newest one that was made because this version of the model was deployed."""
        query = select(*_FACTS).where(
            baselines.c.model == model,
            baselines.c.model_version == model_version,
            baselines.c.trigger == Trigger.DEPLOYMENT.value,
        )
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(baselines.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _to_facts(row)

    @staticmethod
    def _moves(facts: BaselineFacts, move: Move) -> bool:
        """Whether the move is still to be made; one that is impossible is refused."""
        reason = refused(facts.state, move, approved=facts.approved_at is not None)
        if reason:
            raise BaselineError(f"model {facts.model!r}: baseline {facts.version}: {reason}")
        return facts.state is not MOVES[move][1]

    @staticmethod
    def _update(connection: Connection, facts: BaselineFacts, move: Move, **said: Any) -> None:
        goal = MOVES[move][1].value
        connection.execute(baselines.update().where(baselines.c.id == facts.id).values(state=goal, **said))

    @staticmethod
    def _active(connection: Connection, model: str | None) -> Sequence[BaselineFacts]:
        query = select(*_FACTS).where(_which(None))
        query = query if model is None else query.where(baselines.c.model == model)
        return [_to_facts(row) for row in connection.execute(query)]

    @staticmethod
    def _facts(connection: Connection, model: str, version: str | None) -> BaselineFacts:
        query = select(*_FACTS).where(baselines.c.model == model, _which(version))
        row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownBaselineError(_missing(model, version))
        return _to_facts(row)

    @staticmethod
    def _next_version(connection: Connection, model: str, now: datetime) -> str:
        """YYYY-MM-DD-vN, N counting this model's baselines of the day."""
        day = now.astimezone(UTC).date().isoformat()
        same_day = baselines.c.version.startswith(f"{day}-v")
        query = select(func.count()).select_from(baselines).where(baselines.c.model == model, same_day)
        return f"{day}-v{connection.execute(query).scalar_one() + 1}"


def _which(version: str | None):  # type: ignore[no-untyped-def]  # a column expression of either kind
    return baselines.c.state == State.ACTIVE.value if version is None else baselines.c.version == version


def _missing(model: str, version: str | None) -> str:
    if version is None:
        return (
            f"model {model!r}: no active baseline; make one with: fairlead baseline create --model {model} --from PATH"
        )
    return f"model {model!r}: no baseline {version!r}; see: fairlead baseline list --model {model}"


def _to_facts(row: Row[Any]) -> BaselineFacts:
    found = {field.name: getattr(row, field.name) for field in fields(BaselineFacts)}
    kept = found["distance"]
    found |= {"state": State(row.state), "trigger": Trigger(row.trigger)}
    return BaselineFacts(**found | {"distance": None if kept is None else decode_distance(kept)})
