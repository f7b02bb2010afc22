"""The pages: who sees what, what forms do, what they refuse, and that nothing in them is taken for markup."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from fastapi.routing import APIRoute

from fairlead.console.measured import PLACES
from fairlead.console.moves import MOVES
from fairlead.console.routes import ROUTERS
from fairlead.core.access import ALLOWED, Caller, Permission, Role
from fairlead.core.incident import Incident, Status
from fairlead.store.incidents import Incidents
from fairlead.store.runs import Runs
from tests.api.test_hostile_values import VALUES
from tests.console.conftest import Browser, Rig, rig_of
from tests.support.lender import LATER, ONCALL, PEOPLE, lender
from tests.support.served import HOSTILE
from tests.support.workspace import NOW, Workspace

OPEN = {"/login", "/console.css", "/icon.svg"}
"""What anybody gets."""
READS = ["fleet.read", "records.read", "incident.read", "incident.evidence", "session.open"]
PLACED = {"name": "credit-default", "number": "1", "move": "acknowledge", "fingerprint": "0a1b2c3d4e5f6071"}
"""In the place of the parameters of a path."""
CLOSING = {"resolution": "retrained", "root_cause": "concept_drift", "category": "retrained"}
READER, ACTOR = Permission.INCIDENTS_READ, Permission.INCIDENTS


def routes() -> list[tuple[str, str, Permission | None]]:
    """Method, path with something in each parameter's place, and permission."""
    found = []
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            needs = {getattr(one.call, "permission", None) for one in route.dependant.dependencies} - {None}
            path = re.sub(r"{([a-z]+)[^}]*}", lambda match: PLACED[match[1]], route.path)
            found += [(method, path, next(iter(needs), None)) for method in route.methods or ()]
    return sorted(found, key=lambda one: one[1])


ROUTES = routes()
each_route = pytest.mark.parametrize(("method", "path", "needs"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])


@pytest.fixture(scope="module")
def people(shared: Rig) -> dict[Role, Browser]:
    """Somebody of each role of people, and an incident."""
    shared.deliver({})
    return {role: shared.browser(name) for name, role in PEOPLE.items() if Permission.OVERVIEW in ALLOWED[role]}


def page_of(path: str) -> str:
    """Where the form is that is sent there."""
    return path.rpartition("/")[0] or "/models"


def test_only_these_are_open_to_anybody() -> None:
    assert {path for _, path, needs in ROUTES if needs is None} == OPEN


@each_route
def test_nobody_without_a_session(shared: Rig, method: str, path: str, needs: Permission | None) -> None:
    answer = shared.browser().ask(method, path)
    if needs is None:
        assert (answer.status_code == 200) == (method == "GET")
        return
    assert answer.status_code == 303
    back = page_of(path) if method == "POST" else path
    assert answer.headers["location"] == f"/login?next={quote(back, safe='')}"


@each_route
@pytest.mark.parametrize("role", [role for role in PEOPLE.values() if Permission.OVERVIEW in ALLOWED[role]])
def test_every_role_at_every_route(
    people: dict[Role, Browser], method: str, path: str, needs: Permission | None, role: Role
) -> None:
    """A form without its token is refused after the role, so that the right role is told of the form."""
    answer = people[role].ask(method, path, headers={"Content-Type": "application/x-www-form-urlencoded"})
    if needs is not None and needs not in ALLOWED[role]:
        assert answer.status_code == 403
        assert f"role: must have the permission {needs}, got {role}" in answer.text
    elif method == "POST":
        assert answer.status_code == 403
        assert "form: must come from a page of this" in answer.text
    else:
        assert answer.status_code in {200, 303, 404}


@each_route
def test_headers(people: dict[Role, Browser], method: str, path: str, needs: Permission | None) -> None:
    for browser in (people[Role.ADMIN], Browser(people[Role.ADMIN].server)):
        headers = browser.ask(method, path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
        assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert "script-src" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert path in OPEN - {"/login"} or headers["cache-control"] == "no-store"


class Markup(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))


def sane(text: str) -> Markup:
    """The markup of a page, which has no script, no style of its own, no handler and no address of another kind."""
    found = Markup(text)
    for tag, attributes in found.tags:
        assert tag not in {"script", "style", "iframe", "object", "embed", "img", "base"}
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "formaction"}]
        for name in ("href", "action"):
            assert urlsplit(attributes.get(name) or "").scheme in {"", "http", "https"}
    return found


