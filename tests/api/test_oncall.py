"""Who is on call: answered, exposed, and told anew at a handover."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fairlead.app.oncall import Oncall
from fairlead.config.load import load
from tests.support.metrics import series
from tests.support.served import Rig
from tests.support.workspace import NOW

PATH = "/api/v1/oncall"
NOW_SERVED = NOW + timedelta(hours=1)  # Friday 2026-01-09, 01:00 UTC
CONFIGURED = """
oncall:
  people:
  - {name: Ana, email: ana@example.com, slack: U0ANA, phone: "+15550100001"}
  - {name: "Ben O’Hara", email: ben@example.com}
  rotations:
  - {name: primary, people: [Ana, "Ben O’Hara"], start: 2026-01-05, time_zone: Europe/Berlin}
  - {name: secondary, people: ["Ben O’Hara"], start: 2026-01-05}
  - name: compliance_officer
    people: [Ana]
    start: 2026-01-05
    overrides:
    - {begin: 2026-01-09T00:00, until: 2026-01-10T00:00, person: "Ben O’Hara"}
"""


@pytest.fixture
def rotating(rig: Rig) -> Rig:
    rig.space.config.write_text(rig.space.config.read_text() + CONFIGURED)
    assert rig.client.post("/-/reload").status_code == 200
    return rig


def test_who_is_on_call(rotating: Rig) -> None:
    told = rotating.client.get(PATH).json()
    assert told["at"] == "2026-01-09T01:00:00Z"
    primary, secondary, officer = told["items"]
    assert primary == {
        "rotation": "primary",
        "name": "Ana",
        "email": "ana@example.com",
        "slack": "U0ANA",
        "phone": "+15550100001",
        "since": "2026-01-05T08:00:00Z",
        "until": "2026-01-12T08:00:00Z",
        "next": "Ben O’Hara",
    }
    assert (secondary["name"], secondary["slack"], secondary["next"]) == ("Ben O’Hara", "", "Ben O’Hara")
    assert (officer["name"], officer["until"], officer["next"]) == ("Ben O’Hara", "2026-01-10T00:00:00Z", "Ana")


def test_who_will_be(rotating: Rig) -> None:
    later = rotating.client.get(PATH, params={"at": "2026-01-12T09:00:00+01:00"}).json()
    assert [one["name"] for one in later["items"]] == ["Ben O’Hara", "Ben O’Hara", "Ana"]


@pytest.mark.parametrize("at", ["soon", "2026-01-12T09:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_no_such_moment(rotating: Rig, at: str) -> None:
    refused: httpx.Response = rotating.client.get(PATH, params={"at": at})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("query.at: ")


def test_nobody_where_nothing_is_configured(rig: Rig) -> None:
    assert rig.client.get(PATH).json()["items"] == []
    assert series(rig.page(), "fairlead_oncall_info") == {}


def test_one_series_for_each_rotation_and_none_once_it_is_gone(rotating: Rig) -> None:
    found = series(rotating.page(), "fairlead_oncall_info")
    assert [(dict(labels)["rotation"], dict(labels)["name"]) for labels in found] == [
        ("primary", "Ana"),
        ("secondary", "Ben O’Hara"),
        ("compliance_officer", "Ben O’Hara"),
    ]
    text = rotating.space.config.read_text()
    rotating.space.config.write_text(text.replace(CONFIGURED, ""))
    assert rotating.client.post("/-/reload").status_code == 200
    assert series(rotating.page(), "fairlead_oncall_info") == {}


def test_a_handover_is_told(rotating: Rig) -> None:
    moments = [datetime(2026, 1, 12, 8, tzinfo=UTC) + timedelta(seconds=second) for second in (-30, -15, 0, 15)]
    told: list[str] = []
    oncall = Oncall(lambda: moments[0], lambda: told.append(oncall.at(moments[0])[0].name))
    oncall.configure(load(rotating.space.config).oncall)

    def pause(seconds: float) -> None:
        assert seconds <= 15
        moments.pop(0)
        if len(moments) == 1:
            oncall.stop()

    oncall.run(pause)
    assert told == ["Ben O’Hara"]
