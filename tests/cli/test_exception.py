"""`fairlead exception` and `fairlead maintenance`: the same moves as the API, by whoever can use the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.app.exceptions import Exceptions
from fairlead.cli.options import user
from fairlead.core.access import Caller, Role
from fairlead.core.exception import Subject
from fairlead.store.database import open_database
from tests.support.cli import Outcome, call
from tests.support.config_files import write

ASK = ("--model", "credit", "--metric", "feature_psi", "--rationale", "season")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A store with two requests by somebody else, one with words that would steer the terminal."""
    path = write(tmp_path / "site")
    database = open_database(str(path.parent / "fairlead.db"))
    desk = Exceptions(database, lambda: datetime.now(UTC), lambda: ["credit"])
    until = datetime.now(UTC) + timedelta(days=9)
    ana = Caller("ana", Role.ML_ENGINEER)
    desk.request(ana, Subject("credit", "feature_psi", "income"), "\x1b[31mred [bold]", until)
    desk.request(ana, Subject("credit", "fairness_accuracy_gap_increase"), "x", until)
    database.close()
    return path


def run(config: Path, *arguments: str) -> Outcome:
    group, command, *rest = arguments
    return call(group, command, "--config.file", config, *rest)


def test_an_exception_from_request_to_revocation(config: Path) -> None:
    asked = run(config, "exception", "request", *ASK, "--days", "30")
    assert asked.out.startswith("EXC-3 waits for a decision: feature_psi of model credit until 20")
    listed = run(config, "exception", "list")
    assert (listed.code, listed.out.count("EXC-")) == (0, 3)
    assert "\x1b[31m" not in listed.out
    assert "[bold]" in listed.out
    assert run(config, "exception", "approve", "exc-1", "--note", "fine").out == (
        "EXC-1 is approved: feature_psi of model credit, feature income\n"
    )
    own = run(config, "exception", "approve", "3")
    assert (own.code, own.err) == (
        1,
        f"EXC-3: decision: must be made by another person than the one who asks, got {user()}\n",
    )
    fairness = run(config, "exception", "approve", "EXC-2")
    assert (fairness.code, fairness.err) == (
        1,
        "EXC-2: role: must be compliance_officer to decide about a fairness risk, got admin\n",
    )
    assert run(config, "exception", "list", "--status", "approved", "--model", "credit").out.count("EXC-") == 1
    assert run(config, "exception", "list", "--metric", "drift_score").out.count("EXC-") == 0
    assert run(config, "exception", "revoke", "1", "--reason", "mended").out.startswith("EXC-1 is revoked: ")
    assert run(config, "exception", "refuse", "1", "--reason", "no").err == (
        "EXC-1: status: must be requested, got revoked\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("exception", "request", *ASK), "--days, --until: must be given one of them, got none"),
        (("exception", "request", *ASK, "--days", "1", "--until", "2026-01-01"), "must be given one of them, got both"),
        (("exception", "request", *ASK, "--until", "soon"), "--until: must be an ISO 8601 date or time, got 'soon'"),
        (("exception", "request", *ASK, "--days", "31"), "31"),
        (("exception", "approve", "INC-1"), "exception: must be a name such as EXC-7, got 'INC-1'"),
        (("maintenance", "end", "x"), "window: must be a name such as MNT-7, got 'x'"),
        (("maintenance", "add", "--model", "credit", "--reason", "x"), "--hours, --end: must be given one of them"),
        (("maintenance", "add", "--model", "credit", "--reason", "x", "--end", "9"), "--end: must be an ISO 8601"),
    ],
)
def test_what_is_misspelt(config: Path, arguments: tuple[str, ...], message: str) -> None:
    outcome = run(config, *arguments)
    assert outcome.code == 4
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_what_is_not_allowed(config: Path) -> None:
    past = run(config, "exception", "request", *ASK, "--until", "2026-01-01")
    assert (past.code, past.err) == (1, "until: must be within the next 30 days, got 2026-01-01T00:00:00+00:00\n")
    other = run(config, "maintenance", "add", "--model", "x", "--hours", "1", "--reason", "x")
    assert (other.code, other.err) == (1, "models: must be configured models, got 'x'\n")


def test_a_window_from_plan_to_end(config: Path) -> None:
    planned = run(config, "maintenance", "add", "--model", "credit", "--hours", "2.5", "--reason", "upgrade")
    assert planned.out.startswith("MNT-1 is planned from ")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    options = ("--model", "credit", "--start", tomorrow, "--end", later, "--reason", "more")
    assert run(config, "maintenance", "add", *options).code == 0
    listed = run(config, "maintenance", "list").out
    assert ("active" in listed, "planned" in listed) == (True, True)
    assert run(config, "maintenance", "end", "MNT-1").out == "MNT-1 is over\n"
    assert run(config, "maintenance", "list", "--limit", "9").out.count("MNT-") == 1
    assert run(config, "maintenance", "list", "--all").out.count("MNT-") == 2
