"""A lender whose models stand well and badly, served with its console, for people and browsers to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support import workspace
from tests.support.served import HOSTILE, Rig, client_of
from tests.support.workspace import NOW, current

PEOPLE = {
    "root": Role.ADMIN,
    "ana": Role.ML_ENGINEER,
    "lee": Role.ML_LEAD,
    "cleo": Role.COMPLIANCE_OFFICER,
    "otto": Role.AUDITOR,
    "vera": Role.VIEWER,
    "theo": Role.CTO,
}


def drifted() -> pd.DataFrame:
    """Incomes are higher, a purpose is new, women are approved less often."""
    chance = np.random.default_rng(5)
    frame = current().copy()
    frame["income"] *= 1.6
    frame.loc[chance.random(len(frame)) < 0.07, "purpose"] = "crypto"
    refused = (frame["sex"] == "female") & (chance.random(len(frame)) < 0.35)
    frame.loc[refused, "decision"] = "denied"
    return frame


@contextmanager
def lender(folder: Path) -> Iterator[tuple[Rig, dict[str, str]]]:
    """The rig, and a token for each of the people."""
    frames = {"credit-default": drifted(), "limit-increase": current(), HOSTILE: current(0.45)}
    space = workspace.prepare(folder, frames)
    space.analyse()
    database = open_database(space.store)
    tokens = Tokens(database)
    secrets = {name: tokens.create(name, role, created_by="tests", now=NOW) for name, role in PEOPLE.items()}
    exporter = Exporter(load(space.config), database, lambda: NOW + timedelta(hours=1))
    with client_of(exporter, secrets["root"]) as client:
        yield Rig(space, exporter, client), secrets
    database.close()
