"""A lender whose models stand well and badly, for people and browsers to look at."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.store.backup import backup
from fairlead.store.database import Database, open_database
from fairlead.store.tokens import Tokens
from tests.support import workspace
from tests.support.monitored import Clock
from tests.support.served import HOSTILE
from tests.support.workspace import NOW, Workspace, current

PEOPLE = {
    "root": Role.ADMIN,
    "ana": Role.ML_ENGINEER,
    "lee": Role.ML_LEAD,
    "cleo": Role.COMPLIANCE_OFFICER,
    "otto": Role.AUDITOR,
    "vera": Role.VIEWER,
    "theo": Role.CTO,
    "pusher": Role.WRITER,
    "am": Role.ALERTMANAGER,
}
LATER = NOW + timedelta(hours=1)

ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {
        "alertname": "ModelDisparateImpact",
        "severity": "critical",
        "family": "fairness",
        "model": "credit-default",
        "attribute": "sex",
        "team": "lending",
    },
    "annotations": {
        "summary": "Disparate impact of sex is 0.64",
        "runbook_url": "http://localhost:10171/runbooks/ModelDisparateImpact",
        "dashboard_url": "http://localhost:3000/d/fairlead-fairness?var-model=credit-default",
    },
    "startsAt": (NOW + timedelta(minutes=30)).isoformat(),
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://localhost:9090/graph",
    "fingerprint": "0a1b2c3d4e5f6071",
}


@dataclass(frozen=True)
class Lender:
    """Served by an exporter whose clock is set by hand; a token for each of the people."""

    space: Workspace
    exporter: Exporter
    database: Database
    clock: Clock
    tokens: Mapping[str, str]


ONCALL = """oncall:
  people:
  - {name: Ana, email: ana@example.com, slack: U00ANA, phone: "+15550100001"}
  - {name: Ben, email: ben@example.com, slack: U00BEN, phone: "+15550100002"}
  rotations:
  - {name: primary, people: [Ana, Ben], start: 2026-01-05}
  - {name: secondary, people: [Ben, Ana], start: 2026-01-05}
  - {name: compliance_officer, people: [Ben], start: 2026-01-05}
"""
"""More of the configuration: who takes turns."""


def drifted() -> pd.DataFrame:
    """Incomes are higher, a purpose is new, women are approved less often."""
    chance = np.random.default_rng(5)
    frame = current().copy()
    frame["income"] *= 1.6
    frame.loc[chance.random(len(frame)) < 0.07, "purpose"] = "crypto"
    refused = (frame["sex"] == "female") & (chance.random(len(frame)) < 0.35)
    frame.loc[refused, "decision"] = "denied"
    return frame


def analysed(folder: Path) -> Workspace:
    """Three models, analysed."""
    space = workspace.prepare(
        folder, {"limit-increase": current(), "credit-default": drifted(), HOSTILE: current(0.45)}
    )
    space.analyse()
    return space


@contextmanager
def lender(space: Workspace, folder: Path, access: str = "") -> Iterator[Lender]:
    """Over a copy of the store; access is more of the configuration."""
    config = folder / "fairlead.yml"
    config.write_text(space.config.read_text().replace("path: logs/", f"path: {space.folder}/logs/") + access)
    with closing(open_database(space.store)) as source:
        backup(source, folder / "fairlead.db", force=False, progress=lambda done, total: None)
    database, clock = open_database(load(config).store), Clock(LATER)
    tokens = {name: Tokens(database).create(name, role, created_by="t", now=NOW) for name, role in PEOPLE.items()}
    yield Lender(Workspace(folder, config), Exporter(load(config), database, clock), database, clock, tokens)
    database.close()


def message(*changes: Mapping[str, Any]) -> dict[str, Any]:
    """What Alertmanager sends: the alert, once with each of the changes to its labels and fields."""
    alerts = []
    for change in changes or ({},):
        alert = deepcopy(ALERT)
        alert |= {name: value for name, value in change.items() if name not in {"labels", "annotations"}}
        for part in ("labels", "annotations"):
            alert[part] |= change.get(part, {})
        alerts.append(alert)
    envelope = {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "fairlead"}
    empty = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://localhost:9093"}
    return {**envelope, **empty, "alerts": alerts}
