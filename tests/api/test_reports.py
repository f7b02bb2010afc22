"""Reports: their numbers are those of the store, the same bytes twice, nothing for those who may not see it."""

import json
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from fairlead.app.reports import Reports
from fairlead.core.access import Caller, Role
from fairlead.core.audit import Entry
from fairlead.core.incident import Category, Incident, RootCause, Status
from fairlead.core.timeline import Event
from fairlead.reports.contents import KINDS
from fairlead.store.audit import Audit
from fairlead.store.incidents import Incidents
from fairlead.store.runs import Runs
from tests.api.test_records import as_role
from tests.support.cli import call
from tests.support.served import HOSTILE, Rig
from tests.support.workspace import NOW

PATH = "/api/v1/reports"
PERIODS = {"executive": "2026-01", "board": "2026-Q1", "bias-audit": "2026-W02", "model-health": "2026-01-08", "transparency": "2026-Q1"}  # fmt: skip  # noqa: E501
LATER = NOW + timedelta(days=100)
NASTY = "<script>alert(1)</script>{{ 7*7 }}\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}'; DROP TABLE runs;--"
INCIDENT = Incident(
    model="credit",
    family="data",
    severity="critical",
    status=Status.RESOLVED,
    title=NASTY,
    opened_at=NOW,
    acknowledged_at=NOW + timedelta(minutes=12),
    resolved_at=NOW + timedelta(hours=3),
    resolution=NASTY,
    root_cause=RootCause.DATA_QUALITY,
    category=Category.DATA_FIXED,
)


@pytest.fixture
def later(rig: Rig) -> Rig:
    """A quarter later, with one incident on record."""
    rig.exporter._clock = lambda: LATER
    rig.exporter.reports = Reports(rig.exporter._database, lambda: rig.exporter._thresholds, lambda: LATER)
    store = Incidents(rig.exporter._database)
    assert store.add(INCIDENT).name == "INC-1"
    store.note(Event(1, NOW, "ada", "ml_engineer", "acknowledged", NASTY))
    return rig


