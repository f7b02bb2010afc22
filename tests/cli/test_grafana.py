"""`fairlead grafana apply` against a stand-in for Grafana that holds what it is given; no Grafana runs here."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.config.load import load
from fairlead.core.audit import Wanted
from fairlead.store.audit import Audit
from fairlead.store.database import open_database
from tests.support.cli import Outcome, call
from tests.support.config_files import write
from tests.support.grafana import TOKEN, Grafana, running

PROJECT = Path(__file__).parents[2] / "grafana"
TABLE = {
    "fairlead-overview": {"admin", "ml-engineer", "ml-lead", "cto", "compliance-officer", "auditor", "viewer"},
    "fairlead-fairness": {"admin", "ml-engineer", "ml-lead", "cto", "compliance-officer", "auditor"},
    "fairlead-health": {"admin", "ml-engineer", "ml-lead", "cto", "auditor"},
    "fairlead-incidents": {"admin", "ml-engineer", "ml-lead", "cto", "compliance-officer", "auditor"},
}
"""Policy §7, written down once more; the CTO sees what an ML lead sees."""


class Rig:
    """The stand-in, a configuration, and a token file."""

    def __init__(self, grafana: Grafana, folder: Path) -> None:
        self.grafana, self.state, self.folder = grafana, grafana.state, folder
        self.config = write(folder)
        self.token = folder / "token"
        self.token.write_text(f"{TOKEN}\n")

    def apply(self, *arguments: str | Path) -> Outcome:
        """Run the command; later arguments win."""
        fixed = ("--config.file", self.config, "--url", self.grafana.url, "--token-file", self.token)
        return call("grafana", "apply", *fixed, "--directory", PROJECT, *arguments)

    def audited(self) -> list[dict[str, object]]:
        """What the audit log says of it."""
        database = open_database(load(self.config).store)
        try:
            found = Audit(database).page(Wanted(action="grafana.apply"), 100)
            return [link.document() for link in found]
        finally:
            database.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running() as grafana:
        yield Rig(grafana, tmp_path)


def test_an_empty_grafana_gets_everything(rig: Rig) -> None:
    done = rig.apply()
    assert (done.code, done.err) == (0, "")
    assert {uid: held["meta"]["folderUid"] for uid, held in rig.state.dashboards.items()} == {
        "fairlead-drift": "fairlead-overview",
        "fairlead-fleet": "fairlead-overview",
        "fairlead-fairness": "fairlead-fairness",
        "fairlead-health": "fairlead-health",
        "fairlead-itself": "fairlead-health",
        "fairlead-incidents": "fairlead-incidents",
    }
    committed = json.loads((PROJECT / "dashboards" / "overview" / "fleet.json").read_text())
    stored = dict(rig.state.dashboards["fairlead-fleet"]["dashboard"])
    assert stored.pop("id") > 0
    assert stored.pop("version") == 1
    assert stored == committed
    assert rig.state.sources["prometheus"]["url"] == "http://prometheus:9090"
    assert rig.state.sources["prometheus"]["isDefault"] is False
    assert "were changed" in done.out.splitlines()[-1]


def test_teams_may_open_what_the_policy_says_and_nobody_else(rig: Rig) -> None:
    rig.apply()
    names = {number: team["name"] for number, team in rig.state.teams.items()}
    for folder, roles in TABLE.items():
        granted = {
            names[item["teamId"]]: item["permission"]
            for item in rig.state.permissions[folder]
            if item.get("role") != "Admin"
        }
        assert granted == {f"fairlead-{role}": 4 if role == "admin" else 1 for role in roles}
    assert set(names.values()) == {f"fairlead-{role}" for role in TABLE["fairlead-overview"]}


def test_the_second_run_changes_nothing_and_says_so(rig: Rig) -> None:
    rig.apply()
    before = len(rig.state.writes)
    again = rig.apply()
    assert again.code == 0
    assert again.out.splitlines()[-1] == "nothing to change"
    assert len(rig.state.writes) == before
    assert all(line.endswith(": unchanged") for line in again.out.splitlines()[:-1])
    assert len(rig.audited()) == 1


def test_a_dry_run_tells_all_and_writes_nothing(rig: Rig) -> None:
    told = rig.apply("--dry-run")
    assert told.code == 2
    assert rig.state.writes == []
    assert "folder fairlead-fairness: would be created" in told.out
    assert "permissions of fairlead-overview: would be changed (granted: fairlead-admin admin" in told.out
    assert rig.audited() == []
    done = rig.apply()
    assert len(told.out.splitlines()) == len(done.out.splitlines())
    assert rig.apply("--dry-run").code == 0


def test_what_somebody_changed_is_put_right_and_named(rig: Rig) -> None:
    rig.apply()
    state = rig.state
    viewer = state.team("fairlead-viewer")
    state.permissions["fairlead-fairness"].append({"teamId": viewer, "team": "fairlead-viewer", "permission": 1})
    state.permissions["fairlead-health"].append({"role": "Viewer", "permission": 1})
    state.permissions["fairlead-health"].append({"role": "Editor", "permission": 2, "inherited": True})
    state.folders["fairlead-incidents"]["title"] = "Something else"
    state.dashboards["fairlead-drift"]["dashboard"]["panels"][1]["title"] = "Mine"
    state.dashboards["fairlead-fleet"]["meta"]["folderUid"] = ""
    state.sources["prometheus"] |= {"url": "http://elsewhere", "basicAuth": True, "basicAuthUser": "reader"}
    state.sources["prometheus"]["jsonData"]["customQueryParameters"] = "a=b"
    done = rig.apply()
    assert [line for line in done.out.splitlines()[:-1] if not line.endswith("unchanged")] == [
        "data source prometheus: changed",
        "dashboard fairlead-drift: changed",
        "dashboard fairlead-fleet: changed",
        "permissions of fairlead-fairness: changed (taken away: fairlead-viewer)",
        "permissions of fairlead-health: changed (taken away: role Viewer)",
        "folder fairlead-incidents: changed",
    ]
    assert state.sources["prometheus"]["url"] == "http://prometheus:9090"
    assert state.sources["prometheus"]["basicAuthUser"] == "reader"
    assert state.sources["prometheus"]["jsonData"]["customQueryParameters"] == "a=b"
    assert rig.apply().out.splitlines()[-1] == "nothing to change"


def test_what_grafana_fills_in_by_itself_is_no_change(rig: Rig) -> None:
    rig.apply()
    held = rig.state.dashboards["fairlead-health"]["dashboard"]
    held |= {"schemaVersion": 99, "weekStart": "", "version": 12}
    held["panels"][1]["pluginVersion"] = "12.2.0"
    rig.state.sources["prometheus"]["typeLogoUrl"] = "logo.svg"
    assert rig.apply().out.splitlines()[-1] == "nothing to change"


def test_what_grafana_reads_from_files_is_left_alone(rig: Rig) -> None:
    rig.apply()
    for held in rig.state.dashboards.values():
        held["meta"]["provisioned"] = True
        held["dashboard"]["title"] = "of a file"
    rig.state.sources["prometheus"] |= {"readOnly": True, "url": "http://file"}
    again = rig.apply()
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to change")
    assert "dashboard fairlead-drift: provisioned by files, left alone" in again.out
    assert "data source prometheus: provisioned by files, left alone" in again.out


def test_prometheus_may_be_elsewhere_or_the_data_sources_somebody_elses(rig: Rig) -> None:
    rig.apply("--without-data-source")
    assert rig.state.sources == {}
    rig.apply("--prometheus-url", "https://prometheus.example/path")
    assert rig.state.sources["prometheus"]["url"] == "https://prometheus.example/path"


def test_every_change_of_a_run_is_one_entry_of_the_audit_log(rig: Rig) -> None:
    rig.apply()
    (entry,) = rig.audited()
    assert entry["subject"] == f"grafana {rig.grafana.url}"
    assert "permissions of fairlead-overview: changed" in str(entry["detail"])
    assert TOKEN not in str(entry)


def test_a_run_that_fails_halfway_is_audited_as_far_as_it_went_and_finished_by_the_next(rig: Rig) -> None:
    rig.state.fail["POST", "/api/dashboards/db"] = (500, {"message": "database is locked"})
    failed = rig.apply()
    assert failed.code == 1
    assert failed.err == (
        f"grafana: POST {rig.grafana.url}/api/dashboards/db: must be answered with 200, got 500 database is locked\n"
    )
    assert "folder fairlead-overview: created" in failed.out
    (entry,) = rig.audited()
    assert "folder fairlead-overview: created" in str(entry["detail"])
    rig.state.fail.clear()
    assert rig.apply().code == 0
    assert rig.apply().out.splitlines()[-1] == "nothing to change"


def test_a_wrong_token_is_named_and_never_shown(rig: Rig) -> None:
    rig.token.write_text("glsa_wrongwrongwrongwrong")
    done = rig.apply()
    assert done.code == 1
    assert "got 401 Invalid API key; is the token valid?" in done.err
    assert "glsa_wrong" not in done.out + done.err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (403, {"message": "Access denied"}),
            "got 403 Access denied; the token's service account needs the role Admin",
        ),
        ((302, b"<html>log in</html>"), "must be answered with 200, got 302"),
        ((200, b"<html>a proxy</html>"), "must be answered in JSON, got text/html"),
        ((412, {"message": "changed by someone else"}), "got 412 changed by someone else"),
    ],
)
def test_answers_that_are_no_use(rig: Rig, answer: tuple[int, object], said: str) -> None:
    rig.state.fail["GET", "/api/datasources/uid/prometheus"] = answer
    done = rig.apply()
    assert done.code == 1
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_nobody_answers(rig: Rig) -> None:
    done = rig.apply("--url", "http://127.0.0.1:9")
    assert done.code == 1
    assert done.err.startswith("grafana: GET http://127.0.0.1:9/api/datasources/uid/prometheus: must be answered, got ")


def test_the_token_may_be_a_variable(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("--config.file", rig.config, "--directory", PROJECT)
    monkeypatch.setenv("FAIRLEAD_GRAFANA_URL", rig.grafana.url)
    missing = call("grafana", "apply", *arguments)
    assert missing.code == 4
    assert "--token-file: must be given, or FAIRLEAD_GRAFANA_TOKEN be set, got neither" in missing.err
    monkeypatch.setenv("FAIRLEAD_GRAFANA_TOKEN", TOKEN)
    assert call("grafana", "apply", *arguments).code == 0
    monkeypatch.setenv("FAIRLEAD_GRAFANA_TOKEN", "two words")
    assert "must be one word" in call("grafana", "apply", *arguments).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "grafana.example"), "--url: must be http(s)://HOST[:PORT][/PATH], got 'grafana.example'"),
        (("--url", "http://admin:secret@grafana"), "--url: must be http(s)://HOST[:PORT][/PATH], got an address with"),
        (("--prometheus-url", "file:///etc"), "--prometheus-url: must be http(s)://"),
        (("--token-file", "/nowhere/token"), "--token-file: must be a file with a token, got no such file"),
    ],
)
def test_wrong_options(rig: Rig, arguments: tuple[str, str], said: str) -> None:
    done = rig.apply(*arguments)
    assert done.code == 4
    assert said in done.err
    assert "secret" not in done.err
    assert rig.state.requests == []


def test_wrong_files(rig: Rig) -> None:
    empty = rig.folder / "empty"
    empty.mkdir()
    assert (
        "must be a folder with overview, fairness, health, incidents, got none" in rig.apply("--directory", empty).err
    )
    copy = rig.folder / "grafana"
    shutil.copytree(PROJECT, copy)
    (copy / "dashboards" / "health" / "model-health.json").write_text("[1]")
    assert "must be a dashboard with uid and title" in rig.apply("--directory", copy).err
    (copy / "dashboards" / "health" / "model-health.json").write_text("{")
    assert "model-health.json: must be a dashboard in JSON" in rig.apply("--directory", copy).err
    (copy / "dashboards" / "health" / "model-health.json").unlink()
    (copy / "provisioning" / "datasources" / "prometheus.yml").write_text("datasources: []")
    done = rig.apply("--directory", copy)
    assert "prometheus.yml: must be a provisioned data source of Prometheus" in done.err
    assert done.code == 1
    assert rig.state.requests == []
