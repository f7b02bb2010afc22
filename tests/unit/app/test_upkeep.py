"""Baselines that nobody asks for: of a new version, once, whoever is killed or comes second; and monthly reviews."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fairlead.app.exporter import Exporter
from fairlead.app.incidents import Incidents
from fairlead.app.lifecycle import Lifecycle
from fairlead.app.upkeep import Upkeep
from fairlead.config.load import load
from fairlead.core.lifecycle import State, Trigger
from fairlead.core.measurement import Measurement
from fairlead.core.plan import Window
from fairlead.core.review import Outcome
from fairlead.core.run import Run
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database, open_database
from fairlead.store.reviews import Reviews
from fairlead.store.runs import Runs
from fairlead.store.tables import audit
from tests.support import logs, workspace
from tests.support.monitored import Clock
from tests.support.workspace import NOW, Workspace, current

VALIDATION = {"validation": {"path": "new.parquet"}}
FAMILIES = ("data", "fairness", "model")


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A model with a baseline of version 1 and a validation set of another."""
    made = workspace.prepare(tmp_path, {"credit": current()}, changes={"credit": VALIDATION})
    logs.write(logs.rows(3_000, seed=5), tmp_path / "new.parquet")
    return made


def deploy(space: Workspace, version: str) -> None:
    """Write another version into the configuration."""
    lines = space.config.read_text().splitlines()
    space.config.write_text("\n".join(f"  version: '{version}'" if "version:" in line else line for line in lines))


@dataclass
class Keeper:
    """One process's upkeep, on a clock that is set by hand."""

    space: Workspace
    database: Database
    clock: Clock
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = load(self.space.config)
        self.model = config.models[0]
        lifecycle = Lifecycle(self.database, lambda: config, self.clock, Incidents(self.database, self.clock).document)
        self.upkeep = Upkeep(self.database, lambda: config, lifecycle, self.failed.append, self.clock)

    def series(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for fact in self.upkeep.gauges():
            found.setdefault(fact.metric, []).append((dict(fact.labels), fact.value))
        return found

    def all(self) -> list[BaselineFacts]:
        return Baselines(self.database).list("credit")


@contextmanager
def keeper(space: Workspace, now: datetime = NOW) -> Iterator[Keeper]:
    database = open_database(str(space.folder / "fairlead.db"))
    yield Keeper(space, database, Clock(now))
    database.close()


def said(database: Database, action: str) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(audit).where(audit.c.action == action).order_by(audit.c.id)))


def test_a_version_that_has_its_baseline_needs_none(space: Workspace) -> None:
    with keeper(space) as kept:
        assert kept.upkeep.look() == []
        assert kept.series()["fairlead_baseline_outdated"] == [({"model": "credit"}, 0.0)]


def test_a_new_version_gets_its_baseline_once(space: Workspace) -> None:
    deploy(space, "2")
    with keeper(space) as kept:
        assert kept.series()["fairlead_baseline_outdated"] == [({"model": "credit"}, 1.0)]
        (made,) = kept.upkeep.look()
        assert kept.upkeep.look() == []
        assert (made.state, made.trigger, made.model_version) == (State.ACTIVE, Trigger.DEPLOYMENT, "2")
        assert (made.approved_by, made.approved_role, made.samples) == ("fairlead", "automatic", 3_000)
        assert made.expires_at == NOW + timedelta(days=180)
        old, _ = kept.all()
        assert (old.state, old.archived_at) == (State.ARCHIVED, NOW)
        (entry,) = said(kept.database, "baseline.create")[1:]
        assert (entry.actor, entry.role) == ("fairlead", "automatic")
        series = kept.series()
        assert series["fairlead_baseline_outdated"] == [({"model": "credit"}, 0.0)]
        assert made.distance is not None
        assert made.distance.previous == old.version
        found = {labels["statistic"]: value for labels, value in series["fairlead_baseline_distance"]}
        assert found["psi_max"] == made.distance.psi_max
        assert {labels["attribute"] for labels, _ in series["fairlead_baseline_parity_change"]} == {"sex", "age_band"}


def test_a_missing_validation_set_is_told_and_tried_again(space: Workspace) -> None:
    deploy(space, "2")
    path = space.folder / "new.parquet"
    elsewhere = path.rename(space.folder / "elsewhere")
    with keeper(space) as kept:
        assert kept.upkeep.look() == kept.upkeep.look() == []
        assert kept.failed == ["credit"]
        reason = f"{path}: must match at least one parquet file, got none"
        assert kept.series()["fairlead_not_computed"] == [
            ({"model": "credit", "metric": "baseline", "reason": reason}, 1.0)
        ]
        assert [one.state for one in kept.all()] == [State.ACTIVE]
        elsewhere.rename(path)
        kept.clock.now += timedelta(minutes=4)
        assert kept.upkeep.look() == []
        kept.clock.now += timedelta(minutes=1)
        assert len(kept.upkeep.look()) == 1
        assert "fairlead_not_computed" not in kept.series()


