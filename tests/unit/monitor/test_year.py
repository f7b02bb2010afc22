"""A year and more in seconds: two processes on one store, with downtime, deaths, failures, jumping clocks, changes.

The expectation is a plain list of days: nothing of fairlead's own calendar is used for it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.app.scheduled import Scheduled, remembered
from fairlead.core import families as table
from fairlead.core.plan import NumericalColumn, Plan, Window
from fairlead.core.run import Run
from fairlead.core.summary import Summary
from fairlead.errors import SourceError
from fairlead.monitor.check import Subject
from fairlead.monitor.loop import Loop
from fairlead.monitor.review import Reviews
from fairlead.store.database import open_database
from fairlead.store.leases import Leases
from fairlead.store.runs import Runs
from tests.support.monitored import Clock, load_baseline, subject

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = (2, 3, 4, 12)
"""At which the processes look."""
BEGIN, END = datetime(2027, 12, 20, tzinfo=UTC), datetime(2029, 1, 9, tzinfo=UTC)
"""With a leap day and two turns of the year."""


def day(month: int, number: int, year: int = 2028) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


DOWN = [(day(1, 20), day(1, 24)), (day(4, 3), day(5, 14)), (day(8, 31), day(9, 4))]
"""Both processes are off: four days, six weeks, over the first of a month."""
ALONE = (day(10, 1), day(11, 1))
"""The second process is off."""
JUMPS = [(day(2, 10), day(2, 20), HOUR), (day(6, 10), day(6, 20), -HOUR), (day(12, 31), day(1, 2, 2029), HOUR)]
"""The clocks are wrong."""
FLAKY = {"high": {day(2, 29): 3, day(6, 15): 5, day(11, 12): 1}, "low": {day(3, 12): 2, day(7, 1): 1}}
"""Windows, by their end, that fail so often before they succeed; days of later windows pass meanwhile for some."""
HOPELESS = day(7, 7)
"""The daily windows of the model `high` with this end can never be analysed."""
LATE = day(5, 20) + 12 * HOUR
"""The model `late` is added."""
RAISED = day(9, 20) + 12 * HOUR
"""The risk of the model `medium` is raised."""
DEATHS = [day(3, 5), day(8, 13), day(12, 1)]
"""The first process is killed while it analyses the daily windows of `high` with these ends."""

TROUBLE = [
    *DOWN,
    *((BEGIN - 40 * DAY, BEGIN + 2 * DAY), (LATE - 30 * DAY, LATE + 2 * DAY), (RAISED - 8 * DAY, RAISED + 2 * DAY)),
    *((end, end + 4 * DAY) for ends in FLAKY.values() for end in ends),
    *((end, end + DAY) for end in DEATHS),
]
"""When windows may be late."""

RISKS = {
    "high": {"data": "D", "fairness": "D", "model": "D", "explanation": "W", "quality": "D"},
    "medium": {"data": "W", "fairness": "D", "model": "W", "explanation": "T", "quality": "W"},
    "low": {"data": "T", "fairness": "D", "model": "T", "explanation": "M", "quality": "T"},
}
LENGTH = {"D": 1, "W": 7, "T": 14, "M": 30}


def days(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += DAY


def due_times(kind: str, first: datetime, last: datetime) -> list[datetime]:
    """Daily at 02:00, Sundays at 03:00, every second one, counted from 2026-01-04, the 1st of a month at 04:00."""
    found = []
    for one in days(first.replace(hour=0), last):
        sunday = one.isoweekday() == 7
        second = (one - datetime(2026, 1, 4, tzinfo=UTC)).days % 14 == 0
        hour = {"D": 2, "W": 3 if sunday else None, "T": 3 if sunday and second else None, "M": 4}[kind]
        if hour is not None and (kind != "M" or one.day == 1):
            found.append(one.replace(hour=hour))
    return [due for due in found if first <= due < last]


def expected(kind: str, begin: datetime, end: datetime) -> set[datetime]:
    """Due times that are served between two moments: the last one before, and what comes, but for a long downtime."""
    found = due_times(kind, begin - 40 * DAY, begin)[-1:] + due_times(kind, begin, end)
    for _, up in DOWN:
        before = [due for due in found if due < up]
        down = next(start for start, stop in DOWN if stop == up)
        missed = [due for due in before if due >= down]
        found = [due for due in found if due not in missed[:-31]]
    return set(found)


class Store:
    """One database file and the moment of the world; a process is a loop with its own history, leases and clock."""

    def __init__(self, folder: Path) -> None:
        self.path, self.world, self.steady = str(folder / "fairlead.db"), BEGIN, 0.0
        self.reviewed: list[tuple[str, datetime]] = []
        self.tries: Counter[tuple[str, datetime]] = Counter()
        self.deaths = list(DEATHS)

    def forward(self) -> None:
        """To the next hour at which something may happen."""
        hour = next((hour for hour in HOURS if hour > self.world.hour), 24)
        step = timedelta(hours=hour - self.world.hour)
        self.world += step
        self.steady += step.total_seconds()

    def wrong(self) -> timedelta:
        return next((by for start, stop, by in JUMPS if start <= self.world < stop), timedelta(0))


class KilledError(BaseException):
    """kill -9."""


class Process:
    """As the exporter puts it together, without HTTP."""

    def __init__(self, store: Store, name: str, subjects: list[Subject]) -> None:
        self.store, self.clock, self.alive = store, Clock(store.world + store.wrong()), True
        self.database = open_database(store.path)
        self.runs = Runs(self.database)
        self.history = remembered(self.runs, self.clock())
        self.leases = Leases(self.database, name, clock=self.clock, lasting=60, steady=lambda: store.steady)
        self.scheduled = Scheduled(self.database, self.leases, self.clock, self.refresh)
        self.loop = Loop(self.history, self.scheduled, load_baseline, self.take_in, self.clock)
        self.loop.reviews = Reviews(self.review, self.scheduled, self.history, self.clock, self.loop.workers)
        self.loop.replace(subjects)

    def take_in(self) -> None:
        for run in self.runs.since(self.history.last_id):
            self.history.add(run)

    def refresh(self, model: str, window: Window) -> None:
        self.take_in()
        for family in self.runs.families_analysed(model, window):
            self.history.know(model, family, window)

    def review(self, model: str, due: datetime) -> Callable[[], None]:
        return lambda: self.store.reviewed.append((model, due))

    def look(self) -> None:
        self.clock.now = self.store.world + self.store.wrong()
        try:
            self.loop.look()
        except KilledError:
            self.alive = False

    def kill(self) -> None:
        """Nothing of it is heard any more: its leases stay."""
        self.leases.release = lambda name: None  # type: ignore[method-assign]
        raise KilledError


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statistic is computed."""
    for family in table.FAMILIES:
        monkeypatch.setitem(table.FAMILIES, family, ())


