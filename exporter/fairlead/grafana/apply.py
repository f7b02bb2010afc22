"""Makes Grafana hold what is wanted, and tells of each thing whether it had to be changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairlead.grafana.connection import Connection
from fairlead.grafana.wanted import ADMIN, VIEW, Document, Folder, Wanted

OF_GRAFANA = {"id", "version", "schemaVersion"}
"""Keys of a dashboard that Grafana counts up by itself."""

LEVELS = {VIEW: "view", 2: "edit", ADMIN: "admin"}

Grants = dict[str, int]
"""Who → level: a team by its name, anybody else by kind and name."""


class Done(StrEnum):
    """What became of a thing."""

    UNCHANGED = "unchanged"
    PROVISIONED = "provisioned by files, left alone"
    CREATED = "created"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Step:
    """A thing in Grafana, what became of it, and for permissions what they are."""

    what: str
    done: Done
    detail: str = ""

    @property
    def changed(self) -> bool:
        """Whether Grafana is not as it was."""
        return self.done in {Done.CREATED, Done.CHANGED}


def apply(grafana: Connection, wanted: Wanted, *, dry: bool) -> Iterator[Step]:
    """One step after another; when ``dry``, only what each would do. An error ends it between two steps."""
    if wanted.source is not None:
        yield _source(grafana, wanted.source, dry=dry)
    ids: dict[str, int] = {}
    for team in wanted.teams:
        yield _team(grafana, team, ids, dry=dry)
    for folder in wanted.folders:
        made = _folder(grafana, folder, dry=dry)
        yield made
        yield _permissions(grafana, folder, ids, new=made.done is Done.CREATED, dry=dry)
        for dashboard in folder.dashboards:
            yield _dashboard(grafana, dashboard, folder.uid, dry=dry)


def _source(grafana: Connection, source: Document, *, dry: bool) -> Step:
    what = f"data source {source['uid']}"
    path = f"/api/datasources/uid/{source['uid']}"
    found = grafana.find(path)
    if found is None:
        if not dry:
            grafana.post("/api/datasources", source)
        return Step(what, Done.CREATED)
    if found.get("readOnly"):
        return Step(what, Done.PROVISIONED)
    if _holds(found, source):
        return Step(what, Done.UNCHANGED)
    if not dry:
        # what somebody has added, such as a password, stays
        settings = {**(found.get("jsonData") or {}), **source["jsonData"]}
        grafana.put(path, {**found, **source, "jsonData": settings})
    return Step(what, Done.CHANGED)


def _team(grafana: Connection, name: str, ids: dict[str, int], *, dry: bool) -> Step:
    answer = grafana.find("/api/teams/search", name=name) or {}
    for team in answer.get("teams") or []:
        if team["name"] == name:
            ids[name] = team["id"]
            return Step(f"team {name}", Done.UNCHANGED)
    if not dry:
        ids[name] = grafana.post("/api/teams", {"name": name})["teamId"]
    return Step(f"team {name}", Done.CREATED)


def _folder(grafana: Connection, folder: Folder, *, dry: bool) -> Step:
    what = f"folder {folder.uid}"
    found = grafana.find(f"/api/folders/{folder.uid}")
    if found is None:
        if not dry:
            grafana.post("/api/folders", {"uid": folder.uid, "title": folder.title})
        return Step(what, Done.CREATED)
    if found["title"] == folder.title:
        return Step(what, Done.UNCHANGED)
    if not dry:
        grafana.put(f"/api/folders/{folder.uid}", {"title": folder.title, "version": found["version"]})
    return Step(what, Done.CHANGED)


def _permissions(grafana: Connection, folder: Folder, ids: dict[str, int], *, new: bool, dry: bool) -> Step:
    """The folder's own permissions are exactly those of the teams; all others are taken away."""
    path = f"/api/folders/{folder.uid}/permissions"
    names = {number: name for name, number in ids.items()}
    held = {} if new and dry else _grants(grafana.find(path) or [], names)
    wanted = dict(folder.teams)
    what, detail = f"permissions of {folder.uid}", _told(held, wanted)
    if held == wanted:
        return Step(what, Done.UNCHANGED)
    if not dry:
        items = [{"teamId": ids[team], "permission": level} for team, level in wanted.items()]
        grafana.post(path, {"items": items})
    return Step(what, Done.CHANGED, detail)


def _grants(items: list[Document], names: dict[int, str]) -> Grants:
    """What a folder grants by itself; administrators may always do everything and cannot be named."""
    held: Grants = {}
    for item in items:
        if item.get("inherited") or item.get("role") == "Admin":
            continue
        if item.get("teamId"):
            who = names.get(item["teamId"]) or f"team {item.get('team') or item['teamId']}"
        elif item.get("userId"):
            who = f"user {item.get('userLogin') or item['userId']}"
        else:
            who = f"role {item.get('role')}"
        held[who] = item["permission"]
    return held


def _told(held: Grants, wanted: Grants) -> str:
    given = [f"{who} {LEVELS[level]}" for who, level in wanted.items() if held.get(who) != level]
    taken = [who for who in held if who not in wanted]
    parts = (("granted: ", given), ("taken away: ", taken))
    return "; ".join(f"{title}{', '.join(names)}" for title, names in parts if names)


def _dashboard(grafana: Connection, dashboard: Document, folder: str, *, dry: bool) -> Step:
    what = f"dashboard {dashboard['uid']}"
    found = grafana.find(f"/api/dashboards/uid/{dashboard['uid']}")
    if found is not None:
        if found["meta"].get("provisioned"):
            return Step(what, Done.PROVISIONED)
        content = {key: value for key, value in dashboard.items() if key not in OF_GRAFANA}
        if found["meta"].get("folderUid") == folder and _holds(found["dashboard"], content):
            return Step(what, Done.UNCHANGED)
    if not dry:
        body = {"dashboard": {**dashboard, "id": None}, "folderUid": folder, "overwrite": True}
        grafana.post("/api/dashboards/db", {**body, "message": "fairlead grafana apply"})
    return Step(what, Done.CREATED if found is None else Done.CHANGED)


def _holds(found: Any, wanted: Any) -> bool:
    """Whether everything wanted is there; what Grafana fills in besides does not count."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(found, list) and len(found) == len(wanted)
        return same and all(_holds(one, other) for one, other in zip(found, wanted, strict=True))
    return bool(found == wanted)
