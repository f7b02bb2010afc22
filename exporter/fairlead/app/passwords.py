"""Users of basic authentication: bcrypt is slow on purpose, so what it said is remembered for a while."""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping

import bcrypt

MOST = 100
BCRYPT_BYTES = 72
"""What bcrypt looks at of a password."""


class Passwords:
    """Which user and password belong together. Nothing here keeps a password."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._checking = threading.Lock()

    def remembered(self, users: Mapping[str, str], user: str, password: str) -> bool:
        """Whether they were found to belong together before, with the same hash."""
        return user in users and self._mark(users[user], user, password) in self._right

    def check(self, users: Mapping[str, str], user: str, password: str) -> bool:
        """Ask bcrypt, one at a time; for a user who is not there, with the cost of one who is."""
        hashed = users.get(user) or max(users.values(), key=lambda one: one[4:6])
        with self._checking:
            right = _matches(password, hashed) and user in users
            if right:
                self._right[self._mark(hashed, user, password)] = None
                while len(self._right) > MOST:
                    self._right.popitem(last=False)
        return right

    def _mark(self, hashed: str, user: str, password: str) -> bytes:
        text = "\0".join((hashed, user, password))
        return hmac.digest(self._key, text.encode(errors="surrogatepass"), "sha256")


def _matches(password: str, hashed: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(errors="surrogatepass")[:BCRYPT_BYTES], hashed.encode())
    except ValueError:  # a null character
        return False
