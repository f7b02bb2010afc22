"""Baselines: versioned, never changed, exactly one active per model."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fairlead.core.baseline import Baseline
from fairlead.errors import BaselineError
from fairlead.store.codec import content_hash, decode_baseline, encode_baseline, storable
from fairlead.store.database import Database
from fairlead.store.tables import baselines

_FACTS = [column for column in baselines.c if column.name != "content"]


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """All of a baseline but its content."""

    model: str
    version: str
    active: bool
    created_by: str
    created_at: datetime
    source: str
    samples: int
    content_hash: str


class Baselines:
    """The baselines in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, model: str, baseline: Baseline, *, source: str, created_by: str, now: datetime, activate: bool
    ) -> BaselineFacts:
        """Keep a new baseline under the next version of the day, and make it the active one if wanted."""
        content = encode_baseline(baseline)
        with self._database.writing() as connection:
            version = self._next_version(connection, model, now)
            connection.execute(
                baselines.insert().values(
                    model=model,
                    version=version,
                    active=False,
                    created_by=storable(created_by)[:128],
                    created_at=now,
                    source=storable(source),
                    samples=baseline.summary.rows,
                    content_hash=content_hash(content),
                    content=content,
                )
            )
            if activate:
                self._activate(connection, model, version)
            return self._facts(connection, model, version)

    def activate(self, model: str, version: str) -> BaselineFacts:
        """Make this version the active one."""
        with self._database.writing() as connection:
            self._facts(connection, model, version)
            self._activate(connection, model, version)
            return self._facts(connection, model, version)

    def list(self, model: str | None = None) -> list[BaselineFacts]:
        """Facts of all baselines, by model, oldest first."""
        query = select(*_FACTS).order_by(baselines.c.model, baselines.c.id)
        if model is not None:
            query = query.where(baselines.c.model == model)
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
            raise BaselineError(_missing(model, version))
        if content_hash(row.content) != row.content_hash:
            raise BaselineError(f"model {model!r}: baseline {row.version}: content does not match its hash")
        return row

    def active(self) -> dict[str, BaselineFacts]:
        """Facts of the active baseline of each model that has one."""
        query = select(*_FACTS).where(baselines.c.active.is_(True))
        with self._database.reading() as connection:
            return {row.model: _to_facts(row) for row in connection.execute(query)}

    @staticmethod
    def _facts(connection: Connection, model: str, version: str | None) -> BaselineFacts:
        query = select(*_FACTS).where(baselines.c.model == model, _which(version))
        row = connection.execute(query).one_or_none()
        if row is None:
            raise BaselineError(_missing(model, version))
        return _to_facts(row)

    @staticmethod
    def _activate(connection: Connection, model: str, version: str) -> None:
        mine = baselines.c.model == model
        connection.execute(baselines.update().where(mine, baselines.c.active.is_(True)).values(active=False))
        connection.execute(baselines.update().where(mine, baselines.c.version == version).values(active=True))

    @staticmethod
    def _next_version(connection: Connection, model: str, now: datetime) -> str:
        """YYYY-MM-DD-vN, N counting this model's baselines of the day."""
        day = now.astimezone(UTC).date().isoformat()
        same_day = baselines.c.version.startswith(f"{day}-v")
        query = select(func.count()).select_from(baselines).where(baselines.c.model == model, same_day)
        return f"{day}-v{connection.execute(query).scalar_one() + 1}"


def _which(version: str | None):  # type: ignore[no-untyped-def]  # a column expression of either kind
    return baselines.c.active.is_(True) if version is None else baselines.c.version == version


def _missing(model: str, version: str | None) -> str:
    if version is None:
        return (
            f"model {model!r}: no active baseline; make one with: fairlead baseline create --model {model} --from PATH"
        )
    return f"model {model!r}: no baseline {version!r}; see: fairlead baseline list --model {model}"


def _to_facts(row: Row[tuple[object, ...]]) -> BaselineFacts:
    return BaselineFacts(*(getattr(row, name) for name in BaselineFacts.__dataclass_fields__))