def model(store: Store, name: str, risk: str, first: bool) -> Subject:
    """A model whose source fails as told; while the first process reads it, the second looks, too."""

    def summarise(plan: Plan, window: Window) -> Summary:
        store.tries[name, window.end] += 1
        if name == "high" and window.end == HOPELESS and window.end - window.start == DAY:
            raise SourceError("logs: must be readable, got nothing")
        if first and name == "high" and window.end in store.deaths and window.end - window.start == DAY:
            store.deaths.remove(window.end)
            processes["first"].kill()
        if store.tries[name, window.end] <= FLAKY.get(name, {}).get(window.end, 0):
            raise SourceError("logs: must be readable, got nothing yet")
        if first and window.end.day % 5 == 0 and "second" in processes:
            processes["second"].look()
        return Summary(rows=100)

    made = subject(name, summarise, risk)
    return replace(made, plan=replace(made.plan, attributions={"income": NumericalColumn("shap_income")}))


processes: dict[str, Process] = {}


def subjects(store: Store, first: bool) -> list[Subject]:
    """What the first or the second process monitors at this moment."""
    risks = {"high": "high", "medium": "high" if store.world >= RAISED else "medium", "low": "low"}
    names = [*risks.items(), *([("late", "medium")] if store.world >= LATE else [])]
    return [model(store, name, risk, first) for name, risk in names]


def simulate(store: Store) -> list[Run]:
    """All runs of the whole time."""
    processes.clear()
    known = (False, False)
    while store.world < END:
        down = any(start <= store.world < stop for start, stop in DOWN)
        wanted = [] if down else ["first"] if ALONE[0] <= store.world < ALONE[1] else ["first", "second"]
        for name in list(processes):
            if name not in wanted or not processes[name].alive:
                processes.pop(name).database.close()
        changed = (store.world >= LATE, store.world >= RAISED)
        for name in wanted:
            mine = subjects(store, name == "first")
            if name not in processes:
                processes[name] = Process(store, f"{name} {store.world}", mine)
            elif changed != known:
                processes[name].loop.replace(mine)
        known = changed
        for name in sorted(processes):
            processes[name].look()
        store.forward()
    for process in processes.values():
        process.database.close()
    database = open_database(store.path)
    runs = Runs(database).since(0)
    database.close()
    return runs


def plan_of_the_year() -> dict[tuple[str, str, Window], datetime]:
    """Every window that must be analysed, and when it is due."""
    found = {}
    for name, risk, begin, end in (
        ("high", "high", BEGIN, END),
        ("medium", "medium", BEGIN, RAISED),
        ("medium", "high", RAISED, END),
        ("low", "low", BEGIN, END),
        ("late", "medium", LATE, END),
    ):
        for family, kind in RISKS[risk].items():
            due = expected(kind, begin, end)
            if begin == RAISED:  # what the longer windows have covered is not done again day by day
                covered = max(expected(RISKS["medium"][family], BEGIN, RAISED)).replace(hour=0)
                due = set(due_times(kind, covered + DAY, END))
            for moment in due:
                last = moment.replace(hour=0)
                if not (name == "high" and last == HOPELESS and kind == "D"):
                    found[name, family, Window(last - LENGTH[kind] * DAY, last)] = moment
    return found


def reviews_of_the_year() -> list[tuple[str, datetime]]:
    """Every 1st at 04:00 that the model was monitored on; the one of May was missed and is made up."""
    return [
        (name, due)
        for name in ("high", "medium", "low", "late")
        for due in due_times("M", BEGIN, END)
        if name != "late" or due > LATE
    ]


def test_every_window_of_a_year_is_analysed_once(tmp_path: Path, cheap: None) -> None:
    store = Store(tmp_path)
    runs = simulate(store)
    good = [(run.model, run.family, run.window) for run in runs if run.failure is None]
    wanted = plan_of_the_year()
    assert Counter(good) == Counter(wanted.keys())
    assert len(good) > 2_500
    assert {run.trigger for run in runs} == {"scheduled"}
    assert not store.deaths
    assert sorted(store.reviewed) == sorted(reviews_of_the_year())
    for run in runs:
        due = wanted.get((run.model, run.family, run.window), run.window.end + 2 * HOUR)
        assert run.started >= due
        if run.failure is None and not any(start <= due < stop + DAY for start, stop in TROUBLE):
            assert run.started <= due + 2 * HOUR, "late without a reason"
    hopeless = [run for run in runs if run.window == Window(HOPELESS - DAY, HOPELESS) and run.model == "high"]
    assert timedelta(days=2) < hopeless[-1].started - hopeless[0].started <= timedelta(days=3, hours=12)
