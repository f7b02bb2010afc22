"""Has Parquet read by another process, so that a file that ends it ends nothing else."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from fairlead.ingest.refusal import too_large, unreadable
from fairlead.ingest.unpack import receive, send

PATIENCE = 30.0
"""Seconds for one file."""
COMMAND = (sys.executable, "-m", "fairlead.ingest.unpack")


class Apart:
    """One process, started when it is needed and again after it has ended."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience, self._turn = patience, threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def unpacked(self, body: bytes, listed: Sequence[str], most_rows: int, most_bytes: int) -> bytes:
        """The listed columns of a Parquet file as an Arrow stream, which says the names and types of all."""
        header = json.dumps({"listed": list(listed), "most_rows": most_rows, "most_bytes": most_bytes}).encode()
        with self._turn:
            answer = self._ask(header, body)
        match answer[:1]:
            case b"T":
                return answer[1:]
            case b"L":
                raise too_large("bytes or rows", most_bytes)
        raise unreadable("a Parquet file", answer[1:].decode(errors="replace") or "one that cannot be read")

    def _ask(self, header: bytes, body: bytes) -> bytes:
        if self._process is None or self._process.poll() is not None:
            self._process = self._started()
        process = self._process
        if process.stdin is None or process.stdout is None:
            return b""
        limit = threading.Timer(self._patience, process.kill)
        limit.start()
        try:
            send(process.stdin, header)
            send(process.stdin, body)
            return receive(process.stdout)
        except (OSError, EOFError):
            self._end()
            return b""
        finally:
            limit.cancel()

    def _started(self) -> "subprocess.Popen[bytes]":
        paths = os.pathsep.join(path for path in sys.path if path)
        return subprocess.Popen(  # noqa: S603 - the command comes from code, not from input
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # a Ctrl-C ends the parent, which then ends this one
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(OSError):
            process.communicate()

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()
