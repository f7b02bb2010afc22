"""Records: filters, pages, severities of the thresholds file, fairness only for those who may."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairlead.api.records import Family
from fairlead.core.access import Role
from fairlead.core.families import FAMILIES
from fairlead.store.runs import Runs
from fairlead.store.tokens import Tokens
from tests.support.served import HOSTILE, Rig
from tests.support.workspace import NOW

PATH = "/api/v1/monitoring/records"


def records(rig: Rig, **query: Any) -> list[dict[str, Any]]:
    answer = rig.client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def as_role(rig: Rig, role: Role) -> httpx.Client:
    token = Tokens(rig.exporter._database).create(role, role, created_by="tests", now=NOW)
    return httpx.Client(base_url=rig.client.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def audited(rig: Rig) -> list[tuple[str, dict[str, Any]]]:
    with rig.exporter._database.reading() as connection:
        query = "SELECT actor, detail FROM audit WHERE action = 'records.read' ORDER BY id"
        return [(actor, json.loads(detail)) for actor, detail in connection.exec_driver_sql(query)]


def test_families_are_those_of_the_table() -> None:
    assert list(Family.__args__) == list(FAMILIES)  # type: ignore[attr-defined]


def test_records_say_what_the_report_says(shared: Rig) -> None:
    """The same runs, severities and thresholds as `fairlead analyze --format json`."""
    outcome = shared.space.analyse().document
    for record in records(shared, limit=10):
        whole = shared.client.get(f"{PATH}/{record['id']}").json()
        (model,) = (one for one in outcome["models"] if one["model"] == record["model"])
        (family,) = (one for one in model["families"] if one["family"] == record["family"])
        assert whole["measurements"] == family["measurements"]
        assert whole["not_computed"] == family["not_computed"]
        assert whole["window"] == family["window"]
        severities = [m["severity"] for m in family["measurements"]]
        assert record["counts"] == {name: severities.count(name) for name in record["counts"]}
        assert sum(record["counts"].values()) == len(severities)
        order = ["info", "inconclusive", "warning", "critical"]
        assert record["severity"] == max(severities, key=order.index, default="info")
        assert record["findings"] == [m for m in family["measurements"] if m["severity"] != "info"]


def test_filters(shared: Rig) -> None:
    everything = records(shared)
    assert [one["id"] for one in everything] == sorted((one["id"] for one in everything), reverse=True)
    for key in ("model", "family", "severity", "trigger"):
        for value in {one[key] for one in everything}:
            assert records(shared, **{key: value}) == [one for one in everything if one[key] == value]
    assert records(shared, model=HOSTILE, family="data")[0]["model"] == HOSTILE
    assert records(shared, model="nobody") == []
    assert records(shared, **{"from": NOW.isoformat()}) == everything
    assert records(shared, to=NOW.isoformat()) == []
    assert records(shared, **{"from": (NOW + timedelta(seconds=1)).isoformat()}) == []


@pytest.mark.parametrize("severity", [None, "info", "critical"])
def test_pages_hold_everything_once(severity: str | None, shared: Rig) -> None:
    query: dict[str, Any] = {} if severity is None else {"severity": severity}
    wanted, found, cursor = records(shared, **query), [], None
    for _ in range(100):
        page = shared.client.get(PATH, params=query | {"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == wanted


def test_one_that_is_not_there(shared: Rig) -> None:
    for number, status in ((10**6, 404), (0, 422), ("x", 422), (2**31, 422)):
        assert shared.client.get(f"{PATH}/{number}").status_code == status


BAD = "limit=0 limit=1001 from=yesterday from=2026-01-01 family=x cursor=x severity=bad start=2026-01-01T00:00:00Z"


@pytest.mark.parametrize("query", BAD.split())
def test_bad_filters(query: str, shared: Rig) -> None:
    answer = shared.client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"query.{query.partition('=')[0]}: ")


def test_fairness_is_for_those_who_may_see_it(rig: Rig) -> None:
    everything = records(rig)
    with as_role(rig, Role.VIEWER) as viewer:
        assert viewer.get(PATH).json()["items"] == [one for one in everything if one["family"] != "fairness"]
        assert viewer.get(PATH, params={"family": "fairness"}).status_code == 403
        for one in everything:
            assert viewer.get(f"{PATH}/{one['id']}").status_code == (404 if one["family"] == "fairness" else 200)
        overview = viewer.get("/api/v1/models").json()["items"]
        assert "fairness" not in [family["family"] for model in overview for family in model["families"]]
        assert viewer.get("/api/v1/monitoring/health").status_code == 403
    assert {actor for actor, _ in audited(rig)} == {"tests"}


def test_reading_fairness_is_audited(rig: Rig) -> None:
    before = len(audited(rig))
    records(rig, family="data")
    assert len(audited(rig)) == before
    (one,) = records(rig, family="fairness", model="credit")
    rig.client.get(f"{PATH}/{one['id']}")
    actors, details = zip(*audited(rig)[before:], strict=True)
    assert actors == ("tests", "tests")
    assert [detail["records"] for detail in details] == [[one["id"]]] * 2


def test_severities_follow_the_thresholds_file(rig: Rig) -> None:
    """After a reload, also for runs that were judged before."""
    whole = rig.client.get(f"{PATH}/{records(rig, model='credit', family='data')[0]['id']}").json()
    psi = [m for m in whole["measurements"] if m["metric"] == "feature_psi"]
    lowest = min(m["value"] for m in psi)
    text = rig.exporter._config.thresholds.read_text()
    mine = "".join(
        f"  - {{record: fairlead:threshold, labels: {{metric: feature_psi, severity: {severity}, model: credit}},"
        f" expr: vector({lowest / 2})}}\n"
        for severity in ("warning", "critical")
    )
    limits = text.replace("groups:", f"groups:\n- name: mine\n  rules:\n{mine}", 1)
    (rig.space.folder / "limits.yml").write_text(limits)
    config = rig.space.config.read_text()
    lines = ["thresholds: limits.yml" if line.startswith("thresholds:") else line for line in config.splitlines()]
    rig.space.config.write_text("\n".join(lines))
    assert rig.client.post("/-/reload").status_code == 200
    after = records(rig, model="credit", family="data")[0]
    judged = [m for m in after["findings"] if m["metric"] == "feature_psi"]
    assert len(judged) == len(psi)
    assert {m["thresholds"]["critical"] for m in judged} == {lowest / 2}
    assert {m["severity"] for m in judged} <= {"critical", "inconclusive"}


def test_a_failed_run_is_a_record(rig: Rig) -> None:
    runs = Runs(rig.exporter._database)
    run = next(iter(runs.latest()))
    later = run.finished + timedelta(minutes=1)
    failed = replace(run, failure="no \x1b[31mlogs", measurements=(), not_computed=(), finished=later)
    runs.record([failed])
    first = records(rig)[0]
    assert (first["failure"], first["severity"], first["findings"]) == ("no \x1b[31mlogs", "info", [])
    rig.exporter.publish()
    report = rig.client.get("/api/v1/monitoring/health").json()
    (model,) = (one for one in report["models"] if one["model"] == run.model)
    (family,) = (one for one in model["families"] if one["family"] == run.family)
    assert family["failing"]
    assert family["last_failure"]["reason"] == "no \x1b[31mlogs"
    assert not report["healthy"]
