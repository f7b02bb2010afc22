"""Logging in and out: who gets a session, for how long, and that nobody else can use or make one."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from fairlead.console.visitor import HOME, local
from fairlead.core.access import Role
from fairlead.store.tokens import Tokens
from tests.console.conftest import Browser, Rig, rig_of
from tests.support.issuer import running
from tests.support.lender import LATER, lender
from tests.support.workspace import NOW, Workspace

DAY = timedelta(hours=12)


def cookies(answer: httpx.Response) -> dict[str, set[str]]:
    """Each cookie that is set, with its attributes."""
    lines = [line.split("; ") for line in answer.headers.get_list("set-cookie")]
    return {parts[0].partition("=")[0]: set(parts[1:]) for parts in lines}


def is_in(browser: Browser) -> bool:
    return browser.get("/models").status_code == 200


def test_a_page_asks_to_log_in_and_comes_back(rig: Rig) -> None:
    browser = rig.browser()
    asked = browser.get("/incidents?model=credit-default&family=fairness")
    assert asked.status_code == 303
    assert parse_qs(urlsplit(asked.headers["location"]).query) == {
        "next": ["/incidents?model=credit-default&family=fairness"]
    }
    fields = {**browser.hidden(asked.headers["location"]), "credential": rig.lent.tokens["ana"]}
    entered = browser.post("/login", fields)
    assert (entered.status_code, entered.headers["location"]) == (
        303, "/incidents?model=credit-default&family=fairness",
    )  # fmt: skip
    assert browser.get(entered.headers["location"]).status_code == 200


def test_cookies_are_for_this_server_only(rig: Rig) -> None:
    plain = rig.browser()
    asked = plain.get("/login")
    assert cookies(asked) == {"fairlead_login": {"HttpOnly", "Path=/", "SameSite=lax"}}
    assert cookies(plain.log_in(rig.lent.tokens["ana"]))["fairlead_session"] == {"HttpOnly", "Path=/", "SameSite=lax"}
    secure = rig.browser(base="https://testserver")
    entered = secure.log_in(rig.lent.tokens["ana"])
    assert cookies(entered)["__Host-fairlead_session"] == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
    assert is_in(secure)
    secret = secure.cookies["__Host-fairlead_session"]
    other = rig.browser(base="https://testserver")
    other.cookies.set("fairlead_session", secret)
    assert not is_in(other), "a name that any host of the domain can set"


def test_a_trusted_proxy_says_whether_there_is_tls(space: Workspace, tmp_path: Path) -> None:
    with lender(space, tmp_path, "access: {trusted_proxies: [10.0.0.0/8]}\n") as lent:
        server = rig_of(lent).server
        headers = {"X-Forwarded-Proto": "https"}
        for address, secure in (("10.1.2.3", True), ("192.0.2.1", False)):
            browser = Browser(server, address=address)
            found = cookies(browser.get("/login", headers=headers))
            assert ("__Host-fairlead_login" in found) == secure


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "evil",
        "/%5cevil", "javascript:alert(1)", "/a\nb", "/\t/evil.example", "/ /evil.example", "", "/" + "a" * 3000,
        "http:evil.example", "/\u202eevil", "/\x00",
    ],
)  # fmt: skip
def test_nobody_is_led_away(rig: Rig, path: str) -> None:
    entered = rig.browser().post("/login", {})
    assert entered.status_code == 403
    browser = rig.browser()
    fields = {**browser.hidden("/login"), "credential": rig.lent.tokens["ana"], "next": path}
    location = browser.post("/login", fields).headers["location"]
    assert location == HOME or (location.startswith("/%5c") and urlsplit(location).netloc == "")


@pytest.mark.parametrize("path", ["/models/a%2Fb?x=%3Cb%3E", "/incidents/INC-7", "/incidents?model=a&family=b"])
def test_local_paths_are_kept(path: str) -> None:
    assert local(path) == path


def test_a_form_of_another_browser_or_site_opens_nothing(rig: Rig) -> None:
    mine, theirs = rig.browser(), rig.browser()
    fields = {**theirs.hidden("/login"), "credential": rig.lent.tokens["ana"]}
    mine.get("/login")
    for answer in (
        mine.post("/login", fields),
        mine.post("/login", {**mine.hidden("/login"), "token": "", "credential": rig.lent.tokens["ana"]}),
        mine.log_in(rig.lent.tokens["ana"], headers={"Sec-Fetch-Site": "cross-site"}),
        rig.browser().post("/login", {**fields, "token": "0" * 64}),
    ):
        assert answer.status_code == 403
        assert "fairlead_session" not in cookies(answer)
    assert not is_in(mine)


def test_nobody_can_choose_a_session_for_another(rig: Rig) -> None:
    browser = rig.browser()
    browser.cookies.set("fairlead_session", "chosen", domain="testserver.local")
    browser.log_in(rig.lent.tokens["ana"])
    first = browser.cookies["fairlead_session"]
    assert first != "chosen"
    assert len(first) >= 43
    browser.log_in(rig.lent.tokens["ana"])
    assert browser.cookies["fairlead_session"] != first
    stranger = rig.browser()
    stranger.cookies.set("fairlead_session", "chosen")
    assert not is_in(stranger)


def test_logging_out_ends_the_session_for_every_copy_of_the_cookie(rig: Rig) -> None:
    browser, copy = rig.browser("ana"), rig.browser()
    copy.cookies.set("fairlead_session", browser.cookies["fairlead_session"])
    assert is_in(copy)
    left = browser.send("/models", "/logout")
    assert left.headers["location"] == "/login?out=true"
    assert "You are logged out" in browser.get("/login?out=true").text
    assert not is_in(browser)
    assert not is_in(copy)
    assert rig.audited("ana")[0] == "session.open"
    assert rig.audited("ana")[-1] == "session.close"


def test_a_session_ends_after_half_a_day(rig: Rig) -> None:
    browser = rig.browser("ana")
    rig.lent.clock.now = LATER + DAY - timedelta(seconds=1)
    assert is_in(browser)
    rig.lent.clock.now = LATER + DAY
    assert not is_in(browser)


def test_a_session_ends_with_its_token(rig: Rig) -> None:
    tokens = Tokens(rig.lent.database)
    short = tokens.create("short", Role.VIEWER, created_by="t", now=NOW, expires_at=LATER + timedelta(hours=1))
    browsers = {"vera": rig.browser("vera"), "short": rig.browser()}
    browsers["short"].log_in(short)
    assert all(is_in(one) for one in browsers.values())
    tokens.revoke("vera", LATER)
    assert not is_in(browsers["vera"])
    rig.lent.clock.now = LATER + timedelta(hours=1)
    assert not is_in(browsers["short"])


def test_a_session_ends_when_the_secret_in_a_file_changes(space: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a" * 40)
    access = "access: {tokens: [{name: desk, role: auditor, file: secret}]}\n"
    with lender(space, tmp_path, access) as lent:
        browser = Browser(rig_of(lent).server)
        browser.log_in("a" * 40)
        assert is_in(browser)
        secret.write_text("b" * 41)
        assert not is_in(browser)
        secret.write_text("a" * 40 + "\n")
        assert is_in(browser)


def test_a_token_of_an_issuer_opens_a_session_that_ends_with_it(space: Workspace, tmp_path: Path) -> None:
    with running() as issuer:
        roles = "role_claim: realm_access.roles, roles: {ml-leads: ml_lead}"
        oidc = f"{{issuer: '{issuer.url}', audience: fairlead, {roles}}}"
        with lender(space, tmp_path, f"access: {{oidc: {oidc}}}\n") as lent:
            now = int(LATER.timestamp())
            browser = Browser(rig_of(lent).server)
            assert browser.log_in(issuer.token(iat=now - 5, exp=now + 300)).status_code == 303
            assert "oidc:user-1" in browser.get("/models").text
            lent.clock.now = LATER + timedelta(seconds=299)
            assert is_in(browser)
            lent.clock.now = LATER + timedelta(seconds=300)
            assert not is_in(browser)
            assert browser.log_in(issuer.token(iat=now, exp=now + 900, realm_access={"roles": []})).status_code == 403


@pytest.mark.parametrize("name", ["pusher", "am"])
def test_programs_have_no_business_here(rig: Rig, name: str) -> None:
    answer = rig.browser().log_in(rig.lent.tokens[name])
    assert answer.status_code == 403
    assert "role: must be one of people" in answer.text
    assert "fairlead_session" not in cookies(answer)


def test_wrong_tokens_are_told_and_slowed_down(rig: Rig) -> None:
    browser = rig.browser()
    answers = [browser.log_in(f"fairlead_{place}") for place in range(22)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 2
    assert "token: must be valid" in answers[0].text
    assert "fairlead_0" not in answers[0].text
    assert int(answers[-1].headers["retry-after"]) > 0
    assert browser.log_in(rig.lent.tokens["ana"]).status_code == 303, "who has a token is let in all the same"


def test_no_secret_is_in_the_store(rig: Rig) -> None:
    browser = rig.browser("ana")
    secret = browser.cookies["fairlead_session"]
    with sqlite3.connect(rig.lent.space.folder / "fairlead.db") as store:
        dump = "\n".join(store.iterdump())
    assert "sessions" in dump
    assert secret not in dump
    assert rig.lent.tokens["ana"] not in dump


def test_the_api_knows_no_cookies(rig: Rig) -> None:
    browser = rig.browser("root")
    assert browser.get("/api/v1/audit").status_code == 401
    assert browser.post("/-/reload").status_code == 401
    bearer = {"Authorization": f"Bearer {rig.lent.tokens['root']}"}
    assert rig.browser().get("/models", headers=bearer).status_code == 303


def test_odd_cookies_are_no_session(rig: Rig) -> None:
    for value in ("", "x" * 4000, "%00", "a=b", quote("é")):
        assert rig.browser().get("/models", headers={"Cookie": f"fairlead_session={value}"}).status_code == 303
