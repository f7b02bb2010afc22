"""Every command: its help, what it does, and what it says when it cannot."""

import json
import re
from datetime import UTC, datetime, time
from pathlib import Path

import click
import pytest

from fairlead import __version__
from fairlead.app.incidents import Incidents
from fairlead.app.lifecycle import Lifecycle
from fairlead.cli import main
from fairlead.cli.options import user
from fairlead.config.load import load
from fairlead.core.access import Caller, Role
from fairlead.core.lifecycle import Trigger
from fairlead.store.database import open_database
from tests.support import logs, workspace
from tests.support.cli import call, spawn
from tests.support.workspace import NOW, Workspace, current


def commands(group: click.Group, *path: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [path]
    for name, command in group.commands.items():
        found += commands(command, *path, name) if isinstance(command, click.Group) else [(*path, name)]
    return found


COMMANDS = commands(main)


GROUPS = {
    "audit": "list verify",
    "baseline": "create list show approve activate archive reset diff",
    "db": "status upgrade backup restore verify retention",
    "digest": "send show",
    "exception": "request list approve refuse revoke",
    "grafana": "apply",
    "incident": "open list show acknowledge comment resolve evidence",
    "maintenance": "add list end",
    "oncall": "show template",
    "rules": "render",
    "token": "create list revoke",
}
ALONE = ("analyze", "check-config", "report", "serve", "simulate", "unfreeze")


def test_the_commands() -> None:
    names = {" ".join(path) for path in COMMANDS}
    verbs = {f"{group} {verb}" for group, verbs in GROUPS.items() for verb in verbs.split()}
    assert names == {"", *ALONE, *GROUPS, *verbs}


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help(path: tuple[str, ...], flag: str) -> None:
    """Every option is explained; no configuration is needed to read it."""
    done = call(*path, flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(('fairlead', *path))} ")
    command = main
    for name in path:
        command = command.commands[name]  # type: ignore[assignment]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert parameter.opts[0] in done.out


def test_version() -> None:
    assert call("--version").out == f"fairlead, version {__version__}\n"
    assert spawn("--version").out == f"fairlead, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyse"], "Error: No such command 'analyse'. Did you mean 'analyze'?"),
        (["serve", "--port", "1"], "Error: No such option '--port'."),
        (["baseline", "create", "--model", "credit"], "must be given one of them, got none"),
        (["baseline", "create", "--model", "credits", "--from", "x.csv"], "got 'credits'"),
        (["check-config"], "Error: Missing argument 'FILE'."),
    ],
)
def test_usage_errors_end_with_4(arguments: list[str], message: str, space: Workspace) -> None:
    needs = [] if arguments[0] in {"analyse", "check-config"} else ["--config.file", str(space.config)]
    done = call(*arguments, *needs)
    assert done.code == 4
    assert done.out == ""
    assert done.err.splitlines()[-1].startswith(message) or message in done.err.splitlines()[-1]


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return workspace.prepare(tmp_path, {"credit": current()})


def test_check_config(space: Workspace) -> None:
    done = call("check-config", space.config)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(rf"{re.escape(str(space.config))}: 1 models?, \d+ thresholds, no mistakes\n", done.out)
    space.config.write_text(space.config.read_text().replace("risk: high", "risk: extreme") + "frobnicate: 1\n")
    done = call("check-config", space.config)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 2
    assert all(re.match(rf"{re.escape(str(space.config))}:\d+: \S+: must be ", line) for line in done.err.splitlines())


def test_check_config_looks_at_the_thresholds(space: Workspace) -> None:
    (space.folder / "limits.yml").write_text("groups: []\n")
    text = space.config.read_text()
    space.config.write_text(text.replace(f"thresholds: {logs.THRESHOLDS}", "thresholds: limits.yml"))
    done = call("check-config", space.config)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"{space.folder / 'limits.yml'}: must record fairlead:threshold, got no such rule\n"


