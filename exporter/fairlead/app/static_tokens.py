"""The tokens whose secrets are in files, read again when a file changes."""

import hmac
import logging
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from fairlead.config.access import StaticToken
from fairlead.config.secret_file import UnusableSecretError, secret_of

log = logging.getLogger(__name__)

State = tuple[int, int, int]


class StaticTokens:
    """Keeps the digest of each secret beside the state of its file; a file that holds none lets nobody in."""

    def __init__(self, tokens: Sequence[StaticToken]) -> None:
        self._tokens = tuple(tokens)
        self._known: dict[Path, tuple[State | None, bytes | None]] = {}

    def find(self, secret: str) -> StaticToken | None:
        """The token with this secret; every one is compared, in constant time."""
        offered = sha256(secret.encode(errors="surrogatepass")).digest()
        found = None
        for token in self._tokens:
            digest = self._digest(token)
            if digest is not None and hmac.compare_digest(digest, offered):
                found = token
        return found

    def named(self, name: str) -> tuple[StaticToken, bytes] | None:
        """The token with this name, and the SHA-256 of the secret that it has now."""
        for token in self._tokens:
            if token.name == name and (digest := self._digest(token)) is not None:
                return token, digest
        return None

    def _digest(self, token: StaticToken) -> bytes | None:
        """SHA-256 of the secret that the file holds now."""
        state = _state(token.file)
        known = self._known.get(token.file)
        if known is not None and known[0] == state:
            return known[1]
        try:
            digest = sha256(secret_of(token.file).encode()).digest()
        except UnusableSecretError as error:
            log.warning("token not usable", extra={"token": token.name, "reason": str(error)})
            digest = None
        self._known[token.file] = state, digest
        return digest


def _state(path: Path) -> State | None:
    """What changes when the file is written or replaced."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
