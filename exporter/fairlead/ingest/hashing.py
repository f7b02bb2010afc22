"""Personal data is never kept as it came: HMAC-SHA-256 under a key that is not in the store."""

import hmac
from hashlib import blake2b, sha256
from pathlib import Path

import pyarrow as pa

from fairlead.errors import LogError

SHORTEST = 32
"""Bytes of a key."""


class Secret:
    """The key; it is never shown."""

    def __init__(self, key: bytes) -> None:
        self._started = hmac.new(key, digestmod=sha256)

    def hashed(self, texts: pa.Array) -> pa.Array:
        """64 hexadecimal digits per text; nothing stays nothing."""
        return pa.array([None if text is None else self._hash(text) for text in texts.to_pylist()], pa.string())

    def _hash(self, text: str) -> str:
        one = self._started.copy()
        one.update(text.encode())
        return one.hexdigest()


def read_secret(path: Path) -> Secret:
    """The key in a file, without blanks around it."""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise LogError(f"prediction_log.pii_key_file {path}: must be a readable file, got {error.strerror}") from error
    if len(key) < SHORTEST:
        raise LogError(f"prediction_log.pii_key_file {path}: must hold at least {SHORTEST} bytes, got {len(key)}")
    return Secret(key)


def row_hashes(ids: pa.Array) -> pa.Array:
    """A signed hash of 64 bits per row id; nothing stays nothing."""
    return pa.array([None if one is None else _row_hash(one) for one in ids.to_pylist()], pa.int64())


def _row_hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
