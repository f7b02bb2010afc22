"""A stand-in for Grafana: the endpoints that fairlead uses, as Grafana's HTTP API reference documents them, with state.

It is not Grafana. It holds folders, teams, permissions, dashboards and data sources in memory, asks for the token,
refuses what the reference says is refused (401, 404, 409, 412), and answers in the reference's shapes. What Grafana
does beyond its reference is not in it.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.serving import listening

TOKEN = "glsa_0123456789abcdefghij_01234567"  # noqa: S105 - of the stand-in

Document = dict[str, Any]
Answer = tuple[int, Any]


class RefusedError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass
class State:
    """What a Grafana holds, and every request it got."""

    sources: dict[str, Document] = field(default_factory=dict)
    teams: dict[int, Document] = field(default_factory=dict)
    folders: dict[str, Document] = field(default_factory=dict)
    permissions: dict[str, list[Document]] = field(default_factory=dict)
    dashboards: dict[str, Document] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    fail: dict[tuple[str, str], Answer] = field(default_factory=dict)
    """Method and path → what is answered instead."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that may have changed something."""
        return [request for request in self.requests if request[0] != "GET"]

    def team(self, name: str) -> int:
        """The id of a team."""
        return next(number for number, team in self.teams.items() if team["name"] == name)


def _get_source(state: State, uid: str, _: Document) -> Any:
    return _existing(state.sources, uid, "Data source not found")


def _add_source(state: State, body: Document) -> Any:
    if any(source["name"] == body["name"] for source in state.sources.values()):
        raise RefusedError(409, "data source with the same name already exists")
    made = {"id": next(state.numbers), "orgId": 1, "isDefault": False, "version": 1, "readOnly": False, **body}
    state.sources[body["uid"]] = made
    return {"datasource": made, "id": made["id"], "message": "Datasource added", "name": made["name"]}


def _put_source(state: State, uid: str, body: Document) -> Any:
    held = _existing(state.sources, uid, "Data source not found")
    if held["readOnly"]:
        raise RefusedError(403, "Cannot update read-only data source")
    secret = held.get("secureJsonFields", {})
    state.sources[uid] = {**body, "secureJsonFields": secret, "version": held["version"] + 1}
    return {"datasource": state.sources[uid], "id": held["id"], "message": "Datasource updated", "name": body["name"]}


def _search_teams(state: State, query: Document) -> Any:
    found = [team for team in state.teams.values() if team["name"] == query["name"]]
    return {"totalCount": len(found), "teams": found, "page": 1, "perPage": 1000}


def _add_team(state: State, body: Document) -> Any:
    if any(team["name"] == body["name"] for team in state.teams.values()):
        raise RefusedError(409, "Team name taken")
    number = next(state.numbers)
    state.teams[number] = {"id": number, "orgId": 1, "name": body["name"], "email": "", "memberCount": 0}
    return {"message": "Team created", "teamId": number, "uid": f"t{number}"}


def _get_folder(state: State, uid: str, _: Document) -> Any:
    return _existing(state.folders, uid, "folder not found")


def _add_folder(state: State, body: Document) -> Any:
    """Whoever makes a folder, and the roles Viewer and Editor, may open it at first."""
    if body["uid"] in state.folders:
        raise RefusedError(409, "a folder with the same uid already exists")
    state.folders[body["uid"]] = {"id": next(state.numbers), "version": 1, **body}
    state.permissions[body["uid"]] = [
        {"role": "Admin", "permission": 4, "inherited": False},
        {"userId": 7, "userLogin": "sa-1-fairlead", "teamId": 0, "permission": 4},
        {"role": "Editor", "teamId": 0, "userId": 0, "permission": 2},
        {"role": "Viewer", "teamId": 0, "userId": 0, "permission": 1},
    ]
    return state.folders[body["uid"]]


def _put_folder(state: State, uid: str, body: Document) -> Any:
    held = _existing(state.folders, uid, "folder not found")
    if not body.get("overwrite") and body.get("version") != held["version"]:
        raise RefusedError(412, "The folder has been changed by someone else")
    held |= {"title": body["title"], "version": held["version"] + 1}
    return held