def test_an_unusable_validation_set_is_told(space: Workspace) -> None:
    deploy(space, "2")
    (space.folder / "new.parquet").write_bytes(b"no parquet")
    with keeper(space) as kept:
        assert kept.upkeep.look() == []
        logs.write(logs.rows(3_000).assign(decision="perhaps"), space.folder / "new.parquet")
        kept.upkeep.reconfigured()
        assert kept.upkeep.look() == []
        assert "must hold the favourable outcome 'approved'" in kept.upkeep.failures()["credit"]
        assert kept.failed == ["credit", "credit"]
        assert [one.state for one in kept.all()] == [State.ACTIVE]


def test_two_configurations_do_not_replace_each_other_for_ever(space: Workspace) -> None:
    deploy(space, "2")
    with keeper(space) as second:
        assert len(second.upkeep.look()) == 1
        deploy(space, "3")
        with keeper(space) as third:
            assert len(third.upkeep.look()) == 1
            assert second.upkeep.look() == third.upkeep.look() == []
            assert len(third.all()) == 3
        assert "which is archived: activate it with: fairlead baseline activate" in second.upkeep.failures()["credit"]


def test_processes_at_once_make_one(space: Workspace) -> None:
    deploy(space, "2")

    def process(_number: int) -> int:
        with keeper(space) as kept:
            return len(kept.upkeep.look())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(process, range(4)))
    with keeper(space) as kept:
        assert [one.state for one in kept.all()] == [State.ARCHIVED, State.ACTIVE]
        assert len(said(kept.database, "baseline.create")) == 2


def test_who_comes_second_finds_the_first_one(space: Workspace) -> None:
    """Also when the validation set has changed between, so that its content is another."""
    deploy(space, "2")
    with keeper(space) as kept:
        first = kept.upkeep.ensure(kept.model)
        logs.write(logs.rows(2_000, seed=6), space.folder / "new.parquet")
        assert kept.upkeep.ensure(kept.model) == first
        assert len(kept.all()) == 2


