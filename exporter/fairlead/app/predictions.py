"""The prediction log of the running fairlead."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from fairlead.api.pushing import ARROW, JSON, MOST_BYTES, PARQUET, Outcome, Push
from fairlead.app.retention import ITSELF
from fairlead.app.subjects import plan_of
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.audit import entry_of
from fairlead.core.fact import Fact
from fairlead.core.logged import ID, KNOWN, LABELS, PREDICTIONS, Layout
from fairlead.errors import LogError, StoreError
from fairlead.ingest.apart import Apart
from fairlead.ingest.body import decompressed
from fairlead.ingest.compactor import Compactor
from fairlead.ingest.envelope import envelope_of
from fairlead.ingest.folder import Folder, by_day
from fairlead.ingest.hashing import Secret, read_secret, row_hashes
from fairlead.ingest.refusal import BusyError, RefusedError, invalid
from fairlead.ingest.rows import Taken, table_of
from fairlead.ingest.tables import of_arrow, of_parquet
from fairlead.ingest.writer import Pushed, Writer
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.manifest import Manifest, StaleError

log = logging.getLogger(__name__)

MOST_ROWS = 100_000
MOST_DAYS = 100
"""UTC days that the rows of one batch may be of: each makes a file."""
MOST_WAITING = 256 << 20
"""Bytes of rows that wait to be written."""
MOST_HELD = 256 << 20
"""Bytes of bodies that are being read."""
MOST_NAMED = 20
"""Dropped columns that an answer names."""
DECODERS = 2

MEDIA = (JSON, ARROW, PARQUET)


class Counted(Protocol):
    """Where it is counted what came in."""

    def observe_ingested(self, model: str, kind: str, accepted: int, repeated: int, dropped: int) -> None:
        """Rows of a push that was taken."""

    def observe_rejected(self, reason: str) -> None:
        """A push that was not taken."""

    def observe_expired(self, kind: str, count: int) -> None:
        """Rows that were let go of because of their age."""


@dataclass(frozen=True, slots=True)
class _Open:
    """What exists while rows can be pushed."""

    folder: Folder
    writer: Writer
    compactor: Compactor


class PredictionLog:
    """Takes rows in, keeps them in order, and lets go of old ones. Implements the API's predictions."""

    def __init__(self, database: Database, clock: Clock, counted: Counted) -> None:
        self._manifest, self._clock, self._counted = Manifest(database), clock, counted
        self._database, self._retention = database, timedelta(days=90)
        self._layouts: dict[tuple[str, str], Layout] = {}
        self._models: frozenset[str] = frozenset()
        self._secret: Secret | None = None
        self._open: _Open | None = None
        self._held, self._apart = 0, Apart()
        self._tidied: Callable[[], None] | None = None
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="fairlead-decode")

    def configure(self, config: Config) -> None:
        """Take rows of these models from now on."""
        self._retention = config.prediction_log.retention
        layouts = {(layout.model, layout.kind): layout for model in config.models for layout in layouts_of(model)}
        key = config.prediction_log.pii_key_file
        self._secret = read_secret(key) if key else None
        self._layouts, self._models = layouts, frozenset(model.name for model in config.models)
        if layouts and self._open is None:
            self._open = self._opened(config.prediction_log.path)

    def _opened(self, path: Path) -> _Open:
        folder = Folder(path)
        writer = Writer(folder, self._manifest, StaleError, self._clock, MOST_WAITING)
        compactor = Compactor(folder, self._manifest, self._clock)
        writer.written = compactor.nudge
        writer.start()
        opened = _Open(folder, writer, compactor)
        if self._tidied:
            self._tidy(opened)
        return opened

    def start(self, tidied: Callable[[], None]) -> None:
        """Keep the folder in order from now on; ``tidied`` is called after each time."""
        self._tidied = tidied
        if self._open:
            self._tidy(self._open)

    def _tidy(self, opened: _Open) -> None:
        def tidied() -> None:
            self.expire()
            if self._tidied:
                self._tidied()

        opened.compactor.tidied = tidied
        opened.compactor.start()

    def expire(self) -> int:
        """Let go of what is older than the retention; each row is so within minutes after its last day."""
        now = self._clock()
        try:
            before = (now - self._retention).astimezone(UTC).date()
            rows = self.prune(before)
            if rows:
                with self._database.writing():
                    entry = entry_of(ITSELF, "retention.deleted", "prediction log", now, predictions=rows)
                    Audit(self._database).add(entry)
        except StoreError as error:
            log.warning("old log files not let go of", extra={"reason": str(error)})
            return 0
        self._counted.observe_expired("predictions", rows)
        return rows

    def close(self) -> None:
        """Write what waits, and end."""
        if self._open:
            self._open.writer.stop()
            self._open.compactor.stop()
            self._open.folder.close()
        self._decoders.shutdown()
        self._apart.close()

    def hold(self, size: int) -> bool:
        """Reserve, or give back, memory for bodies. Called by the event loop only."""
        if size > 0 and self._held and self._held + size > MOST_HELD:
            self._counted.observe_rejected("busy")
            return False
        self._held += size
        return True

    async def push(self, push: Push) -> Outcome:
        """Keep rows; returns when they are on disk."""
        try:
            decoded = asyncio.get_running_loop().run_in_executor(self._decoders, self._submit, push)
            answer, repeated = await asyncio.wrap_future(await decoded)
        except RefusedError as error:
            self._counted.observe_rejected(error.reason)
            return Outcome(error.status, mistakes=error.mistakes)
        except BusyError as error:
            self._counted.observe_rejected(error.reason)
            return Outcome(503, mistakes=[str(error)], retry_after=error.seconds)
        model = answer.pop("model")
        if repeated:
            self._counted.observe_ingested(model, push.kind, 0, answer["accepted"], 0)
        else:
            numbers = (answer["accepted"], answer["repeated"], answer["dropped"])
            self._counted.observe_ingested(model, push.kind, *numbers)
        return Outcome(201, answer, repeated=repeated)

    def _submit(self, push: Push) -> "Future[tuple[dict[str, Any], bool]]":
        pushed = self.decode(push)
        if self._open is None:
            raise RefusedError(409, "not_logged", ["source.log: must be true for rows to be pushed, got no such model"])
        return self._open.writer.submit(pushed)

    def decode(self, push: Push) -> Pushed:
        """Checked rows, ready to be written."""
        if push.media_type not in MEDIA:
            got = push.media_type[:64]
            raise RefusedError(415, "unreadable", [f"content-type: must be one of {', '.join(MEDIA)}, got {got!r}"])
        body, now = decompressed(push.body, push.coding, MOST_BYTES), self._clock()
        if push.media_type == JSON:
            envelope = envelope_of(body, MOST_ROWS)
            model = _one("model", push.model, envelope.model)
            batch = _one("batch", push.batch, envelope.batch)
            layout = self._layout(model, push.kind)
            taken = table_of(envelope.rows, layout, now)
        else:
            model, batch = push.model, push.batch
            layout = self._layout(model, push.kind)
            if push.media_type == ARROW:
                taken = of_arrow(body, layout, now, MOST_ROWS, MOST_BYTES)
            else:
                taken = of_parquet(body, layout, now, MOST_ROWS, MOST_BYTES, apart=self._apart)
        if batch is not None and not (0 < len(batch) <= 128 and batch.isprintable()):
            raise invalid(["batch: must be 1 to 128 printable characters, got something else"])
        return self._pushed(layout, taken, batch, sha256(body).hexdigest() if batch is not None else "", now)

    def _layout(self, model: str | None, kind: str) -> Layout:
        if model is None:
            raise invalid(["model: must be given, got nothing"])
        layout = self._layouts.get((model, kind))
        if layout is None and model not in self._models:
            raise RefusedError(404, "unknown_model", [f"model: must be a configured model, got {model[:128]!r}"])
        if layout is None:
            key = "source.log" if kind == PREDICTIONS else "labels.log"
            raise RefusedError(409, "not_logged", [f"model {model!r}: {key} must be true for {kind} to be pushed"])
        return layout

    def _pushed(self, layout: Layout, taken: Taken, batch: str | None, digest: str, now: datetime) -> Pushed:
        table = self._hidden(layout, taken)
        parts = []
        if table.num_rows:
            today = now.astimezone(UTC).date()
            parts = [(today, table)] if layout.kind == LABELS else list(by_day(table))
        if len(parts) > MOST_DAYS:
            raise invalid([f"{layout.timestamp}: must be of at most {MOST_DAYS} days in one batch, got {len(parts)}"])
        unlisted = taken.unlisted or Counter()
        facts = {
            "model": layout.model,
            "batch": batch,
            "dropped": unlisted.total(),
            "unlisted": sorted(unlisted)[:MOST_NAMED],
        }
        return Pushed(layout.model, layout.kind, parts, facts, batch, digest, table.nbytes, table.num_rows)

    def _hidden(self, layout: Layout, taken: Taken) -> pa.Table:
        """The table with hashes in place of personal data, and those of the row ids behind."""
        table, ids, secret = taken.table, taken.ids, self._secret
        for column in sorted(layout.hashed & {*table.schema.names}):
            if secret is None:
                raise LogError("prediction_log.pii_key_file: must be given when a model has pii, got nothing")
            place = table.schema.get_field_index(column)
            table = table.set_column(place, column, secret.hashed(table.column(column).combine_chunks()))
        if ids is None:
            return table
        if secret and layout.id in layout.hashed:
            ids = secret.hashed(ids)
        return table.append_column(ID, row_hashes(ids))

    def prune(self, before: date) -> int:
        """Let go of rows of days, or that arrived, before this one, and of the batches taken before; how many rows."""
        moment = datetime.combine(before, time(tzinfo=UTC))
        return self._manifest.prune(before, moment, self._clock())

    def facts(self) -> tuple[Fact, ...]:
        """How much there is, and since when."""
        found = list[Fact]()
        for holding in self._manifest.holdings():
            if (holding.model, holding.kind) not in self._layouts:
                continue
            labels = (("model", holding.model), ("kind", holding.kind))
            oldest = datetime.combine(holding.oldest, time(tzinfo=UTC)).timestamp()
            found.append(Fact("fairlead_log_rows", labels, holding.rows))
            found.append(Fact("fairlead_log_size_bytes", labels, holding.bytes))
            found.append(Fact("fairlead_log_files", labels, holding.files))
            found.append(Fact("fairlead_log_oldest_day_timestamp_seconds", labels, oldest))
        return tuple(found)


