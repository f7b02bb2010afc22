"""What Prometheus and Alertmanager answer, read with care: another program, another version, or a page of a proxy."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from fairlead.core.alert import Alert, begun, fingerprint, moment

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 << 20


class UnansweredError(Exception):
    """Why there is no answer that can be used; names no secret."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a program answers. Secrets are read from their files for each question, so that they may change."""

    url: str
    token_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    def ask(self, path: str) -> Any:
        """The JSON that it answers to a GET."""
        try:
            with self._client() as client, client.stream("GET", f"{self.url}{path}") as answer:
                if answer.status_code != httpx.codes.OK:
                    raise UnansweredError(f"{self.url}{path}: must answer 200, got {answer.status_code}")
                return json.loads(b"".join(self._limited(answer, path)))
        except (httpx.HTTPError, OSError) as error:
            raise UnansweredError(f"{self.url}{path}: {type(error).__name__}: {error}") from None
        except (ValueError, RecursionError):
            raise UnansweredError(f"{self.url}{path}: must answer JSON, got something else") from None

    def send(self, method: str, path: str, body: object = None) -> None:
        """Change something there."""
        try:
            with self._client() as client, client.stream(method, f"{self.url}{path}", json=body) as answer:
                if answer.is_success:
                    return
                said = b"".join(self._limited(answer, path)).decode(errors="replace")[:256]
        except (httpx.HTTPError, OSError) as error:
            raise UnansweredError(f"{self.url}{path}: {type(error).__name__}: {error}") from None
        raise UnansweredError(f"{self.url}{path}: must answer 2xx, got {answer.status_code}: {said!r}")

    def _limited(self, answer: httpx.Response, path: str) -> Iterator[bytes]:
        size = 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > MOST_BYTES:
                raise UnansweredError(f"{self.url}{path}: must answer at most {MOST_BYTES} bytes, got more")
            yield piece

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        headers = {"Authorization": f"Bearer {_secret(self.token_file)}"} if self.token_file else {}
        basic = (self.username, _secret(self.password_file)) if self.username and self.password_file else None
        own = self.ca_file is not None and self.url.startswith("https:")
        trusted = ssl.create_default_context(cafile=str(self.ca_file)) if own else True
        with httpx.Client(headers=headers, auth=basic, verify=trusted, timeout=TIMEOUT_SECONDS) as client:
            yield client


def firing(prometheus: Endpoint, now: datetime) -> list[Alert]:
    """The alerts that fire, as Prometheus knows them: without external labels."""
    answer = prometheus.ask("/api/v1/alerts")
    try:
        found = answer["data"]["alerts"]
        return [_active(one, now) for one in found if one["state"] == "firing"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnansweredError(f"{prometheus.url}: must answer a list of alerts, got {error!r}") from None


@dataclass(frozen=True, slots=True)
class Held:
    """An alert as Alertmanager holds it: with all labels, and whether something keeps it from being told."""

    alert: Alert
    suppressed: bool


def held(alertmanager: Endpoint, now: datetime) -> list[Held]:
    """The alerts that an Alertmanager holds."""
    answer = alertmanager.ask("/api/v2/alerts")
    try:
        return [_held(one, now) for one in answer]
    except (KeyError, TypeError, ValueError) as error:
        raise UnansweredError(f"{alertmanager.url}: must answer a list of alerts, got {error!r}") from None


def _active(one: Mapping[str, Any], now: datetime) -> Alert:
    labels = _texts(one["labels"])
    starts_at, note = begun(moment(one["activeAt"]), now)
    return Alert(fingerprint(labels), labels, True, starts_at, None, _texts(one.get("annotations") or {}), note)


def _held(one: Mapping[str, Any], now: datetime) -> Held:
    starts_at, note = begun(moment(one["startsAt"]), now)
    annotations = _texts(one.get("annotations") or {})
    alert = Alert(str(one["fingerprint"]), _texts(one["labels"]), True, starts_at, None, annotations, note)
    return Held(alert, one["status"]["state"] == "suppressed")


def _texts(content: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in content.items()}


def _secret(path: Path) -> str:
    """The first line of a file."""
    return path.read_text(encoding="utf-8").strip().partition("\n")[0]