@pytest.mark.parametrize("path", sorted({path for method, path, _ in ROUTES if method == "GET"} - {"/icon.svg"}))
def test_pages_have_no_script_and_no_style(people: dict[Role, Browser], path: str) -> None:
    if not path.endswith((".css", "evidence")):
        sane(people[Role.ADMIN].get(path).text)


def acted(rig: Rig, browser: Browser) -> list[str]:
    """What happened to the first incident, beside its opening."""
    return [event.what for event in Incidents(rig.lent.database).timeline(1)][1:]


def test_from_alert_to_post_mortem(rig: Rig) -> None:
    rig.deliver({})
    browser, page = rig.browser("ana"), "/incidents/INC-1"
    assert browser.get("/alerts/0a1b2c3d4e5f6071").headers["location"] == page
    done = browser.send(page, f"{page}/acknowledge", text="on it")
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=acknowledge")
    assert "Acknowledged." in browser.get(done.headers["location"]).text
    assert browser.send(page, f"{page}/assign", to="bo").status_code == 303
    assert browser.send(page, f"{page}/comment", text="line one\r\nline <two>").status_code == 303
    assert browser.send(page, f"{page}/resolve", **CLOSING).status_code == 303
    assert browser.send(page, f"{page}/post-mortem", text="what we learnt").status_code == 303
    assert browser.send(page, f"{page}/reopen", reason="again").status_code == 303
    assert acted(rig, browser) == ["acknowledged", "assigned", "commented", "resolved", "postmortem", "reopened"]
    text = browser.get(page).text
    assert "line one\nline &lt;two&gt;" in text
    assert "concept drift: retrained" not in text, "said as the service says it"
    assert [action for action in rig.audited("ana") if action not in READS] == [
        "incident.acknowledged", "incident.assigned", "incident.commented", "incident.resolved",
        "incident.postmortem", "incident.reopened",
    ]  # fmt: skip
    assert {"incident.read"} <= set(rig.audited("ana"))


def test_a_refused_form_says_why_and_keeps_what_was_typed(rig: Rig) -> None:
    rig.deliver({})
    browser, page = rig.browser("ana"), "/incidents/INC-1"
    browser.send(page, f"{page}/acknowledge")
    refused = browser.send(page, f"{page}/resolve", resolution='</textarea><b>"x"', category="retrained")
    assert refused.status_code == 409
    assert "root_cause: must be given to close a critical incident, got nothing" in refused.text
    assert "&lt;/textarea&gt;&lt;b&gt;&#34;x&#34;" in refused.text
    assert '<option value="retrained" selected>' in refused.text
    sane(refused.text)
    for fields, why in (
        ({**CLOSING, "root_cause": "magic"}, "root_cause: must be one of data_quality"),
        ({**CLOSING, "resolution": "x" * 20_001}, "resolution: must be at most 20000 characters, got 20001"),
        ({**CLOSING, "resolution": "a\0b"}, "resolution: must not contain U+0000"),
    ):
        answer = browser.send(page, f"{page}/resolve", **fields)
        assert answer.status_code == 422
        assert why in answer.text
    assert browser.send(page, f"{page}/resolve", **CLOSING).status_code == 303
    again = browser.post(f"{page}/acknowledge", browser.hidden(page))
    assert again.status_code == 409
    assert "status: must be open, got resolved" in again.text


def test_a_form_that_is_sent_twice_has_its_effect_once(rig: Rig) -> None:
    rig.deliver({})
    browser, page = rig.browser("ana"), "/incidents/INC-1"
    fields = {**browser.hidden(page, f"{page}/comment"), "text": "once"}
    assert [browser.post(f"{page}/comment", fields).status_code for _ in range(3)] == [303] * 3
    browser.send(page, f"{page}/comment", text="once")
    assert acted(rig, browser) == ["commented", "commented"]


