"""Requests to Grafana's HTTP API, with errors that say which one and why."""

from types import TracebackType
from typing import Any, Self

import httpx

from fairlead.errors import GrafanaError

LONGEST = 200
"""Most characters of Grafana's own words in an error."""

HINTS = {401: "; is the token valid?", 403: "; the token's service account needs the role Admin"}


class Connection:
    """One Grafana and the token of a service account in it."""

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._client = httpx.Client(timeout=30, headers=headers, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def find(self, path: str, **query: str) -> Any:
        """What is there; None when nothing is."""
        return self._ask("GET", path, params=query, absent=True)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Make or replace something."""
        return self._ask("POST", path, json=body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Change something."""
        return self._ask("PUT", path, json=body)

    def _ask(self, method: str, path: str, *, absent: bool = False, **more: Any) -> Any:
        where = f"grafana: {method} {self.url}{path}"
        try:
            answer = self._client.request(method, f"{self.url}{path}", **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GrafanaError(f"{where}: must be answered, got {type(error).__name__}: {error}") from None
        if absent and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            found = answer.json()
        except ValueError:
            found = None
        if answer.status_code != httpx.codes.OK:
            said = found.get("message") if isinstance(found, dict) else None
            words = f" {str(said)[:LONGEST]}" if said else ""
            hint = HINTS.get(answer.status_code, "")
            raise GrafanaError(f"{where}: must be answered with 200, got {answer.status_code}{words}{hint}")
        if not isinstance(found, dict | list):
            raise GrafanaError(
                f"{where}: must be answered in JSON, got {answer.headers.get('Content-Type', 'nothing')}"
            )
        return found