def layouts_of(model: ModelConfig) -> list[Layout]:
    """What is kept of a model's pushed predictions and labels."""
    plan, labels, hashed, found = plan_of(model), model.labels, frozenset(model.pii), []
    regression = model.task == "regression"
    if model.source.log:
        apart = {labels.label} if labels else set()
        keys = {labels.key} if labels else set()
        found.append(
            Layout(
                model.name,
                PREDICTIONS,
                plan.timestamp,
                plan.timestamp_unit,
                plan.number_columns() - apart,
                (plan.name_columns() - apart) | keys,
                hashed,
                model.source.id,
            )
        )
    if labels and labels.log:
        stamp = labels.timestamp or KNOWN
        own = {labels.key, labels.label, stamp}
        aliases = {"key": labels.key, "label": labels.label, "timestamp": stamp}
        found.append(
            Layout(
                model.name,
                LABELS,
                stamp,
                labels.timestamp_unit,
                frozenset({labels.label} if regression else ()),
                frozenset({labels.key} if regression else {labels.key, labels.label}),
                hashed,
                stamped=True,
                required=frozenset({labels.key, labels.label}),
                aliases={alias: column for alias, column in aliases.items() if alias not in own},
            )
        )
    return found


def _one(what: str, outside: str | None, inside: str | None) -> str | None:
    """A name that may stand in the body or outside."""
    if outside is not None and inside is not None and outside != inside:
        raise invalid(
            [f"{what}: must be the same inside and outside of the body, got {outside[:64]!r} and {inside[:64]!r}"]
        )
    return inside if outside is None else outside
