"""Calls a serving platform: signed, with a key by which it knows a repetition."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx

TIMESTAMP, SIGNATURE, KEY = "X-Fairlead-Timestamp", "X-Fairlead-Signature", "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the platform is called; the secret is read for each call."""

    url: str
    secret_file: Path
    timeout: float

    def call(self, body: str, key: str, timestamp: int) -> str | None:
        """Call; why it failed, None when the platform took it. Names no secret."""
        try:
            secret = self.secret_file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            return f"{self.secret_file}: {type(error).__name__}"
        headers = {
            "Content-Type": "application/json",
            KEY: key,
            TIMESTAMP: str(timestamp),
            SIGNATURE: signature(secret, timestamp, body),
        }
        try:
            answer = httpx.post(self.url, content=body.encode(), headers=headers, timeout=self.timeout)
        except httpx.HTTPError as error:
            return f"{self.url}: {type(error).__name__}"
        return None if answer.is_success else f"{self.url}: must answer 2xx, got {answer.status_code}"


def signature(secret: str, timestamp: int, body: str) -> str:
    """sha256= and the HMAC-SHA256 of the timestamp, a dot and the body, in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), sha256).hexdigest()