def test_killed_at_any_moment_it_is_whole_or_not_there(space: Workspace) -> None:
    chance, longest = random.Random(3), 2.0  # noqa: S311 - only instants
    for number in range(12):
        deploy(space, f"killed-{number}")
        began, child = time.monotonic(), os.fork()
        if not child:
            with keeper(space) as kept:
                kept.upkeep.look()
            os._exit(0)
        if number == 0:
            os.waitpid(child, 0)
            longest = time.monotonic() - began
        else:
            time.sleep(chance.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with keeper(space) as kept:
            states = [one.state for one in kept.all()]
            assert states == [State.ARCHIVED] * (len(states) - 1) + [State.ACTIVE]
            assert len(said(kept.database, "baseline.create")) == len(states)
    with keeper(space) as kept:
        kept.upkeep.look()
        assert kept.series()["fairlead_baseline_outdated"] == [({"model": "credit"}, 0.0)]


def test_analyses_wait_for_the_first_baseline(space: Workspace) -> None:
    (space.folder / "fairlead.db").unlink()
    database = open_database(str(space.folder / "fairlead.db"))
    exporter = Exporter(load(space.config), database, Clock(NOW + timedelta(hours=12)), pause=0.01)
    thread = threading.Thread(target=exporter.run)
    thread.start()
    while Runs(database).last_id() < 5:
        assert thread.is_alive()
        time.sleep(0.01)
    exporter.stop()
    thread.join()
    exporter.publish()
    assert {run.failure for run in Runs(database).since(0)} == {None}
    assert exporter.snapshot() is not None
    database.close()


DUE = datetime(2026, 4, 1, 4, tzinfo=UTC)


@pytest.fixture
def quarter(tmp_path: Path) -> Workspace:
    """Four weeks of logs before the first of April."""
    midnight = DUE.replace(hour=0)
    frame = logs.rows(5_600, midnight - timedelta(days=28), days=28, seed=11)
    return workspace.prepare(tmp_path, {"credit": frame})


def lived(kept: Keeper, made: datetime = datetime(2026, 1, 1, 4, tzinfo=UTC), psi: float = 0.02) -> BaselineFacts:
    """The active baseline, made anew at a moment and analysed every day since."""
    store = Baselines(kept.database)
    content = store.load("credit")
    facts = store.create("credit", content, source="x", created_by="ana", now=made, activate=True)
    runs = []
    for ago in range(40):
        end = DUE.replace(hour=0) - timedelta(days=ago)
        for family in FAMILIES:
            measured = Measurement("feature_psi", psi, (("feature", "income"),), 0.01)
            window = Window(end - timedelta(days=1), end)
            runs.append(Run("credit", "1", family, window, "scheduled", end, end, facts.version, 9, (measured,)))
    Runs(kept.database).record(runs)
    return facts


def test_a_stable_quarter_refreshes(quarter: Workspace) -> None:
    with keeper(quarter, DUE) as kept:
        old = lived(kept)
        review = kept.upkeep.review("credit", DUE)
        assert (review.outcome, review.baseline) == (Outcome.REFRESHED, old.version), review.reason
        active = Baselines(kept.database).facts("credit")
        assert (active.version, active.trigger) == (review.refreshed, Trigger.QUARTERLY_REFRESH)
        assert (active.approved_by, active.approved_role, active.samples) == ("fairlead", "automatic", 5_600)
        assert active.distance is not None
        assert 0 < (active.distance.psi_max or 0) < 0.1
        assert f"the largest PSI from {old.version} is " in review.reason
        assert kept.upkeep.review("credit", DUE + timedelta(hours=1)) == review
        assert len(kept.all()) == 3
        labels, at = kept.series()["fairlead_baseline_review_timestamp_seconds"][0]
        assert (labels["outcome"], at) == ("refreshed", DUE.timestamp())
        assert [one.action for one in said(kept.database, "baseline.refresh")] == ["baseline.refresh"]
        assert len(said(kept.database, "baseline.review")) == 1


def test_a_young_baseline_is_kept(quarter: Workspace) -> None:
    with keeper(quarter, DUE) as kept:
        lived(kept, datetime(2026, 2, 1, 4, tzinfo=UTC))
        review = kept.upkeep.review("credit", DUE)
        assert (review.outcome, review.reason) == (Outcome.KEPT, "59 days old, a refresh is due after 89")
        late = replace(review, reason="of another process, which was slower")
        assert kept.upkeep._recorded(late) == review


def test_drift_keeps_the_baseline(quarter: Workspace) -> None:
    with keeper(quarter, DUE) as kept:
        lived(kept, psi=0.15)
        review = kept.upkeep.review("credit", DUE)
        assert review.outcome is Outcome.KEPT
        assert "drift has not stabilised: data: WARNING of feature_psi (feature income)" in review.reason
        assert Reviews(kept.database).latest() == {"credit": review}


def test_a_long_way_from_the_old_one_needs_a_person(quarter: Workspace) -> None:
    far = logs.rows(5_600, DUE.replace(hour=0) - timedelta(days=28), days=28, seed=11)
    logs.write(far.assign(income=far["income"] * 1.6), quarter.log("credit"))
    with keeper(quarter, DUE) as kept:
        old = lived(kept)
        review = kept.upkeep.review("credit", DUE)
        assert review.outcome is Outcome.NEEDS_PERSON
        assert "a refresh is due but psi_max" in review.reason
        assert Baselines(kept.database).facts("credit").version == old.version


def test_a_refresh_that_cannot_be_made_needs_a_person(quarter: Workspace) -> None:
    with keeper(quarter, DUE) as kept:
        lived(kept)
        quarter.log("credit").unlink()
        review = kept.upkeep.review("credit", DUE)
        assert review.outcome is Outcome.NEEDS_PERSON
        assert "a refresh is due but fails: " in review.reason


def test_another_version_or_no_baseline_needs_a_person(quarter: Workspace) -> None:
    deploy(quarter, "2")
    with keeper(quarter, DUE) as kept:
        review = kept.upkeep.review("credit", DUE)
        assert (review.outcome, review.reason) == (Outcome.NEEDS_PERSON, "made for version 1, deployed is 2")
    (quarter.folder / "fairlead.db").unlink()
    with keeper(quarter, DUE) as kept:
        assert kept.upkeep.review("credit", DUE).reason == "no active baseline"


def test_reviewers_at_once_make_one_review(quarter: Workspace) -> None:
    with keeper(quarter, DUE) as kept:
        lived(kept)

    def process(_number: int) -> str | None:
        with keeper(quarter, DUE) as other:
            return other.upkeep.review("credit", DUE).refreshed

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(process, range(3)))) == 1
    with keeper(quarter, DUE) as kept:
        assert len(kept.all()) == 3
        assert len(said(kept.database, "baseline.review")) == 1
