"""Pushes predictions and labels to fairlead from the process that makes them. Standard library only.

    client = Client("https://fairlead.example", token, model="credit")
    client.log({"at": moment, "decision": "approved", "income": 52_000})
    client.label("application-17", "repaid")

Nothing here blocks or raises into the caller: rows wait in memory, within a limit, until a thread in the background has
pushed them. What cannot be kept is counted in `dropped` and logged once a minute. The rest is written at exit.
"""

import atexit
import http.client
import json
import logging
import os
import re
import ssl
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

PREDICTIONS, LABELS = "predictions", "labels"
LONGEST_PAUSE = 30.0
QUIET = 60.0
"""Seconds between two warnings."""
BATCH_BYTES = 4 << 20
TAKEN, REFUSED, LATER = "taken", "refused", "later"
HOPELESS = frozenset({400, 409, 413, 415, 422})
"""Statuses that the same rows would get again."""
NAMED_ROW = re.compile(r"rows\[(\d+)\]")


@dataclass(slots=True)
class _Batch:
    """Rows that are pushed together, under one key however often it takes."""

    kind: str
    rows: list[bytes]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def body(self, model: str) -> bytes:
        names = json.dumps({"model": model, "batch": self.key}).encode()
        return names[:-1] + b', "rows": [' + b",".join(self.rows) + b"]}"


