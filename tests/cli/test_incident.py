"""`fairlead incident`: the same moves as the API, by whoever can use the store."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.app.incidents import Incidents
from fairlead.cli.options import user
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert
from fairlead.store.database import open_database
from tests.support.cli import Outcome, call
from tests.support.config_files import write

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOOK = Caller("alertmanager", Role.ALERTMANAGER)
CLOSING = ("--resolution", "retrained", "--root-cause", "concept_drift", "--category", "retrained")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A store with two incidents, one with a title that would steer the terminal."""
    path = write(tmp_path / "site")
    database = open_database(str(path.parent / "fairlead.db"))
    labels = {"alertname": "ModelFeatureDrift", "severity": "critical", "family": "data"}
    alerts = [Alert(f"{number}", {**labels, "model": name}, True, NOON) for number, name in enumerate(("a", "b"), 1)]
    alerts[1] = Alert("2", alerts[1].labels, True, NOON, None, {"summary": "\x1b[31mred [bold]"})
    Incidents(database, lambda: NOON).take(alerts, HOOK)
    database.close()
    return path


def incident(config: Path, *arguments: str) -> Outcome:
    command, *rest = arguments
    return call("incident", command, "--config.file", config, *rest)


def test_an_incident_from_list_to_evidence(config: Path, tmp_path: Path) -> None:
    listed = incident(config, "list")
    assert (listed.code, listed.out.count("INC-")) == (0, 2)
    assert incident(config, "list", "--model", "a", "--status", "open", "--limit", "1").out.count("INC-") == 1
    assert incident(config, "list", "--family", "fairness").out.count("INC-") == 0
    assert incident(config, "acknowledge", "INC-1", "--text", "on it").out == f"INC-1 is acknowledged by {user()}\n"
    assert incident(config, "comment", "1", "--text", "the import failed").out == "INC-1 has a comment more\n"
    refused = incident(config, "resolve", "inc-1")
    assert (refused.code, refused.err) == (
        1,
        "INC-1: resolution: must be given to close a critical incident, got nothing\n",
    )
    assert incident(config, "resolve", "INC-1", *CLOSING).out == "INC-1 is resolved\n"
    shown = incident(config, "show", "INC-1").out
    for text in ("resolved", "resolution: retrained", "ModelFeatureDrift", "the import failed", user()):
        assert text in shown
    path = tmp_path / "evidence.zip"
    assert incident(config, "evidence", "INC-1", "--output", str(path)).code == 0
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as bundle:
        assert "manifest.json" in bundle.namelist()


def test_open_by_hand(config: Path) -> None:
    about = ("--model", "credit", "--family", "fairness", "--severity", "warning", "--title", "gap in the queue")
    assert incident(config, "open", *about, "--reason", "a caller complained").out == "INC-3 is open\n"
    shown = incident(config, "show", "INC-3").out
    assert "by hand: gap in the queue: a caller complained" in shown
    assert user() in shown
    again = incident(config, "open", *about)
    assert (again.code, again.err) == (1, "family: must have no incident that is not closed, got INC-3\n")
    unknown = incident(config, "open", "--model", "debit", *about[2:])
    assert (unknown.code, unknown.err.splitlines()[-1]) == (
        4,
        "Error: --model: must be a configured model (credit), got 'debit'",
    )


def test_titles_cannot_steer_the_terminal(config: Path) -> None:
    shown = incident(config, "show", "INC-2").out
    assert "\x1b" not in shown
    assert "[bold]" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "INC-9"), 1, "incident: must be a known one, got INC-9"),
        (("show", "seven"), 4, "incident: must be a name such as INC-7, got 'seven'"),
        (("comment", "INC-1", "--text", " "), 1, "text: must be a comment, got nothing"),
        (("resolve", "INC-1", *CLOSING), 1, "INC-1: status: must be acknowledged, got open"),
        (("evidence", "INC-1", "--output", "/proc/nowhere"), 1, "--output: must be a file that can be written"),
        (("resolve", "INC-1", "--category", "accepted_risk"), 4, "'accepted_risk'"),
    ],
)
def test_mistakes_are_one_line(config: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = incident(config, *arguments)
    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err