def get(rig: Rig, kind: str, **query: str) -> dict[str, Any]:
    query = {"period": PERIODS[kind], **({"model": "credit"} if kind == "model-health" else {}), **query}
    answer = rig.client.get(f"{PATH}/{kind}", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def section(document: dict[str, Any], title: str) -> list[dict[str, Any]]:
    (found,) = (one for one in document["sections"] if one["title"] == title)
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


class Text(HTMLParser):
    """Tags, and text of cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag == "td"
        if self._inside:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


@pytest.mark.parametrize("kind", PERIODS)
def test_the_same_bytes_twice(kind: str, later: Rig) -> None:
    """Also after the report itself went into the audit log."""
    query = {"period": PERIODS[kind]} | ({"model": "credit"} if kind == "model-health" else {})
    for style in ("json", "html"):
        answers = [later.client.get(f"{PATH}/{kind}", params={**query, "format": style}) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert len(answers[0].content) > 500


def test_numbers_are_those_of_the_runs(later: Rig) -> None:
    thresholds = later.exporter._thresholds
    runs = Runs(later.exporter._database).latest()
    document = get(later, "executive")
    rows = {(row["model"], row["family"]): row for row in section(document, "Drift")}
    assert set(rows) == {(run.model, run.family) for run in runs}
    for run in runs:
        severities = [thresholds.judge(run.model, m).name for m in run.measurements]
        row = rows[run.model, run.family]
        worst = "CRITICAL" if "CRITICAL" in severities else "WARNING" if "WARNING" in severities else "INFO"
        assert (row["analyses"], row["failed"], row["worst"]) == (1, 0, worst.lower())
        assert (row["WARNING"], row["CRITICAL"]) == (int(worst == "WARNING"), int(worst == "CRITICAL"))
    outcome = {one["model"]: one["drift_score"]["value"] for one in later.space.analyse().document["models"]}
    assert {row["model"]: row["score"] for row in section(document, "Drift score")} == pytest.approx(outcome)
    past = [
        m for run in runs for m in run.measurements if thresholds.judge(run.model, m).name in {"WARNING", "CRITICAL"}
    ]
    assert len(section(document, "Findings")) == min(50, len(past))


def test_a_period_holds_the_windows_that_end_in_it(later: Rig) -> None:
    """The window of its last day ends when it ends."""
    assert NOW.isoformat() == "2026-01-09T00:00:00+00:00"
    assert section(get(later, "model-health", period="2026-01-08"), "Drift")
    answer = later.client.get(f"{PATH}/model-health", params={"model": "credit", "period": "2026-01-09"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422, "query.model: must have an analysis in 2026-01-09, got 'credit'",
    )  # fmt: skip


def test_the_end_of_the_audit_log(later: Rig) -> None:
    """As it was when the period ended: later entries, such as those of reports, do not move it."""
    log = Audit(later.exporter._database)
    for at in (NOW, NOW + timedelta(days=1)):
        log.add(Entry(at, "ada", "admin", "test", "nothing"))
    head = log.head()
    assert head.number > 0
    for _ in range(2):
        assert get(later, "executive")["audit"] == {"number": head.number, "hash": head.hash}
    assert log.head().number > head.number
    assert head.hash in later.client.get(f"{PATH}/board?period=2026-Q1&format=html").text


def test_an_incident_for_a_regulator(later: Rig) -> None:
    answer = later.client.get(f"{PATH}/regulator?incident=INC-1")
    document = answer.json()
    facts = {row["fact"]: row["value"] for row in section(document, "Incident")}
    assert (facts["incident"], facts["title"], facts["root cause"]) == ("INC-1", NASTY, "data_quality")
    assert section(document, "Timeline")[0]["text"] == NASTY
    assert section(document, "Baselines")
    assert {row["model"] for row in section(document, "Measurements")} == {"credit"}
    (incident,) = section(get(later, "executive"), "Incidents")
    assert (incident["hours to acknowledge"], incident["hours to resolve"]) == (0.2, 3)
    for query in (
        "",
        "incident=INC-2",
        "incident=INC-99999999999999",
        "incident=1",
        "incident=INC-1&period=2026-01",
        "incident=INC-1&model=credit",
    ):
        assert later.client.get(f"{PATH}/regulator?{query}").status_code == 422


@pytest.mark.parametrize("kind", [*PERIODS, "regulator"])
def test_pages_escape_everything(kind: str, later: Rig) -> None:
    query = {"incident": "INC-1"} if kind == "regulator" else {"period": PERIODS[kind]}
    if kind == "model-health":
        query["model"] = HOSTILE
    page = later.client.get(f"{PATH}/{kind}", params=query, headers={"Accept": "text/html,*/*;q=0.1"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    text = Text(page.text)
    assert not text.tags & {"script", "img", "iframe"}
    assert "\x1b" not in page.text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.text
    if kind != "regulator":
        assert HOSTILE in text.cells or kind == "transparency"


def test_fairness_is_for_those_who_may_see_it(later: Rig) -> None:
    with as_role(later, Role.VIEWER) as viewer:
        for kind in KINDS:
            status = 403 if kind in {"bias-audit", "regulator", "model-health"} else 200
            answer = viewer.get(f"{PATH}/{kind}", params={"period": PERIODS[kind]} if kind in PERIODS else {})
            assert answer.status_code == status, kind
            if status == 200:
                families = {
                    row[1] for one in answer.json()["sections"] for row in one["rows"] if one["title"] == "Drift"
                }
                assert families == {"data", "model", "explanation", "quality"}
                assert "disparate_impact_ratio" not in answer.text
                assert "lowest ratio 0" not in answer.text
                assert "Left out" in answer.text


def test_reports_are_audited(later: Rig) -> None:
    get(later, "board")
    with later.exporter._database.reading() as connection:
        query = "SELECT actor, subject, detail FROM audit ORDER BY id DESC LIMIT 1"
        actor, subject, detail = connection.exec_driver_sql(query).one()
    assert (actor, subject) == ("tests", "report board")
    assert json.loads(detail) == {"fairness": True, "kind": "board", "period": "2026-Q1"}


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ("*/*", "application/json"), ("application/json", "application/json"), ("text/html", "text/html"),
        ("text/html;q=0.5, application/json", "application/json"), ("text/*, */*;q=0.1", "text/html"),
        ("text/html, application/json", "application/json"), ("image/png", None), ("text/html;q=0", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_accepted(accept: str, found: str | None, later: Rig) -> None:
    answer = later.client.get(f"{PATH}/board?period=2026-Q1", headers={"Accept": accept})
    if found is None:
        assert answer.status_code == 406
        assert answer.headers["content-type"] == "application/problem+json"
    else:
        assert answer.headers["content-type"].startswith(found)


@pytest.mark.parametrize("query", ["period=2026-Q3", "period=x", "period=2027-Q1", "incident=INC-1", "model=nobody", "format=pdf"])  # fmt: skip  # noqa: E501
def test_odd_requests(query: str, later: Rig) -> None:
    answer = later.client.get(f"{PATH}/board?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"query.{query.partition('=')[0]}: ")


def test_the_last_period_is_the_default(later: Rig) -> None:
    assert later.client.get(f"{PATH}/board").json()["title"] == "Board report: 2026-Q1"


def test_a_failed_run_is_counted(later: Rig) -> None:
    run = next(run for run in Runs(later.exporter._database).latest() if run.family == "data")
    Runs(later.exporter._database).record([replace(run, failure="no logs", measurements=(), not_computed=())])
    rows = {(row["model"], row["family"]): row for row in section(get(later, "executive"), "Drift")}
    assert (rows[run.model, "data"]["analyses"], rows[run.model, "data"]["failed"]) == (2, 1)
    caller = Caller("x", Role.ADMIN)
    assert "<td>data</td>" in later.exporter.reports.make("executive", caller, style="html", period="2026-01")


def test_the_command_writes_the_same(later: Rig) -> None:
    where, file = ("--config.file", later.space.config), later.space.folder / "board.json"
    made = call("report", "board", "--period", "2026-Q1", "--format", "json", "--output", file, *where)
    assert (made.code, made.out, made.err) == (0, "", "")
    later.exporter.reports = Reports(later.exporter._database, lambda: later.exporter._thresholds, lambda: LATER)
    assert later.client.get(f"{PATH}/board?period=2026-Q1").content == file.read_bytes()
    printed = call("report", "board", "--period", "2026-Q1", *where)
    page = later.client.get(f"{PATH}/board?period=2026-Q1&format=html").text
    assert printed.out == page + "\n"
    for arguments, reason in (
        (("board", "--period", "2026-13"), "period: must be a day"),
        (("model-health",), "model: must be given"),
        (("regulator",), "incident: must be given"),
        (("board", "--period", "2026-Q1", "--output", "/dev/null/x"), "--output: must be a file"),
    ):
        failed = call("report", *arguments, *where)
        assert (failed.code, failed.out) == (1, "")
        assert failed.err.startswith(reason)