def baseline(space: Workspace, verb: str, *arguments: str | Path) -> tuple[int, str, str]:
    done = call("baseline", verb, "--config.file", space.config, *arguments)
    return done.code, done.out, done.err


def test_the_life_of_a_baseline(space: Workspace) -> None:
    code, out, _ = baseline(space, "list")
    (first,) = re.findall(r"\d{4}-\d\d-\d\d-v1", out)
    assert (code, states(out)) == (0, ["active"])
    second = first[:-1] + "2"

    other = logs.write(logs.rows(2_000, seed=1, approved=0.5), space.folder / "other.csv")
    fixed = ("--model", "credit", "--from", other, "--created-by", "Ada L.")
    made = baseline(space, "create", *fixed, "--no-activate")
    assert made == (0, f"credit: baseline {second} from 2000 rows, not active\n", "")
    _, out, _ = baseline(space, "list", "--model", "credit")
    assert states(out) == ["active", "approved"]
    assert "Ada L." in out
    assert str(other) in "".join(line.split("│")[10].strip() for line in out.splitlines() if "│" in line)

    shown = json.loads(baseline(space, "show", "--model", "credit", "--version", second)[1])
    assert shown["summary"]["rows"] == 2_000
    assert json.loads(baseline(space, "show", "--model", "credit")[1])["summary"]["rows"] == 4_000

    assert baseline(space, "activate", "--model", "credit", "--version", second) == (
        0,
        f"credit: baseline {second} is active\n",
        "",
    )
    _, out, _ = baseline(space, "list")
    assert states(out) == ["archived", "active"]
    assert states(baseline(space, "list", "--state", "active")[1]) == ["active"]
    assert space.analyse().document["models"][0]["families"][0]["baseline"] == second

    code, out, _ = baseline(space, "diff", "--model", "credit", first, second)
    assert code == 0
    cells = [line.split("│") for line in out.splitlines() if line.startswith("│")]
    rows = {tuple(cell.strip() for cell in line[1:3]): line[3:-1] for line in cells}
    assert float(rows["predictions", "total variation"][0]) == pytest.approx(0.2, abs=0.03)
    assert [float(cell) for cell in rows["baseline", "rows"]] == [4_000, 2_000, -2_000]
    assert float(rows["predictions", "share of approved"][2]) == pytest.approx(-0.2, abs=0.03)
    document = json.loads(baseline(space, "diff", "--model", "credit", "--format", "json", first, second)[1])
    assert (document["before"], document["distance"]["previous"]) == (first, first)
    assert {"subject": "baseline", "quantity": "rows", "before": 4_000, "after": 2_000} in document["differences"]


def states(out: str) -> list[str]:
    """States of a printed list."""
    return [line.split("│")[3].strip() for line in out.splitlines() if line.startswith("│ credit")]


def test_who_decides_at_the_command_line(tmp_path: Path) -> None:
    """The operator stands in for every role, but not for a second person; a reset is decided at once."""
    space = workspace.prepare(tmp_path, {"credit": current()})
    first = re.findall(r"\d{4}-\d\d-\d\d-v1", baseline(space, "list")[1])[0]
    one = ("--model", "credit", "--version")
    assert baseline(space, "approve", *one, first)[2] == (
        f"caller: must be another person than the author to approve, got {user()!r}\n"
    )
    assert baseline(space, "archive", *one, first)[2] == (
        f"model 'credit': baseline {first}: it is the active one: activate another, which archives it\n"
    )
    waiting = drafted(space, "ben")
    assert baseline(space, "activate", *one, waiting)[2].endswith("it is a draft, which must be approved first\n")
    assert baseline(space, "approve", *one, waiting) == (0, f"credit: baseline {waiting} is approved\n", "")
    assert baseline(space, "archive", *one, waiting) == (0, f"credit: baseline {waiting} is archived\n", "")
    own = drafted(space, user())
    assert baseline(space, "approve", *one, own)[0] == 1
    done = baseline(space, "reset", "--model", "credit", "--reason", " ")
    assert (done[0], done[2].splitlines()[-1]) == (4, "Error: --reason: must be some text, got none")


