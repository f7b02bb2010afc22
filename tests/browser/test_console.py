"""The console in Chromium: from the alert to its end, by keyboard, for each role, zoomed, and as axe-core sees it."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Chromium
from tests.support.lender import LATER
from tests.support.served import HOSTILE

LINK = "/alerts/0a1b2c3d4e5f6071?model=credit-default&family=fairness"
UNTIL = (LATER + timedelta(days=3)).isoformat()
SECOND = {"labels": {"family": "data", "alertname": "ModelFeatureDrift"}, "fingerprint": "0a1b2c3d4e5f6072"}
ALIKE = {f"/models/{quote(HOSTILE, safe='')}", "/models/limit-increase?asked=1", "/models?severity=critical"}
"""Pages made of the same parts as another one; a model's page has 2,600 elements, which take axe-core seconds."""


def pages(chromium: Chromium) -> list[str]:
    """Every page, in a state that shows all of its parts."""
    chromium.deliver({}, SECOND)
    chromium.become("lee")
    chromium.open("/incidents/INC-2")
    chromium.send("#acknowledge button")
    chromium.open("/models/limit-increase")
    chromium.send(".inline button")
    asked = {"model": "limit-increase", "metric": "feature_psi", "rationale": "season", "until": UNTIL}
    assert chromium.http.post("/api/v1/monitoring/exceptions", json=asked).status_code == 201
    return [
        "/models", "/models?severity=critical", "/models?name=nobody", "/models/credit-default",
        f"/models/{quote(HOSTILE, safe='')}", "/models/limit-increase?asked=1", "/models/nowhere", "/analyses/1",
        "/incidents", "/incidents?family=model", "/incidents/INC-1", "/incidents/INC-2?done=acknowledge",
        "/exceptions", "/oncall", "/alerts/00000000000000bb", "/login",
    ]  # fmt: skip


def test_from_the_alert_to_its_end(chromium: Chromium) -> None:
    chromium.deliver({})
    chromium.open(LINK)
    assert chromium.path.startswith("/login?next=")
    chromium.find("#credential").send_keys("fairlead_wrong")
    chromium.send("main button")
    assert "token: must be valid" in chromium.find("[role=alert]").text
    chromium.log_in("ana")
    assert chromium.path == "/incidents/INC-1"
    chromium.send("#acknowledge button")
    assert "acknowledged" in chromium.find(".states").text
    chromium.find("#resolve-resolution").send_keys("the import was repaired")
    chromium.find("#resolve button").click()
    assert chromium.path == "/incidents/INC-1?done=acknowledge", "the browser asks for what is required"
    chromium.find("#resolve-root_cause").send_keys("pipeline error")
    chromium.find("#resolve-category").send_keys("data fixed")
    chromium.send("#resolve button")
    assert chromium.path == "/incidents/INC-1?done=resolve"
    assert "resolved" in chromium.find(".states").text
    assert [one.text.split()[0] for one in chromium.all(".timeline strong")] == ["opened", "acknowledged", "resolved"]
    answer = chromium.http.get("/api/v1/incidents/INC-1").json()
    assert (answer["status"], answer["resolved_by"], answer["root_cause"]) == ("resolved", "ana", "pipeline_error")


def test_each_role_sees_what_it_may(chromium: Chromium) -> None:
    chromium.deliver({})
    for name, reads, acts, analyses in (
        ("ana", True, True, True),
        ("cleo", True, True, False),
        ("otto", True, False, False),
        ("vera", False, False, False),
    ):
        chromium.become(name)
        assert bool(chromium.all("nav a[href='/incidents']")) == reads
        chromium.open("/incidents/INC-1")
        assert bool(chromium.all("#acknowledge")) == acts
        assert ("role: must have the permission incidents_read, got viewer" in chromium.text()) == (not reads)
        chromium.open("/models/credit-default")
        assert bool(chromium.all(".inline button")) == analyses
        assert ("fairness_disparate_impact_ratio" in chromium.text()) == (name != "vera")


