"""Silences on a real Alertmanager: exactly those that the store asks for, whatever becomes of them there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import yaml

from fairlead.alerting.endpoint import Endpoint, UnansweredError
from fairlead.alerting.silences import FAULTS, Matcher, end, silences
from fairlead.app.exceptions import Exceptions
from fairlead.app.maintenance import Maintenance
from fairlead.app.rhythm import EVERY_SECONDS, Rhythm
from fairlead.app.silences import Silencer
from fairlead.config.alerting import Alerting
from fairlead.config.alerting import Endpoint as EndpointConfig
from fairlead.core.access import Caller, Role
from fairlead.core.exception import Subject
from fairlead.demo.processes import Server, alertmanager
from fairlead.store.database import open_database
from tests.support.alertmanager import Alert, post

ANA, LEA = Caller("ana", Role.ML_ENGINEER), Caller("lea", Role.ML_LEAD)
HOSTILE = 'a "quoted"\\ {model=~".*"} name'
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXACT = {"isRegex": False, "isEqual": True}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("silences")
    config = folder / "alertmanager.yml"
    config.write_text(yaml.safe_dump({"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}))
    with alertmanager(folder, config) as running:
        yield running.wait_ready()


@dataclass
class Counts:
    """What was counted."""

    failed: list[str | None] = field(default_factory=list)
    silenced: list[tuple[int, int]] = field(default_factory=list)
    foreign: dict[str, int] = field(default_factory=dict)

    def observe_silences(self, failed: str | None, timestamp: float) -> None:
        self.failed.append(failed)

    def observe_silenced(self, made: int, ended: int) -> None:
        self.silenced.append((made, ended))

    def observe_foreign(self, faults: dict[str, int]) -> None:
        self.foreign = faults


@dataclass
class Desk:
    """A store and the loop that carries it to an Alertmanager."""

    exceptions: Exceptions
    maintenance: Maintenance
    counts: Counts
    loop: Silencer
    client: httpx.Client

    def configure(self, *urls: str, **more: Any) -> None:
        nobody = EndpointConfig(url="http://127.0.0.1:1")
        endpoints = tuple(EndpointConfig(url=url) for url in urls)
        self.loop.configure(Alerting(prometheus=nobody, alertmanagers=endpoints, **more))

    def look(self) -> tuple[int, int]:
        """Silences that were made and ended in one look."""
        self.counts.silenced.clear()
        self.loop.look()
        return sum(made for made, _ in self.counts.silenced), sum(ended for _, ended in self.counts.silenced)

    def accept(self, subject: Subject, days: float = 20) -> None:
        made = self.exceptions.request(ANA, subject, "season", now() + days * DAY)
        self.exceptions.approve(made.id, LEA)

    def present(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/silences").raise_for_status().json()
        return [one for one in found if one["status"]["state"] != "expired"]

    def put(self, matchers: list[dict[str, Any]], days: float = 1, **more: Any) -> str:
        """A silence by somebody else."""
        content = {
            "matchers": [{**EXACT, **one} for one in matchers],
            "startsAt": now().isoformat(),
            "endsAt": (now() + days * DAY).isoformat(),
            "createdBy": "bob",
            "comment": "x",
            **more,
        }
        return str(self.client.post("/silences", json=content).raise_for_status().json()["silenceID"])


@pytest.fixture
def desk(tmp_path: Path, server: Server) -> Iterator[Desk]:
    database, counts = open_database(str(tmp_path / "fairlead.db")), Counts()
    models: Callable[[], list[str]] = lambda: ["credit", "hiring", HOSTILE]  # noqa: E731
    loop = Silencer(database, now, counts, Rhythm(Random(1)))  # noqa: S311 - only waits
    with httpx.Client(base_url=f"{server.url}/api/v2", timeout=30) as client:
        made = Desk(Exceptions(database, now, models), Maintenance(database, now, models), counts, loop, client)
        made.configure(server.url)
        yield made
        for one in made.present():
            client.delete(f"/silence/{one['id']}")
    database.close()


def matchers(one: dict[str, Any]) -> set[tuple[str, str]]:
    assert all(each["isRegex"] is False and each["isEqual"] is True for each in one["matchers"])
    return {(each["name"], each["value"]) for each in one["matchers"]}


def test_what_is_approved_is_silenced_exactly_and_once(desk: Desk) -> None:
    desk.accept(Subject(HOSTILE, "feature_psi", feature="income"))
    assert desk.look() == (1, 0)
    assert desk.look() == (0, 0)
    (one,) = desk.present()
    assert matchers(one) == {("model", HOSTILE), ("metric", "feature_psi"), ("feature", "income")}
    assert (one["createdBy"], one["status"]["state"]) == ("fairlead exc:EXC-1", "active")
    assert one["comment"] == "fairlead exc:EXC-1: accepted risk, asked by ana, approved by lea: season"
    desk.exceptions.revoke(1, ANA, "mended")
    assert desk.look() == (0, 1)
    assert desk.present() == []
    assert desk.counts.failed == [None] * 3


def test_a_window_silences_warnings_of_each_model_from_its_start(desk: Desk) -> None:
    desk.maintenance.add(ANA, ["credit", "hiring"], now() + HOUR, now() + 2 * HOUR, "upgrade")
    desk.maintenance.add(ANA, ["credit"], None, now() + HOUR, "at once")
    assert desk.look() == (3, 0)
    assert desk.look() == (0, 0)
    found = {(one["createdBy"], one["status"]["state"], *sorted(matchers(one))) for one in desk.present()}
    assert found == {
        ("fairlead mnt:MNT-1", "pending", ("model", "credit"), ("severity", "warning")),
        ("fairlead mnt:MNT-1", "pending", ("model", "hiring"), ("severity", "warning")),
        ("fairlead mnt:MNT-2", "active", ("model", "credit"), ("severity", "warning")),
    }
    desk.maintenance.end(1, LEA)
    assert desk.look() == (0, 2)


def edited(desk: Desk, **changes: Any) -> None:
    """Somebody changes fairlead's silence on Alertmanager's page."""
    (one,) = desk.present()
    content = {key: one[key] for key in ("id", "matchers", "startsAt", "endsAt", "createdBy", "comment")}
    desk.client.post("/silences", json={**content, "createdBy": "bob", **changes}).raise_for_status()


EDITS: dict[str, Callable[[], dict[str, Any]]] = {
    "longer": lambda: {"endsAt": (now() + 40 * DAY).isoformat()},
    "shorter": lambda: {"endsAt": (now() + HOUR).isoformat()},
    "broader": lambda: {"matchers": [{"name": "model", "value": "credit", **EXACT}]},
    "by a regular expression": lambda: {
        "matchers": [
            {"name": "model", "value": "credit", "isRegex": True, "isEqual": True},
            {"name": "metric", "value": "feature_psi", **EXACT},
        ]
    },
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_edited_is_put_right(desk: Desk, edit: str) -> None:
    desk.accept(Subject("credit", "feature_psi"))
    desk.look()
    (before,) = desk.present()
    edited(desk, **EDITS[edit]())
    assert desk.look() == (1, 1)
    (after,) = desk.present()
    assert (matchers(after), after["endsAt"]) == (matchers(before), before["endsAt"])
    assert desk.look() == (0, 0)


def test_of_two_that_are_equal_the_later_one_is_ended(desk: Desk) -> None:
    desk.accept(Subject("credit", "feature_psi"))
    desk.look()
    (one,) = desk.present()
    content = {key: one[key] for key in ("matchers", "endsAt", "createdBy", "comment")}
    desk.client.post("/silences", json={**content, "startsAt": now().isoformat()}).raise_for_status()
    assert len(desk.present()) == 2
    assert desk.look() == (0, 1)
    assert [left["id"] for left in desk.present()] == [one["id"]]


def test_one_that_somebody_ended_comes_back(desk: Desk) -> None:
    desk.accept(Subject("credit", "feature_psi"))
    desk.look()
    desk.client.delete(f"/silence/{desk.present()[0]['id']}").raise_for_status()
    assert desk.look() == (1, 0)


def test_one_of_an_exception_that_nobody_knows_is_ended(desk: Desk) -> None:
    desk.put([{"name": "model", "value": "credit"}], comment="fairlead exc:EXC-99: trust me")
    assert desk.look() == (0, 1)


MODEL, METRIC = {"name": "model", "value": "credit"}, {"name": "metric", "value": "feature_psi"}
STRANGERS: dict[str, tuple[list[dict[str, Any]], float, set[str]]] = {
    "exact": ([MODEL, METRIC], 1, {"unapproved"}),
    "by the name of the alert": ([MODEL, {"name": "alertname", "value": "ModelFeatureDrift"}], 1, {"unapproved"}),
    "long": ([MODEL, METRIC], 31, {"unapproved", "too_long"}),
    "of a whole model": ([MODEL], 1, {"unapproved", "too_broad"}),
    "of an alert": ([{"name": "alertname", "value": "ModelFairnessDrift"}], 1, {"unapproved", "too_broad"}),
    "of many models": ([{**MODEL, "isRegex": True}, METRIC], 1, {"unapproved", "too_broad"}),
    "of all but one": ([{**MODEL, "isEqual": False}, METRIC], 1, {"unapproved", "too_broad"}),
    "for ten years": ([{"name": "alertname", "value": "Model.*", "isRegex": True}], 3650, set(FAULTS)),
    "of somebody else's alerts": ([{"name": "alertname", "value": "NodeDown"}], 3650, set()),
    "of a slow expression": ([{"name": "alertname", "value": "(a+)+b", "isRegex": True}], 1, set()),
}


@pytest.mark.parametrize("case", STRANGERS)
def test_silences_behind_our_back_are_found(desk: Desk, case: str) -> None:
    given, days, faults = STRANGERS[case]
    desk.put(given, days)
    assert desk.look() == (0, 0)
    assert desk.counts.foreign == {fault: int(fault in faults) for fault in FAULTS}
    assert len(desk.present()) == 1, "reported, not ended"


def test_a_silence_without_our_labels_is_found_when_it_silences_us(desk: Desk, server: Server) -> None:
    desk.put([{"name": "severity", "value": "critical"}])
    desk.look()
    assert desk.counts.foreign["unapproved"] == 0
    labels = {"alertname": "ModelFeatureDrift", "model": "credit", "severity": "critical"}
    post(server.url, [Alert({**labels, "metric": "feature_psi", "family": "data"})])
    desk.look()
    assert desk.counts.foreign == {"unapproved": 1, "too_long": 0, "too_broad": 1}


def test_they_are_ended_where_the_configuration_says_so(desk: Desk, server: Server) -> None:
    desk.configure(server.url, foreign_silences="expire")
    desk.put([{"name": "alertname", "value": "NodeDown"}])
    desk.put([MODEL])
    assert desk.look() == (0, 1)
    assert desk.counts.foreign["unapproved"] == 1, "it was there"
    desk.look()
    assert desk.counts.foreign["unapproved"] == 0
    assert len(desk.present()) == 1


def test_one_alertmanager_that_is_down_keeps_nothing_from_the_other(desk: Desk, server: Server) -> None:
    desk.configure("http://127.0.0.1:1", server.url)
    desk.accept(Subject("credit", "feature_psi"))
    assert desk.look() == (1, 0)
    assert desk.counts.failed == ["alertmanager"]
    assert desk.loop.rhythm.rest() > EVERY_SECONDS * 1.5


def test_nothing_is_asked_without_an_alertmanager(desk: Desk) -> None:
    desk.loop.configure(None)
    assert desk.look() == (0, 0)
    assert desk.counts.failed == []


def test_other_answers_are_no_answer(desk: Desk, server: Server) -> None:
    with pytest.raises(UnansweredError, match="must answer 200, got 404"):
        silences(Endpoint(f"{server.url}/nowhere"))
    with pytest.raises(UnansweredError, match="must answer 2xx, got 422"):
        Endpoint(f"{server.url}").send("POST", "/api/v2/silences", {"matchers": []})


def test_what_another_process_has_ended_is_no_mistake(desk: Desk, server: Server) -> None:
    desk.put([MODEL])
    (one,) = silences(Endpoint(server.url))
    end(Endpoint(server.url), one)
    end(Endpoint(server.url), one)
    end(Endpoint(server.url), replace(one, id="7f000001-0000-4000-8000-000000000000"))
    with pytest.raises(UnansweredError, match="ConnectError"):
        end(Endpoint("http://127.0.0.1:1"), one)


def test_matchers_are_exact_when_they_name_one_value() -> None:
    found = [Matcher("a", "b"), Matcher("a", ""), Matcher("a", "b", regex=True), Matcher("a", "b", equal=False)]
    assert [one.exact for one in found] == [True, False, False, False]