class Client:
    """Pushes rows of one model. Threads may share it; a forked child goes on with an empty one of its own.

    timestamp names the column that is filled with the present where a row lacks it. At most ``capacity`` rows and
    ``capacity_bytes`` wait; further ones are dropped. Rows are pushed when ``batch`` of them wait, and else after
    ``interval`` seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        model: str,
        *,
        timestamp: str | None = None,
        capacity: int = 100_000,
        capacity_bytes: int = 64 << 20,
        batch: int = 1_000,
        interval: float = 1.0,
        timeout: float = 10.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        place = urlsplit(url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ValueError(f"url: must begin with http:// or https:// and a host, got {place.scheme or 'neither'}")
        self.model, self.dropped = model, 0
        self._place, self._timeout, self._context = place, timeout, context
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timestamp, self._most, self._most_bytes = timestamp, capacity, capacity_bytes
        self._batch, self._interval = max(batch, 1), interval
        self._added = self._settled = self._size = 0
        self._ended = False
        self._deadline: float | None = None
        self._renew()
        _clients.add(self)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def log(self, row: Mapping[str, Any]) -> None:
        """Push one prediction, its columns by the names of the configuration."""
        self._add(PREDICTIONS, row, self._timestamp)

    def label(self, key: object, value: object, at: object = None) -> None:
        """Push the true outcome of the prediction that has this key; ``at`` is when it became known, if not now."""
        row = {"key": key, "label": value}
        self._add(LABELS, row if at is None else {**row, "timestamp": at})

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all rows that were logged before are pushed or dropped; whether they are."""
        with self._changed:
            target = self._added
            self._hurried = True
            self._changed.notify_all()
            return bool(self._changed.wait_for(lambda: self._settled >= target or self._ended, timeout))

    def close(self, timeout: float = 5.0) -> bool:
        """Push what waits, for so many seconds at most, and end; whether all was pushed. Later rows are dropped."""
        with self._changed:
            dropped, self._closing = self.dropped, True
            self._deadline = time.monotonic() + timeout
            self._changed.notify_all()
            thread = self._thread
        if thread is None:
            self._run()
        elif thread is not threading.current_thread():
            thread.join(timeout + 0.5)
        with self._changed:
            left = self._added - self._settled
            self._ended = True
            if left:
                self._drop(left, "fairlead was not reached before the end")
                self._settled = self._added
                for rows in self._waiting.values():
                    rows.clear()
            self._changed.notify_all()
        _clients.discard(self)
        return self.dropped == dropped

    def _renew(self) -> None:
        """Nothing waits, and no thread runs: at the beginning, and in a forked child."""
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[bytes]] = {PREDICTIONS: deque(), LABELS: deque()}
        self._size = self._added = self._settled = 0
        self._hurried = self._closing = self._ended = False
        self._deadline = None
        self._thread: threading.Thread | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._warned, self._unsaid = -QUIET, 0

    def _add(self, kind: str, row: Mapping[str, Any], timestamp: str | None = None) -> None:
        try:
            fields = dict(row)
            if timestamp is not None and fields.get(timestamp) is None:
                fields[timestamp] = datetime.now(UTC)
            content = json.dumps(fields, default=_plain, ensure_ascii=True).encode()
            with self._changed:
                if self._closing:
                    self._drop(1, "the client is closed")
                elif self._added - self._settled >= self._most or self._size + len(content) > self._most_bytes:
                    self._drop(1, "too many rows wait")
                else:
                    self._waiting[kind].append(content)
                    self._size += len(content)
                    self._added += 1
                    self._begin()
                    if len(self._waiting[kind]) in (1, self._batch):
                        self._changed.notify_all()
        except Exception as error:  # the caller has a decision to make
            self._drop(1, f"a row must be JSON, got {type(error).__name__}")

    def _begin(self) -> None:
        """The thread, once there is something to push."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="fairlead-client", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # at the end of the interpreter
                self._thread = None

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            try:
                self._push(batch)
            except Exception as error:  # a thread that ends would lose all that follows
                self._drop(len(batch.rows), f"{type(error).__name__}: {error}")
            with self._changed:
                self._settled += len(batch.rows)
                self._changed.notify_all()
        if self._connection is not None:
            self._connection.close()

    def _next(self) -> _Batch | None:
        """The next rows of one kind, when it is time; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._longest() or self._closing)
            self._changed.wait_for(
                lambda: self._longest() >= self._batch or self._hurried or self._closing, self._interval
            )
            kind, waiting = max(self._waiting.items(), key=lambda one: len(one[1]))
            if not waiting:
                return None
            size, rows = 0, list[bytes]()
            while waiting and len(rows) < self._batch and size < BATCH_BYTES:
                rows.append(waiting.popleft())
                size += len(rows[-1])
            self._size -= size
            self._hurried = self._hurried and self._longest() > 0
            return _Batch(kind, rows)

    def _longest(self) -> int:
        """Rows that wait, of the kind of which more do."""
        return max(map(len, self._waiting.values()))

    def _push(self, batch: _Batch) -> None:
        """Until the rows are taken or refused, or the time at the end is over."""
        pause, waiting = 0.1, [batch]
        while waiting:
            what, seconds, reason, wrong = self._send(waiting[0])
            if what == TAKEN:
                waiting.pop(0)
                pause = 0.1
            elif what == REFUSED:
                waiting[:1] = self._without(waiting[0], wrong, reason)
            elif not self._sleep(max(seconds, pause)):
                self._drop(sum(len(one.rows) for one in waiting), reason)
                return
            else:
                self._warn(reason)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _without(self, batch: _Batch, wrong: set[int], reason: str) -> list[_Batch]:
        """What is left of refused rows: those that were not named; of a body that is too large, two halves."""
        if wrong:
            self._drop(len(wrong), reason)
            rest = [row for place, row in enumerate(batch.rows) if place not in wrong]
            return [_Batch(batch.kind, rest)] if rest else []
        if reason.startswith("413") and len(batch.rows) > 1:
            middle = len(batch.rows) // 2
            return [_Batch(batch.kind, batch.rows[:middle]), _Batch(batch.kind, batch.rows[middle:])]
        self._drop(len(batch.rows), reason)
        return []

    def _send(self, batch: _Batch) -> tuple[str, float, str, set[int]]:
        """What became of it, how long to wait, why, and the rows that were named as wrong."""
        try:
            connection = self._connected()
            path = f"{self._place.path.rstrip('/')}/api/v1/{batch.kind}"
            connection.request("POST", path, batch.body(self.model), self._headers)
            answer = connection.getresponse()
            content, status = answer.read(1 << 20), answer.status
        except (OSError, http.client.HTTPException) as error:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return LATER, 0.0, f"fairlead must be reachable, got {type(error).__name__}: {error}", set()
        if status in (200, 201):
            return TAKEN, 0.0, "", set()
        errors = _errors(content)
        reason = f"{status} {errors[0] if errors else answer.reason}"
        if status not in HOPELESS:
            return LATER, _seconds(answer.headers.get("Retry-After")), reason, set()
        named = {int(found[1]) for text in errors if (found := NAMED_ROW.match(text))} if status == 422 else set()
        return REFUSED, 0.0, reason, {place for place in named if place < len(batch.rows)}

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port, timeout = self._place.hostname or "", self._place.port, self._timeout
            if self._place.scheme == "https":
                self._connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        if self._deadline is not None:
            self._connection.timeout = max(min(self._timeout, self._deadline - time.monotonic()), 0.05)
            if self._connection.sock is not None:
                self._connection.sock.settimeout(self._connection.timeout)
        return self._connection

    def _sleep(self, seconds: float) -> bool:
        """Wait before the next try; False when there is no time for one."""
        end = time.monotonic() + seconds
        with self._changed:
            while (now := time.monotonic()) < end:
                if self._deadline is not None and end > self._deadline:
                    end = min(end, now + 0.2)
                    if now + 0.2 > self._deadline:
                        return False
                self._changed.wait(min(end - now, 1.0))
        return self._deadline is None or time.monotonic() < self._deadline

    def _drop(self, rows: int, reason: str) -> None:
        with self._changed:
            self.dropped += rows
            self._unsaid += rows
        self._warn(reason)

    def _warn(self, reason: str) -> None:
        """Say it, once a minute."""
        now = time.monotonic()
        if now - self._warned >= QUIET:
            self._warned = now
            rows, self._unsaid = self._unsaid, 0
            extra = {"model": self.model, "dropped": rows, "reason": reason[:300]}
            log.warning("fairlead: rows not pushed (%d dropped): %s", rows, reason[:300], extra=extra)


def _plain(value: Any) -> Any:
    """What JSON lacks: moments, decimals, and numbers of numpy and the like."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if callable(item := getattr(value, "item", None)):
        return item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _errors(content: bytes) -> list[str]:
    """The mistakes that a problem document names."""
    try:
        problem = json.loads(content)
        found = problem.get("errors") or [problem.get("detail")]
        return [str(text) for text in found if text]
    except (ValueError, AttributeError):
        return []


def _seconds(text: str | None) -> float:
    return min(float(text), LONGEST_PAUSE) if text is not None and text.isdecimal() else 0.0


_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


def _at_exit() -> None:
    for client in list(_clients):
        client.close()


def _in_child() -> None:
    for client in list(_clients):
        client._renew()


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_in_child)