def test_by_keyboard_alone(chromium: Chromium) -> None:
    chromium.deliver({})
    chromium.open(LINK)
    focused = chromium.driver.switch_to.active_element
    assert focused.get_attribute("id") == "credential"
    with chromium.leaving():
        focused.send_keys(chromium.lent.tokens["ana"] + Keys.ENTER)
    assert chromium.path == "/incidents/INC-1"
    assert chromium.press(Keys.TAB).text == "Skip to the content"
    chromium.press(Keys.ENTER)
    assert chromium.driver.switch_to.active_element.tag_name == "main"
    chromium.tab_to("#acknowledge textarea").send_keys("on it")
    button = chromium.tab_to("#acknowledge button")
    assert button.value_of_css_property("outline-style") == "solid", "where the focus is can be seen"
    with chromium.leaving():
        button.send_keys(Keys.ENTER)
    chromium.tab_to("#resolve textarea").send_keys("repaired")
    chromium.tab_to("#resolve-root_cause").send_keys("d")
    chromium.tab_to("#resolve-category").send_keys("d")
    with chromium.leaving():
        chromium.tab_to("#resolve button").send_keys(Keys.ENTER)
    assert "resolved" in chromium.find(".states").text
    chromium.tab_to("details summary").send_keys(Keys.ENTER)
    chromium.tab_to("#reopen textarea").send_keys("it came back")
    with chromium.leaving():
        chromium.tab_to("#reopen button").send_keys(Keys.ENTER)
    assert "open" in chromium.find(".states").text


def test_axe_finds_nothing_in_either_theme(chromium: Chromium) -> None:
    found = {}
    for page in (one for one in pages(chromium) if one not in ALIKE):
        chromium.open(page)
        for details in chromium.all("details"):
            chromium.driver.execute_script("arguments[0].open = true", details)
        for scheme, rules in (("light", ()), ("dark", ("color-contrast",))):  # only colours are others
            chromium.colours(scheme)
            if violations := chromium.violations(*rules):
                found[page, scheme] = violations
    assert found == {}


def test_axe_would_find_something(chromium: Chromium) -> None:
    """The test above is not blind."""
    chromium.open("/login")
    chromium.driver.execute_script("document.querySelector('label').remove()")
    chromium.driver.execute_script("document.documentElement.removeAttribute('lang')")
    assert {one[0] for one in chromium.violations()} >= {"label", "html-has-lang"}


@pytest.mark.parametrize("width", [640, 320])
def test_zoomed_nothing_scrolls_sideways(chromium: Chromium, width: int) -> None:
    """200 % and 400 % of a screen that is 1280 wide."""
    found = {}
    addresses = pages(chromium)
    chromium.width(width)
    for page in addresses:
        chromium.open(page)
        for details in chromium.all("details"):
            chromium.driver.execute_script("arguments[0].open = true", details)
        if wide := chromium.too_wide():
            found[page] = wide[:3]
    assert found == {}


def test_the_browser_obeys_the_policy(chromium: Chromium) -> None:
    chromium.become("ana")
    chromium.open("/models/credit-default")
    chromium.driver.execute_script(
        "const one = document.createElement('script'); one.textContent = 'window.owned = 1'; document.body.append(one);"
        "document.body.insertAdjacentHTML('beforeend',"
        ' \'<p id=styled style="color: red" onclick="window.owned = 1">x</p>\');'
        "document.getElementById('styled').click()"
    )
    assert chromium.driver.execute_script("return window.owned === undefined")
    assert chromium.find("#styled").value_of_css_property("color") != "rgba(255, 0, 0, 1)"
    cookie = next(one for one in chromium.driver.get_cookies() if one["name"] == "fairlead_session")
    assert (cookie["httpOnly"], cookie["sameSite"], "expiry" in cookie) == (True, "Lax", False)
    assert chromium.driver.execute_script("return document.cookie") == ""
