"""Names, labels and texts that look like SQL, PromQL, HTML, templates or terminal escapes stay data, everywhere."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from fairlead.core.access import Caller, Role
from fairlead.core.audit import Entry
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.store.audit import Audit
from fairlead.store.runs import Runs
from tests.api.conftest import copied
from tests.api.test_reports import Text
from tests.support.cli import call
from tests.support.metrics import parse
from tests.support.served import Rig
from tests.support.workspace import NOW, Workspace

VALUES = {
    "SQL": "'; DROP TABLE runs; --",
    "SQL with a wildcard": "%' OR '1'='1",
    "PromQL": 'x"} or vector(1) or up{job=~".*',
    "HTML": "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>",
    "an entity": "&lt;b&gt;&amp;",
    "Jinja": "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "a Go template": '{{ with query "up" }}{{ . | first | value }}{{ end }}',
    "a format": "{0.__class__} %s %n ${HOME} $(id) `id`",
    "a terminal escape": "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "a header": "a\r\nSet-Cookie: owned=1\r\n\r\n<html>",
    "a direction override": "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{POP DIRECTIONAL FORMATTING}",
    "a path": "../../../../etc/passwd",
    "a separator": "a,b;c|d\te=f",
    "other planes": "😀 é ﷽ \N{COMBINING ACUTE ACCENT}",
    "a formula": "=cmd|' /C calc'!A0",
}
CHECKINS = "\ncheckins:\n- {name: beat, team: t, kind: agent, interval: 5m}\n"


@pytest.fixture(scope="module")
def poisoned(analysed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The values in every place of the store that data can reach."""
    with copied(analysed, tmp_path_factory.mktemp("hostile"), "fairlead.db") as rig:
        rig.space.config.write_text(rig.space.config.read_text() + CHECKINS)
        assert rig.client.post("/-/reload").status_code == 200
        database = rig.exporter._database
        run = next(run for run in Runs(database).latest() if (run.model, run.family) == ("credit", "data"))
        measured, missing = [], []
        for value in VALUES.values():
            measured.append(Measurement("feature_psi", 0.9, (("feature", value),), 0.01, 500, 500))
            missing.append(NotComputed("feature_psi", value, (("feature", value),)))
            Runs(database).record([replace(run, model=value, model_version=value, measurements=(measured[-1],))])
            Runs(database).record([replace(run, model=value, failure=value, measurements=(), not_computed=())])
            Audit(database).add(Entry(NOW, value, "admin", "test", value, detail={"note": value}))
        Runs(database).record([replace(run, measurements=tuple(measured), not_computed=tuple(missing))])
        rig.exporter.publish()
        yield rig


every = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)


def printable(value: str, but: str = "") -> str:
    return "".join(one if one.isprintable() or one in but else "\N{REPLACEMENT CHARACTER}" for one in value)


@every
def test_json_returns_it_as_it_is(value: str, poisoned: Rig) -> None:
    client, path = poisoned.client, "/api/v1/monitoring/records"
    failed, found = client.get(path, params={"model": value}).json()["items"]
    assert (found["model"], found["model_version"], failed["failure"]) == (value, value, value)
    assert found["findings"][0]["labels"] == {"feature": value}
    last = client.get(path, params={"model": "credit", "family": "data"}).json()["items"][0]
    whole = client.get(f"{path}/{last['id']}").json()
    assert {"metric": "feature_psi", "labels": {"feature": value}, "reason": value} in whole["not_computed"]
    told = client.post("/api/v1/checkins/beat", json={"status": "failed", "message": value})
    assert told.json()["message"] == client.get("/api/v1/checkins/beat").json()["message"] == value
    assert any(entry["actor"] == value for entry in client.get("/api/v1/audit").json()["items"])


@every
def test_filters_and_paths_find_nothing_else(value: str, poisoned: Rig) -> None:
    client = poisoned.client
    assert client.get("/api/v1/monitoring/records", params={"model": value + "x"}).json()["items"] == []
    paths = [f"/api/v1/{path}/{quote(value, safe='')}" for path in ("checkins", "reports", "monitoring/records")]
    for answer in (*map(client.get, paths), client.get("/api/v1/models", params={value: value})):
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in answer.headers
    refused = client.post("/api/v1/checkins/beat", json={value: value})
    assert (refused.status_code, refused.json()["status"]) == (422, 422)


@every
def test_metrics_keep_what_is_printable(value: str, poisoned: Rig) -> None:
    page = poisoned.page()
    assert "\x1b" not in page
    labels = {dict(labels).get("feature") for (name, labels) in parse(page) if name == "fairlead_feature_psi"}
    assert printable(value) in labels


def test_pages_show_it_as_text(poisoned: Rig) -> None:
    caller = Caller("ada", Role.ADMIN)
    poisoned.exporter.reports._clock = lambda: NOW + timedelta(days=90)
    page = poisoned.exporter.reports.make("executive", caller, style="html", period="2026-01")
    text = Text(page)
    for value in VALUES.values():
        assert printable(value, but="\n") in text.cells
    assert not text.tags & {"script", "img", "b"}
    assert "\x1b" not in page


def test_the_terminal_is_not_steered(poisoned: Rig) -> None:
    for outcome in (
        call("audit", "list", "--config.file", poisoned.space.config),
        call("report", "executive", "--period", "2026-01", "--config.file", poisoned.space.config),
    ):
        assert outcome.code == 0, outcome.err
        for control in ("\x1b", "\x07", "\r", "\N{RIGHT-TO-LEFT OVERRIDE}"):
            assert control not in outcome.out
