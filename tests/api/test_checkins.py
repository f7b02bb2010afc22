"""Check-ins: reported, kept, overdue, exposed; unknown names are refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.metrics import parse
from tests.support.served import Rig
from tests.support.workspace import NOW

PATH = "/api/v1/checkins"
START = NOW + timedelta(hours=1)
CONFIGURED = """
checkins:
- {name: moderation agent, team: agent-maintenance, kind: agent, interval: 5m}
- {name: "drill 🎓 {{ 7*7 }}", team: infrastructure, kind: task, interval: 92d}
"""


@pytest.fixture
def expecting(rig: Rig) -> Rig:
    rig.space.config.write_text(rig.space.config.read_text() + CONFIGURED)
    assert rig.client.post("/-/reload").status_code == 200
    return rig


def gauges(rig: Rig, name: str) -> dict[str, float]:
    rig.exporter.publish()
    found = {}
    for (metric, labels), value in parse(rig.page()).items():
        if metric == name:
            found[dict(labels)["checkin"]] = value
    return found


def at(rig: Rig, minutes: float) -> None:
    now = START + timedelta(minutes=minutes)
    for part in (rig.exporter, rig.exporter.checkins):
        part._clock = lambda: now


def report(rig: Rig, name: str = "moderation agent", **body: Any) -> dict[str, Any]:
    answer = rig.client.post(f"{PATH}/{name}", json=body or None)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_before_the_first_report_it_counts_from_the_configuration(expecting: Rig) -> None:
    one, other = expecting.client.get(PATH).json()["items"]
    assert (one["name"], one["last_ok"], one["status"], one["overdue"]) == ("moderation agent", None, None, False)
    assert one["waiting_since"] == "2026-01-09T01:00:00Z"
    assert other["name"] == "drill 🎓 {{ 7*7 }}"
    at(expecting, 6)
    assert expecting.client.post("/-/reload").status_code == 200
    one, other = expecting.client.get(PATH).json()["items"]
    assert (one["overdue"], other["overdue"]) == (True, False)
    assert gauges(expecting, "fairlead_checkin_last_timestamp_seconds") == dict.fromkeys(
        ("moderation agent", "drill 🎓 {{ 7*7 }}"), START.timestamp()
    )
    assert gauges(expecting, "fairlead_checkin_interval_seconds")["drill 🎓 {{ 7*7 }}"] == 92 * 86_400


def test_a_report(expecting: Rig) -> None:
    at(expecting, 6)
    told = report(expecting)
    assert (told["status"], told["overdue"], told["last_ok"]) == ("ok", False, "2026-01-09T01:06:00Z")
    assert told["reported_by"] == "tests"
    assert expecting.client.get(f"{PATH}/moderation agent").json() == told
    last = gauges(expecting, "fairlead_checkin_last_timestamp_seconds")
    assert last["moderation agent"] == (START + timedelta(minutes=6)).timestamp()
    assert report(expecting, status="ok", message="") == told


def test_a_failure_is_kept_and_does_not_count(expecting: Rig) -> None:
    report(expecting)
    at(expecting, 6)
    told = report(expecting, status="failed", message="no \x1b[31mdisk")
    assert (told["status"], told["message"], told["overdue"]) == ("failed", "no \x1b[31mdisk", True)
    assert (told["last_ok"], told["last_failed"]) == ("2026-01-09T01:00:00Z", "2026-01-09T01:06:00Z")


@pytest.mark.parametrize("body", [{"status": "fine"}, {"state": "ok"}, {"message": "x" * 4097}, [], {"message": 1}])
def test_odd_reports(body: Any, expecting: Rig) -> None:
    assert expecting.client.post(f"{PATH}/moderation agent", json=body).status_code == 422


UNKNOWN = ("agent", "Moderation agent", "moderation%20agent%20", "';DROP TABLE checkins;--", "x" * 128)


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names(name: str, expecting: Rig) -> None:
    for method in ("GET", "POST"):
        answer = expecting.client.request(method, f"{PATH}/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_one_that_is_no_longer_configured_is_gone_and_comes_back_with_its_state(expecting: Rig) -> None:
    report(expecting)
    config = expecting.space.config.read_text()
    expecting.space.config.write_text(config.replace(CONFIGURED, ""))
    expecting.client.post("/-/reload")
    assert expecting.client.get(PATH).json() == {"items": []}
    assert gauges(expecting, "fairlead_checkin_last_timestamp_seconds") == {}
    expecting.space.config.write_text(config)
    expecting.client.post("/-/reload")
    assert expecting.client.get(f"{PATH}/moderation agent").json()["last_ok"] == "2026-01-09T01:00:00Z"


def test_a_repeated_report_is_answered_again(expecting: Rig) -> None:
    headers = {"Idempotency-Key": "beat-1"}
    first = expecting.client.post(f"{PATH}/moderation agent", headers=headers)
    at(expecting, 3)
    again = expecting.client.post(f"{PATH}/moderation agent", headers=headers)
    assert (again.headers["idempotency-replayed"], again.content) == ("true", first.content)