def drafted(space: Workspace, author: str) -> str:
    """A draft for concept drift that somebody asked for."""
    config = load(space.config)
    database = open_database(config.store)
    lifecycle = Lifecycle(database, lambda: config, lambda: NOW, Incidents(database, lambda: NOW).document)
    caller = Caller(author, Role.ML_ENGINEER, "10.0.0.1")
    days = 2 if author == "ben" else 3
    made = lifecycle.create(caller, lifecycle.prepare(caller, "credit", days, Trigger.CONCEPT_DRIFT, "spring"))
    database.close()
    return made.version


def test_a_reset_takes_the_last_seven_days(tmp_path: Path) -> None:
    midnight = datetime.combine(datetime.now(UTC), time(), UTC)
    week = logs.rows(7_000, midnight - 7 * logs.DAY, days=7, seed=11)
    space = workspace.prepare(tmp_path, {"credit": week})
    code, out, err = baseline(space, "reset", "--model", "credit", "--reason", "a new bureau")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"credit: baseline \S+-v2 is active\nincident INC-1 says why\n", out)
    out = baseline(space, "list")[1]
    assert states(out) == ["archived", "active"]
    assert "data_source_change" in out
    assert f"{user()} (admin)" in out


def test_a_baseline_of_the_validation_set_is_made_once(tmp_path: Path) -> None:
    space = workspace.prepare(
        tmp_path, {"credit": current()}, changes={"credit": {"validation": {"path": "validation/credit.parquet"}}}
    )
    made = [baseline(space, "create", "--model", "credit", "--from-validation") for _ in range(2)]
    assert made[0] == made[1]
    assert re.fullmatch(r"credit: baseline \S+-v2 from 4000 rows, active\n", made[0][1])
    assert states(baseline(space, "list")[1]) == ["archived", "active"]
    assert "deployment" in baseline(space, "list")[1]


MISSING = [
    (["approve", "--model", "credit", "--version", "2020-01-01-v1"], "credit"),
    (["archive", "--model", "credit", "--version", "2020-01-01-v1"], "credit"),
    (["show", "--model", "credit", "--version", "2020-01-01-v1"], "credit"),
    (["activate", "--model", "credit", "--version", "2020-01-01-v1"], "credit"),
    (["diff", "--model", "credit", "2020-01-01-v1", "2020-01-01-v2"], "credit"),
]


@pytest.mark.parametrize(("arguments", "model"), MISSING, ids=[case[0][0] for case in MISSING])
def test_a_version_that_is_not_there(arguments: list[str], model: str, space: Workspace) -> None:
    expected = f"model {model!r}: no baseline '2020-01-01-v1'; see: fairlead baseline list --model {model}\n"
    assert baseline(space, arguments[0], *arguments[1:]) == (1, "", expected)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
@pytest.mark.parametrize("column", ["income", "purpose", "decision", "outcome", "score", "sex", "age", "shap_income"])
def test_a_mistyped_column_is_named(column: str, suffix: str, tmp_path: Path) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")])
    path = logs.write(logs.rows(50).rename(columns={column: f"{column}s"}), tmp_path / f"base{suffix}")
    done = call("baseline", "create", "--config.file", config, "--model", "credit", "--from", path)
    expected = f"{path}: must have the configured columns, got none named {column}\n"
    assert (done.code, done.out, done.err) == (1, "", expected)