def _get_permissions(state: State, uid: str, _: Document) -> Any:
    _existing(state.folders, uid, "folder not found")
    return state.permissions[uid]


def _set_permissions(state: State, uid: str, body: Document) -> Any:
    """Those that are not listed are removed; an administrator's cannot be."""
    folder = _existing(state.folders, uid, "folder not found")
    for item in body["items"]:
        if item["permission"] not in {1, 2, 4}:
            raise RefusedError(400, "invalid permission")
        if item["teamId"] not in state.teams:
            raise RefusedError(404, "team not found")
    given = [{"userId": 0, "role": "", **item, "team": state.teams[item["teamId"]]["name"]} for item in body["items"]]
    state.permissions[uid] = [{"role": "Admin", "permission": 4, "inherited": False}, *given]
    return {"message": "Folder permissions updated", "id": folder["id"], "title": folder["title"]}


def _get_dashboard(state: State, uid: str, _: Document) -> Any:
    return _existing(state.dashboards, uid, "Dashboard not found")


def _add_dashboard(state: State, body: Document) -> Any:
    content, folder = dict(body["dashboard"]), body["folderUid"]
    _existing(state.folders, folder, "folder not found")
    uid = content["uid"]
    held = state.dashboards.get(uid)
    if held is not None and held["meta"]["provisioned"]:
        raise RefusedError(400, "Cannot save provisioned dashboard")
    if held is not None and not body.get("overwrite"):
        raise RefusedError(412, "The dashboard has been changed by someone else")
    version = held["dashboard"]["version"] + 1 if held else 1
    content |= {"id": held["dashboard"]["id"] if held else next(state.numbers), "version": version}
    meta = {"folderUid": folder, "provisioned": False, "provisionedExternalId": ""}
    state.dashboards[uid] = {"dashboard": content, "meta": meta}
    return {"id": content["id"], "uid": uid, "status": "success", "version": version, "slug": "", "url": f"/d/{uid}/"}


def _existing(held: dict[str, Document], uid: str, message: str) -> Document:
    if uid not in held:
        raise RefusedError(404, message)
    return held[uid]


ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", r"/api/datasources/uid/([\w-]+)", _get_source),
    ("POST", r"/api/datasources", _add_source),
    ("PUT", r"/api/datasources/uid/([\w-]+)", _put_source),
    ("GET", r"/api/teams/search", _search_teams),
    ("POST", r"/api/teams", _add_team),
    ("GET", r"/api/folders/([\w-]+)", _get_folder),
    ("POST", r"/api/folders", _add_folder),
    ("PUT", r"/api/folders/([\w-]+)", _put_folder),
    ("GET", r"/api/folders/([\w-]+)/permissions", _get_permissions),
    ("POST", r"/api/folders/([\w-]+)/permissions", _set_permissions),
    ("GET", r"/api/dashboards/uid/([\w-]+)", _get_dashboard),
    ("POST", r"/api/dashboards/db", _add_dashboard),
)


@dataclass(frozen=True)
class Grafana:
    """The stand-in: where it answers, and what it holds."""

    url: str
    state: State


@contextmanager
def running() -> Iterator[Grafana]:
    """On a free loopback port, below the path /grafana as behind a proxy."""
    state = State()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            status, found = self._routed(sent)
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(found, bytes) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _routed(self, sent: bytes) -> Answer:
            place = urlsplit(self.path)
            path = place.path.removeprefix("/grafana")
            state.requests.append((self.command, path))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return 401, {"message": "Invalid API key"}
            if (self.command, path) in state.fail:
                return state.fail[self.command, path]
            query = {name: values[0] for name, values in parse_qs(place.query).items()}
            for method, pattern, route in ROUTES:
                found = re.fullmatch(pattern, path)
                if found and method == self.command:
                    try:
                        return 200, route(state, *found.groups(), json.loads(sent) if sent else query)
                    except RefusedError as refused:
                        return refused.status, {"message": refused.message}
            return 404, {"message": "Not found"}

    with listening(Handler) as port:
        yield Grafana(f"http://127.0.0.1:{port}/grafana", state)
