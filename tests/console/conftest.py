"""The console over an exporter with analysed models, asked without a server between."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from fairlead.api.server import create_server
from fairlead.console.routes import add_console
from tests.support import lender as lenders
from tests.support.lender import Lender, lender, message
from tests.support.workspace import Workspace

INPUT = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')


@dataclass
class Browser:
    """Keeps cookies, follows no redirect by itself, and has an address."""

    server: FastAPI
    base: str = "http://testserver"
    address: str = "127.0.0.1"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        return asyncio.run(self._ask(method, path, options))

    async def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.server, client=(self.address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=self.base, cookies=self.cookies) as client:
            answer = await client.request(method, path, **options)
            self.cookies = client.cookies
            return answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A page."""
        return self.ask("GET", path, **options)

    def hidden(self, path: str, action: str = "") -> dict[str, str]:
        """What the hidden fields of a form of a page hold: of the form with this action, else the last one."""
        text = self.get(path).text
        forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', text, re.DOTALL)
        chosen = [body for where, body in forms if not action or unescape(where) == action]
        return {name: unescape(value) for name, value in INPUT.findall(chosen[-1])}

    def post(self, path: str, fields: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        """A form, as it is."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **options.pop("headers", {})}
        return self.ask("POST", path, content=urlencode(fields or {}), headers=headers, **options)

    def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """The form of a page that has this action, filled in."""
        return self.post(action, {**self.hidden(page, action), **fields})

    def log_in(self, token: str, back: str = "/models", **options: Any) -> httpx.Response:
        """With a token."""
        fields = {**self.hidden(f"/login?next={back}"), "credential": token}
        return self.post("/login", fields, **options)


@dataclass(frozen=True)
class Rig:
    """The lender, and browsers of its people."""

    lent: Lender
    server: FastAPI

    def browser(self, name: str = "", base: str = "http://testserver") -> Browser:
        """Logged in, if it is somebody's."""
        made = Browser(self.server, base)
        if name:
            assert made.log_in(self.lent.tokens[name]).status_code == 303
        return made

    def deliver(self, *changes: Any) -> None:
        """Alerts, as Alertmanager does."""
        headers = {"Authorization": f"Bearer {self.lent.tokens['am']}"}
        browser = Browser(self.server)
        answer = browser.ask("POST", "/api/v1/alerts/webhook", json=message(*changes), headers=headers)
        assert answer.status_code == 200, answer.text

    def audited(self, actor: str) -> list[str]:
        """Actions of somebody in the audit log, oldest first."""
        headers = {"Authorization": f"Bearer {self.lent.tokens['otto']}"}
        answer = Browser(self.server).get("/api/v1/audit", params={"actor": actor}, headers=headers)
        return [entry["action"] for entry in answer.json()["items"]][::-1]


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Analysed once for all tests."""
    return lenders.analysed(tmp_path_factory.mktemp("console"))


def rig_of(lent: Lender) -> Rig:
    return Rig(lent, add_console(create_server(lent.exporter)))


@pytest.fixture
def rig(space: Workspace, tmp_path: Path) -> Iterator[Rig]:
    """For tests that change something."""
    with lender(space, tmp_path) as lent:
        yield rig_of(lent)


@pytest.fixture(scope="module")
def shared(space: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """For tests that only look."""
    with lender(space, tmp_path_factory.mktemp("shared")) as lent:
        yield rig_of(lent)
