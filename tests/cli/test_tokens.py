"""`fairlead token` and `fairlead audit` at the terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from fairlead.config.load import load
from fairlead.core.access import Caller, Role
from fairlead.core.audit import Wanted, entry_of
from fairlead.store.audit import Audit
from fairlead.store.database import Database, open_database
from fairlead.store.tokens import Tokens
from tests.support.cli import Outcome, call, spawn
from tests.support.config_files import write


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("not-for-anybody-to-see")
    access = "access: {tokens: [{name: alertmanager, role: alertmanager, file: secret}]}\nthresholds:"
    return write(tmp_path, ("thresholds:", access))


def token(config: Path, *arguments: str) -> Outcome:
    return call("token", *arguments, "--config.file", config)


def audit(config: Path, *arguments: str) -> Outcome:
    return call("audit", *arguments, "--config.file", config)


def database_of(config: Path) -> Database:
    return open_database(load(config).store)


def test_the_secret_is_alone_on_standard_output(config: Path) -> None:
    made = spawn("token", "create", "--name", "ci", "--role", "writer", "--expires", "90d", "--config.file", config)
    assert made.code == 0, made.err
    secret = made.out.removesuffix("\n")
    assert secret.startswith("fairlead_")
    assert secret not in made.err
    database = database_of(config)
    found = Tokens(database).find(secret, datetime.now(UTC))
    assert found is not None
    assert (found.name, found.role) == ("ci", Role.WRITER)
    assert found.expires_at is not None
    assert abs((found.expires_at - found.created_at).days - 90) == 0
    database.close()


def test_made_listed_and_revoked_and_all_of_it_is_in_the_audit_log(config: Path) -> None:
    secret = token(config, "create", "--name", "ci", "--role", "writer").out.strip()
    token(config, "create", "--name", "ana", "--role", "viewer", "--expires", "1m")
    shown = token(config, "list").out
    assert "alertmanager" in shown
    assert "in a file" in shown
    assert shown.count("valid") == 2
    assert secret not in shown
    assert "not-for-anybody" not in shown
    assert token(config, "revoke", "ci").out == "token ci: revoked\n"
    assert token(config, "revoke", "2").out == "token ana: revoked\n"
    assert token(config, "list").out.count(" revoked ") == 2
    database = database_of(config)
    assert Tokens(database).find(secret, datetime.now(UTC)) is None
    kept = Audit(database).page(Wanted(), 100)
    assert [(one.action, one.subject, one.source) for one in reversed(kept)] == [
        ("token.create", "token ci", "cli"),
        ("token.create", "token ana", "cli"),
        ("token.revoke", "token ci", "cli"),
        ("token.revoke", "token ana", "cli"),
    ]
    assert not any(secret in one.detail for one in kept)
    database.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("create", "--name", "a b", "--role", "viewer"), 4, "--name: must be 1 to 64 letters"),
        (("create", "--name", "7", "--role", "viewer"), 4, "--name: must be 1 to 64 letters"),
        (("create", "--name", "x" * 65, "--role", "viewer"), 4, "--name: must be 1 to 64 letters"),
        (("create", "--name", "a\x1b[2J", "--role", "viewer"), 4, "--name: must be 1 to 64 letters"),
        (("create", "--name", "alertmanager", "--role", "viewer"), 4, "--name: must be no name of access.tokens"),
        (("create", "--name", "a", "--role", "root"), 4, "is not one of"),
        (("create", "--name", "a", "--role", "viewer", "--expires", "0d"), 4, "--expires: must be a whole number"),
        (("create", "--name", "a", "--role", "viewer", "--expires", "9y"), 4, "--expires: must be a whole number"),
        (("revoke", "nobody"), 1, "token 'nobody': must be the name or the id of a valid token"),
        (("revoke", "nobody\x1b[2J"), 1, "must be the name or the id of a valid token"),
    ],
)
def test_mistakes(config: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    said = token(config, *arguments)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert "\x1b" not in said.err


def test_a_name_is_taken_once(config: Path) -> None:
    token(config, "create", "--name", "ci", "--role", "writer")
    again = token(config, "create", "--name", "ci", "--role", "admin")
    assert (again.code, again.out) == (1, "")
    assert again.err == "token 'ci': must have a name that no valid token has\n"
    database = database_of(config)
    assert Audit(database).head().number == 1
    database.close()


def test_the_audit_log_is_listed_and_that_is_in_it(config: Path) -> None:
    token(config, "create", "--name", "ci", "--role", "writer")
    lines = audit(config, "list", "--format", "json").out.splitlines()
    (document,) = map(json.loads, lines)
    assert (document["number"], document["action"], document["detail"]["role"]) == (1, "token.create", "writer")
    table = audit(config, "list", "--action", "audit.read").out
    assert "audit.read" in table
    assert "token.create" not in table
    assert audit(config, "list", "--since", "2100-01-01", "--format", "json").out == ""
    assert audit(config, "list", "--limit", "2", "--format", "json").out.count("\n") == 2


def test_what_callers_said_cannot_steer_the_terminal(config: Path) -> None:
    database = database_of(config)
    caller = Caller("x\x1b[2J\x07", Role.VIEWER, "1.2.3.4")
    Audit(database).add(entry_of(caller, "a", "b\r\n\x9b31m", datetime.now(UTC), note="\x1b]0;owned\x07"))
    database.close()
    for style in ("table", "json"):
        out = audit(config, "list", "--format", style).out
        assert all(letter.isprintable() for letter in out.replace("\n", ""))


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--since", "yesterday"),
        ("list", "--limit", "0"),
        ("verify", "--head", "x"),
        ("verify", "--head", "1:zz"),
    ],
)
def test_mistakes_of_audit(config: Path, arguments: tuple[str, ...]) -> None:
    said = audit(config, *arguments)
    assert (said.code, said.out) == (4, "")


def test_verify(config: Path) -> None:
    assert audit(config, "verify").out == f"audit: 0 entries, head 0:{'0' * 64}\n"
    for name in ("a", "b", "c"):
        token(config, "create", "--name", name, "--role", "writer")
    sound = audit(config, "verify")
    assert sound.code == 0
    head = sound.out.split()[-1]
    assert head.startswith("3:")
    assert audit(config, "verify", "--head", head[:18]).code == 0
    database = database_of(config)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM audit WHERE id = 3"))
    cut = audit(config, "verify", "--head", head)
    assert (audit(config, "verify").code, cut.code, cut.err) == (
        0,
        1,
        "audit: entry 3: must be there, got 2 as the last\n",
    )
    with database.writing() as connection:
        connection.execute(text("UPDATE audit SET actor = 'somebody' WHERE id = 2"))
    database.close()
    broken = audit(config, "verify")
    assert (broken.code, broken.out) == (1, "")
    assert broken.err.startswith("audit: entry 2: must have the hash")
