"""What Grafana shall hold: a data source, folders with dashboards, and which role may open which folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fairlead.core.access import ALLOWED, Permission, Role
from fairlead.errors import GrafanaError

FOLDERS: Mapping[str, Permission] = {
    "overview": Permission.OVERVIEW,
    "fairness": Permission.FAIRNESS,
    "health": Permission.HEALTH,
    "incidents": Permission.INCIDENTS_READ,
}
"""Folder of dashboards → what a role needs to open it. What may be done about an incident is fairlead's to decide."""

VIEW, ADMIN = 1, 4
"""Grafana's levels. Nobody edits: the dashboards are generated."""

SOURCE_KEYS = ("uid", "name", "type", "access", "url", "jsonData")
"""Of a provisioned data source, what is ours to say; which one is the default stays Grafana's."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with its dashboards, and the teams that may open it with their levels."""

    uid: str
    title: str
    dashboards: Sequence[Document]
    teams: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of it; without a data source when Grafana has one already."""

    source: Document | None
    folders: Sequence[Folder]

    @property
    def teams(self) -> list[str]:
        """Every team that may open something."""
        return list(dict.fromkeys(team for folder in self.folders for team in folder.teams))


def team_of(role: Role) -> str:
    """The name of a role's team in Grafana."""
    return f"fairlead-{role.value.replace('_', '-')}"


def teams_of(folder: str) -> dict[str, int]:
    """Which teams may open a folder: policy §7."""
    allowed = [role for role in Role if FOLDERS[folder] in ALLOWED[role]]
    return {team_of(role): ADMIN if role is Role.ADMIN else VIEW for role in allowed}


def read(directory: Path, prometheus: str | None, *, source: bool) -> Wanted:
    """The folder ``grafana`` of the project; ``prometheus`` replaces the address in its data source."""
    dashboards = directory / "dashboards"
    found = sorted(path.name for path in dashboards.iterdir()) if dashboards.is_dir() else []
    if found != sorted(FOLDERS):
        expected = ", ".join(FOLDERS)
        raise GrafanaError(f"{dashboards}: must be a folder with {expected}, got {', '.join(found) or 'none of them'}")
    folders = [
        Folder(
            f"fairlead-{name}",
            f"Fairlead {name.capitalize()}",
            [_dashboard(path) for path in sorted((dashboards / name).glob("*.json"))],
            teams_of(name),
        )
        for name in FOLDERS
    ]
    return Wanted(_source(directory, prometheus) if source else None, folders)


def _dashboard(path: Path) -> Document:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GrafanaError(f"{path}: must be a dashboard in JSON, got {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("uid"), str) or not isinstance(found.get("title"), str):
        raise GrafanaError(f"{path}: must be a dashboard with uid and title, got none")
    return found


def _source(directory: Path, prometheus: str | None) -> Document:
    path = directory / "provisioning" / "datasources" / "prometheus.yml"
    try:
        (found,) = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["datasources"]
        source = {key: found[key] for key in SOURCE_KEYS}
    except (OSError, YAMLError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise GrafanaError(f"{path}: must be a provisioned data source of Prometheus, got {reason}") from None
    return source | ({"url": prometheus} if prometheus else {})