def test_a_form_of_another_session_or_site_does_nothing(rig: Rig) -> None:
    rig.deliver({})
    ana, lee, page = rig.browser("ana"), rig.browser("lee"), "/incidents/INC-1"
    fields = ana.hidden(page, f"{page}/acknowledge")
    theirs = lee.hidden(page, f"{page}/acknowledge")
    for changed in ({**fields, "token": theirs["token"]}, {**fields, "token": ""}, {**fields, "token": "é"}, {}):
        assert ana.post(f"{page}/acknowledge", changed).status_code == 403
    for site in ("cross-site", "same-site"):
        assert ana.post(f"{page}/acknowledge", fields, headers={"Sec-Fetch-Site": site}).status_code == 403
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        assert ana.post(f"{page}/acknowledge", fields, headers={"Content-Type": kind}).status_code == 415
    stranger = rig.browser()
    assert stranger.post(f"{page}/acknowledge", fields).headers["location"].startswith("/login?next=")
    assert acted(rig, ana) == []
    assert ana.post(f"{page}/acknowledge", fields, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_every_form_has_a_token_and_only_what_the_role_may(rig: Rig) -> None:
    rig.deliver({}, {"labels": {"family": "data"}, "fingerprint": "0a1b2c3d4e5f6072"})
    rig.browser("ana").send("/incidents/INC-1", "/incidents/INC-1/acknowledge")
    rig.browser("ana").send("/incidents/INC-2", "/incidents/INC-2/acknowledge")
    everybody = {"comment", "assign", "resolve"}
    offers = {
        "ana": (everybody, everybody),
        "lee": (everybody, everybody | {"accept-risk"}),
        "cleo": (everybody | {"accept-risk"}, everybody),
        "otto": (set(), set()),
    }
    for name, wanted in offers.items():
        for number, moves in enumerate(wanted, 1):
            page = f"/incidents/INC-{number}"
            text = rig.browser(name).get(page).text
            actions = set(re.findall(rf'action="{page}/([a-z-]+)"', text))
            assert actions == moves, (name, number)
            assert text.count("<form") == text.count('name="token"') == len(moves) + 1
            assert ("Your role may look" in text) == (name == "otto")


def test_a_role_that_may_not_act_is_refused_even_with_a_token(rig: Rig) -> None:
    rig.deliver({})
    for name in ("otto", "vera"):
        browser = rig.browser(name)
        for move in MOVES:
            answer = browser.post(f"/incidents/INC-1/{move}", browser.hidden("/models", "/logout"))
            assert answer.status_code == 403
    cleo = rig.browser("cleo")
    assert cleo.post("/models/credit-default/analyze", cleo.hidden("/models")).status_code == 403
    ana, page = rig.browser("ana"), "/incidents/INC-1"
    ana.send(page, f"{page}/acknowledge")
    until = f"{LATER + timedelta(days=3):%Y-%m-%d}"
    risk = {"rationale": "r", "root_cause": "other", "requested_by": "bo", "until": until}
    answer = ana.post(f"{page}/accept-risk", {**ana.hidden(page), **risk})
    assert answer.status_code == 403
    assert "role: must be compliance_officer to accept a fairness risk, got ml_engineer" in answer.text
    assert cleo.send(page, f"{page}/accept-risk", **{**risk, "until": "soon"}).status_code == 422
    assert cleo.send(page, f"{page}/accept-risk", **{**risk, "requested_by": "CLEO"}).status_code == 409
    assert cleo.send(page, f"{page}/accept-risk", **risk).status_code == 303
    assert "2026-01-12 23:59 UTC" in cleo.get(page).text


def test_a_viewer_sees_nothing_of_fairness(people: dict[Role, Browser]) -> None:
    for path in ("/models", "/models/credit-default"):
        vera, otto = people[Role.VIEWER].get(path).text, people[Role.AUDITOR].get(path).text
        assert "fairness_" not in vera.replace("every view of fairness", "")
        assert "> fairness" not in vera
        assert "fairness" in otto
        assert 'href="/incidents' not in vera
        assert "INC-1" not in vera
    assert people[Role.VIEWER].get("/models").text.count("incidents") == 0


def test_views_of_fairness_are_in_the_audit_log(rig: Rig) -> None:
    rig.deliver({})
    otto, vera = rig.browser("otto"), rig.browser("vera")
    for browser in (otto, vera):
        browser.get("/models")
        browser.get("/models/credit-default")
    otto.get("/incidents/INC-1")
    bundle = otto.get("/incidents/INC-1/evidence")
    assert zipfile.ZipFile(io.BytesIO(bundle.content)).testzip() is None
    assert bundle.headers["content-disposition"] == 'attachment; filename="INC-1.zip"'
    assert rig.audited("otto") == [
        "session.open", "fleet.read", "records.read", "incident.read", "incident.evidence", "audit.read",
    ]  # fmt: skip
    assert rig.audited("vera") == ["session.open"]


def cells(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table, without markup."""
    for row in re.findall(r'<tr role="row">(.*?)</tr>', text, re.DOTALL):
        parts = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        yield [" ".join(unescape(re.sub(r"<[^>]+>", "", part)).split()) for part in parts]


def test_numbers_are_those_of_the_api(shared: Rig, people: dict[Role, Browser]) -> None:
    text = people[Role.ADMIN].get("/models/credit-default").text
    rows = {(row[1], row[2]): row for row in cells(text) if len(row) == 9}
    runs = {run.family: run for run in Runs(shared.lent.database).latest() if run.model == "credit-default"}
    psi = next(
        m for m in runs["data"].measurements if (m.metric, m.labels) == ("feature_psi", (("feature", "income"),))
    )
    assert rows["feature_psi", "feature income"] == [
        "▲ critical", "feature_psi", "feature income", f"{psi.value:.4g}", "–", f"{psi.noise:.4g}", "0.1", "0.25",
        "1 000 / 4 000",
    ]  # fmt: skip
    drop = rows["performance_accuracy_drop", "–"]
    before = next(m for m in runs["model"].measurements if m.metric == "performance_accuracy_baseline_ratio")
    now = next(m for m in runs["model"].measurements if m.metric == "performance_accuracy_ratio")
    assert float(drop[4]) == pytest.approx(before.value, abs=1e-4)
    assert float(drop[3]) == pytest.approx(before.value - now.value, abs=1e-4)
    assert ("performance_accuracy_baseline_ratio", "–") not in rows, "shown beside its metric"
    shown = [row for row in cells(text) if len(row) == 9 and row[0].split()[-1] in PLACES]
    hidden = sum("_baseline" in m.metric for run in runs.values() for m in run.measurements)
    assert len(shown) == sum(len(run.measurements) for run in runs.values()) - hidden
    severities = [row[0].split()[-1] for row in shown]
    assert severities.count("critical") == 8


def test_the_fleet_is_worst_first_and_can_be_narrowed(people: dict[Role, Browser]) -> None:
    browser = people[Role.ADMIN]
    names = [row[0] for row in cells(browser.get("/models").text)][1:]
    assert names == ["credit-default 1", f"{HOSTILE} 1", "limit-increase 1"]
    assert [row[0] for row in cells(browser.get("/models?severity=critical").text)][1:] == ["credit-default 1"]
    assert [row[0] for row in cells(browser.get("/models?name=LIMIT").text)][1:] == ["limit-increase 1"]
    assert "No model matches" in browser.get("/models?name=nobody").text
    assert browser.get("/models?severity=bad").status_code == 422
    assert browser.get("/models?page=0").status_code == 422
    assert browser.get("/models/nowhere").status_code == 404


def test_incidents_can_be_narrowed_and_come_in_pages(rig: Rig) -> None:
    kept = Incidents(rig.lent.database)
    for number in range(1, 121):
        made = Incident(f"m{number % 2}", f"f{number}", "warning" if number % 3 else "critical", f"t{number}", NOW)
        kept.add(made)
    browser = rig.browser("otto")

    def names(path: str) -> list[str]:
        return [row[0] for row in cells(browser.get(path).text)][1:]

    first = browser.get("/incidents").text
    following = unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    second = names(following)
    assert names("/incidents") + second == [f"INC-{number}" for number in range(120, 20, -1)]
    last = unescape(re.findall(r'rel="next" href="([^"]+)"', browser.get(following).text)[0])
    assert names(last) == [f"INC-{number}" for number in range(20, 0, -1)]
    assert 'rel="next"' not in browser.get(last).text
    assert names("/incidents?model=m1&severity=critical") == [f"INC-{n}" for n in range(117, 0, -6)]
    assert names("/incidents?family=f7") == ["INC-7"]
    nothing = browser.get("/incidents?family=f7&status=resolved").text
    assert "No incident matches" in nothing
    closed = replace(kept.get(7), status=Status.RESOLVED, resolved_at=LATER, resolved_by="ana")
    kept.save(closed)
    hint = browser.get("/incidents?model=m1&family=f7").text
    assert "No open incident like this" in hint
    assert names(unescape(re.findall(r'href="(/incidents\?status=any[^"]*)"', hint)[0])) == ["INC-7"]
    assert browser.get("/incidents?cursor=x").status_code == 422
    assert browser.get("/incidents?status=odd").status_code == 422
    assert browser.get("/incidents/INC-999").status_code == 404


def test_links_in_messages_lead_to_incident_or_model(rig: Rig) -> None:
    warning = {"labels": {"severity": "warning", "model": HOSTILE}, "fingerprint": "00000000000000aa"}
    rig.deliver({}, warning)
    browser = rig.browser("vera")
    assert browser.get("/alerts/0a1b2c3d4e5f6071").headers["location"] == "/incidents/INC-1"
    location = browser.get("/alerts/00000000000000aa").headers["location"]
    assert location == f"/models/{quote(HOSTILE, safe='')}"
    assert browser.get(location).status_code == 200
    rung = "/alerts/00000000000000bb?model=credit-default&family="
    assert rig.browser("otto").get(f"{rung}fairness").headers["location"] == "/incidents/INC-1"
    assert browser.get(f"{rung}fairness").headers["location"] == "/models/credit-default"
    assert rig.browser("otto").get(f"{rung}data").headers["location"] == "/models/credit-default"
    gone = rig.browser("otto").get("/alerts/00000000000000bb?model=a%26b&family=data").headers["location"]
    assert gone == "/incidents?status=any&model=a%26b&family=data"
    unknown = browser.get("/alerts/00000000000000bb")
    assert unknown.status_code == 404
    assert "Alert not known yet" in unknown.text
    for odd in ("A", "<b>", "a" * 65):
        assert browser.get(f"/alerts/{quote(odd, safe='')}").status_code in {404, 422}


def test_exceptions_are_asked_for_and_decided_by_two(rig: Rig) -> None:
    ana, cleo, otto, page = rig.browser("ana"), rig.browser("cleo"), rig.browser("otto"), "/exceptions"
    wanted = {
        "model": HOSTILE,
        "metric": "fairness_disparate_impact_ratio",
        "attribute": "sex",
        "rationale": "season </textarea><b>",
        "until": f"{LATER + timedelta(days=9):%Y-%m-%d}",
    }
    asked = ana.send(page, f"{page}/request", **wanted)
    assert asked.headers["location"] == "/exceptions?done=request"
    text = ana.get("/exceptions?done=request").text
    sane(text)
    assert "another person decides" in text
    assert 'action="/exceptions/approve"' not in text, "who asks does not decide"
    assert 'action="/exceptions/approve"' in cleo.get(page).text
    assert 'action="/exceptions' not in otto.get(page).text.replace('method="get" action="/exceptions"', "")
    forged = {**ana.hidden(page, f"{page}/revoke"), "exception": "EXC-1"}
    for name, status in (("ana", 403), ("otto", 403)):
        browser = {"ana": ana, "otto": otto}[name]
        fields = {**browser.hidden(page, "/logout"), "exception": "EXC-1"}
        assert browser.post(f"{page}/approve", fields).status_code == status
    assert ana.post(f"{page}/approve", {**forged, "token": "x"}).status_code == 403
    assert cleo.send(page, f"{page}/approve", reason="seen").status_code == 303
    assert "Approved by cleo" in otto.get(page).text
    assert ana.post(f"{page}/revoke", {**forged, "reason": ""}).status_code == 409
    assert ana.send(page, f"{page}/revoke", reason="over").status_code == 303
    assert "No exception is requested or in force" in otto.get(page).text
    assert "Ended by ana" in otto.get("/exceptions?status=revoked").text
    assert [action for action in rig.audited("ana") if action.startswith("exception")] != []
    for change, status in (
        ({"metric": "magic"}, 409),
        ({"until": "soon"}, 422),
        ({"until": "2027-01-01"}, 409),
        ({"rationale": " "}, 409),
        ({"model": ""}, 422),
        ({"feature": "income"}, 409),
    ):
        answer = ana.send(page, f"{page}/request", **{**wanted, **change})
        assert (answer.status_code, "Nothing was changed" in answer.text) == (status, True), change
        sane(answer.text)
    assert ana.post(f"{page}/magic", ana.hidden(page, f"{page}/request")).status_code == 404
    for odd in ("EXC-99", "EXC-", "x", "9" * 20):
        fields = {**ana.hidden(page, f"{page}/request"), "exception": odd, "reason": "r"}
        assert ana.post(f"{page}/revoke", fields).status_code in {404, 422}


def test_who_is_on_call(space: Workspace, tmp_path: Path, shared: Rig) -> None:
    assert "No rotation is configured" in shared.browser("otto").get("/oncall").text
    with lender(space, tmp_path, ONCALL) as lent:
        text = Rig(lent, rig_of(lent).server).browser("otto").get("/oncall").text
        sane(text)
        assert [row[:5] + row[6:] for row in cells(text)][1:] == [
            ["primary", "Ana", "ana@example.com", "U00ANA", "+15550100001", "Ben"],
            ["secondary", "Ben", "ben@example.com", "U00BEN", "+15550100002", "Ana"],
            ["compliance officer", "Ben", "ben@example.com", "U00BEN", "+15550100002", "Ben"],
        ]


def test_analyze_now(rig: Rig) -> None:
    browser, page = rig.browser("ana"), "/models/credit-default"
    done = browser.send(page, f"{page}/analyze", family="data")
    assert done.headers["location"] == f"{page}?asked=1"
    assert '<a href="/analyses/1">' in browser.get(f"{page}?asked=1").text
    assert "pending" in browser.get("/analyses/1").text
    request = rig.lent.exporter.analyses.get(1)
    assert request is not None
    assert (request[0].models, request[0].families, request[0].requested_by) == (("credit-default",), ("data",), "ana")
    assert rig.audited("ana")[-2:] != []
    assert "analysis.request" in rig.audited("ana")
    hostile = f"/models/{quote(HOSTILE, safe='')}"
    assert browser.send(hostile, f"{hostile}/analyze").headers["location"] == f"{hostile}?asked=2"
    assert browser.post(f"{page}/analyze", {**browser.hidden(page), "family": "magic"}).status_code == 422
    assert browser.post("/models/nowhere/analyze", browser.hidden(page)).status_code == 404
    assert browser.get("/analyses/99").status_code == 404
    assert "requested" not in browser.get(f"{page}?asked=<b>").text


@pytest.fixture(scope="module")
def attacked(shared: Rig) -> Browser:
    """Somebody who has acknowledged an incident per hostile value; INC-2 is the first of them."""
    deliveries = [
        {
            "labels": {"model": value[:100], "alertname": value, "odd": value},
            "annotations": {
                "summary": value,
                "description": value,
                "runbook_url": f"javascript:alert('{value}')",
                "dashboard_url": value,
            },
            "fingerprint": f"{place:016x}",
        }
        for place, value in enumerate(VALUES.values())
    ]
    shared.deliver({}, *deliveries)
    return shared.browser("ana")


@pytest.mark.parametrize(("place", "value"), list(enumerate(VALUES.values())), ids=VALUES)
def test_hostile_values_stay_text(attacked: Browser, place: int, value: str) -> None:
    page = attacked.get(f"/alerts/{place:016x}").headers["location"]
    for move, fields in (("acknowledge", {"text": value}), ("assign", {"to": value}), ("comment", {"text": value})):
        assert attacked.send(page, f"{page}/{move}", **fields).status_code == 303
    given = quote(value)
    paths = (page, "/incidents", f"/incidents?model={given}", f"/incidents?family={given}", f"/models?name={given}")
    for path in paths:
        answer = attacked.get(path)
        assert answer.status_code == 200
        sane(answer.text)
        assert "{{ 7*7 }}" in answer.text or "7*7" not in value
        beside = re.sub(r'value="[^"]*"', "", answer.text)
        assert not [letter for letter in beside if not letter.isprintable() and letter != "\n"]
        assert "owned" not in str(answer.headers)
    text = attacked.get(page).text
    assert "Runbook" not in text
    if value.isprintable():
        assert unescape(text).count(value) >= 6


def test_a_model_with_a_hostile_name_has_a_page(people: dict[Role, Browser]) -> None:
    text = people[Role.ADMIN].get(f"/models/{quote(HOSTILE, safe='')}").text
    sane(text)
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;q&#34; {{ 7*7 }}" in text


def test_distributions_of_protected_attributes_need_the_right(shared: Rig, people: dict[Role, Browser]) -> None:
    runs = Runs(shared.lent.database).latest()
    run = next(run for run in runs if (run.model, run.family) == ("credit-default", "data"))
    found = shared.lent.exporter.distributions.of(run, Caller("vera", Role.VIEWER))
    names = {one.name for one in found}
    assert names == {"prediction", "output", "income", "children", "purpose"}
    text = people[Role.VIEWER].get("/models/credit-default").text
    assert text.count('<figure class="chart">') == len(names)
    assert re.search(r'aria-label="income: [0-9.]+ % of all values moved; largest change at ', text)