REFUSED = {
    "too few rows": (logs.rows(29), "must have at least 30 rows, got 29"),
    "another favourable outcome": (
        logs.rows(50).replace("approved", "granted"),
        "column 'decision': must hold the favourable outcome 'approved', got denied, granted",
    ),
    "labels in other words": (
        logs.rows(50).assign(outcome="repaid"),
        "column 'outcome': must hold the same values as predictions (approved, denied), got no match",
    ),
    "control characters": (
        logs.rows(50).assign(decision="\x1b[31mred"),
        "column 'decision': must hold the favourable outcome 'approved', got \N{REPLACEMENT CHARACTER}[31mred",
    ),
    "no rows": (logs.rows(1).iloc[:0], "must have at least 30 rows, got 0"),
}


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("case", REFUSED)
def test_data_that_makes_no_baseline(case: str, suffix: str, tmp_path: Path) -> None:
    frame, message = REFUSED[case]
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")])
    path = logs.write(frame, tmp_path / f"base{suffix}")
    done = call("baseline", "create", "--config.file", config, "--model", "credit", "--from", path)
    assert (done.code, done.out, done.err) == (1, "", f"{path}: {message}\n")


@pytest.mark.parametrize("name", ["empty.csv", "gone.csv", "cut.parquet"])
def test_files_that_make_no_baseline(name: str, tmp_path: Path) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")])
    path = tmp_path / name
    if name != "gone.csv":
        path.write_bytes(b"PAR1" if name == "cut.parquet" else b"")
    done = call("baseline", "create", "--config.file", config, "--model", "credit", "--from", path)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert done.err.startswith(f"{path}: must ")


def test_the_store_is_made_with_its_folder(tmp_path: Path) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")], store="var/lib/deep/fairlead.db")
    assert call("baseline", "list", "--config.file", config).code == 0
    assert (tmp_path / "var/lib/deep/fairlead.db").is_file()


@pytest.mark.parametrize("store", ["plain.txt/fairlead.db", "folder", "plain.txt", "sqlite:////proc/none/fairlead.db"])
def test_a_store_that_cannot_be(store: str, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("no database, and long enough not to be taken for a new one" * 50)
    (tmp_path / "folder").mkdir()
    config = logs.write_config(tmp_path, [logs.model("credit", "x.csv")], store=store)
    for arguments, code in ((("baseline", "list"), 1), (("analyze",), 3)):
        done = call(*arguments, "--config.file", config)
        assert (done.code, done.out) == (code, "")
        assert re.match(r"store[: ]", done.err)
        assert len(done.err.splitlines()) == 1


def test_analyses_are_recorded_unless_asked_not_to(space: Workspace) -> None:
    from fairlead.store.database import open_database
    from fairlead.store.runs import Runs

    runs = Runs(open_database(str(space.folder / "fairlead.db")))
    assert space.analyse("--no-record").code == 0
    assert runs.since(0) == []
    assert space.analyse().code == 0
    recorded = runs.since(0)
    assert sorted(run.family for run in recorded) == ["data", "explanation", "fairness", "model", "quality"]
    assert {run.trigger for run in recorded} == {"on-demand"}


def test_the_report_as_json(space: Workspace) -> None:
    """Every measurement has a severity, and thresholds exactly where the policy has some."""
    done = space.analyse("--model", "credit", "--model", "credit")
    assert len(done.document["models"]) == 1
    measured = [m for family in done.document["models"][0]["families"] for m in family["measurements"]]
    assert {m["severity"] for m in measured} <= {"info", "inconclusive", "warning", "critical"}
    judged = {m["metric"]: m["thresholds"] for m in measured if m["thresholds"]}
    assert judged["feature_psi"] == {"warning": 0.1, "critical": 0.25}
    assert "group_samples" not in judged
    assert done.document["models"][0]["drift_score"].keys() == {"value", "coverage", "severity"}


def test_a_warning_in_the_table_comes_first(tmp_path: Path) -> None:
    space = workspace.prepare(tmp_path, {"credit": current(0.45)})
    table = call("analyze", "--config.file", space.config, "--as-of", workspace.NOW.isoformat())
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.out.splitlines() if line.startswith("│")]
    assert rows[0][:2] == ["WARNING", "prediction_shift_ratio"]
    assert (table.code, rows[0][5:7]) == (1, ["0.2", "0.4"])
    assert re.search(r"[^\n\x20-\x7e\u2500-\u257f]", table.out) is None
