"""A real Chromium in front of the console, over HTTP."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.support import lender as lenders
from tests.support.lender import Lender, lender, message
from tests.support.served import client_of
from tests.support.workspace import Workspace

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = """
const done = arguments[arguments.length - 1];
axe.run({runOnly: arguments[0], resultTypes: ["violations"], preload: false, elementRef: false}).then(
  found => done(found.violations.map(one => [one.id, one.nodes.map(node => node.html + " " + node.failureSummary)])));
"""
WIDER = """
const most = document.documentElement.clientWidth;
const wide = [...document.body.querySelectorAll("*")].filter(one => one.getBoundingClientRect().right > most + 1);
return document.documentElement.scrollWidth > most ? wide.map(one => one.outerHTML.slice(0, 120)) : [];
"""
LOADED = "return document.readyState === 'complete' && document.querySelector('footer') !== null"


@dataclass(frozen=True)
class Chromium:
    """A browser at the console of a lender."""

    driver: Any
    lent: Lender
    http: httpx.Client

    @property
    def base(self) -> str:
        """Where the console is."""
        return str(self.http.base_url).rstrip("/")

    def open(self, path: str) -> None:
        """Go to a page."""
        self.driver.get(self.base + path)

    @property
    def path(self) -> str:
        """Where it is now."""
        return str(self.driver.current_url).removeprefix(self.base)

    def find(self, selector: str) -> WebElement:
        """One thing on the page."""
        found: WebElement = self.driver.find_element(By.CSS_SELECTOR, selector)
        return found

    def all(self, selector: str) -> list[WebElement]:
        """All of a kind."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self) -> str:
        """What the page says."""
        return self.find("body").text

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """What is done inside leads to another page, which is there afterwards."""
        old = self.find("html")
        yield
        WebDriverWait(self.driver, 20).until(staleness_of(old))
        WebDriverWait(self.driver, 20).until(lambda driver: driver.execute_script(LOADED))

    def send(self, button: str) -> None:
        """Send a form."""
        with self.leaving():
            self.find(button).click()

    def log_in(self, name: str) -> None:
        """As one of the lender's people, at the page that asks for it."""
        self.find("#credential").send_keys(self.lent.tokens[name])
        self.send("main button")

    def become(self, name: str) -> None:
        """Anew, as somebody else."""
        self.driver.delete_all_cookies()
        self.open("/login")
        self.log_in(name)

    def deliver(self, *changes: Any) -> None:
        """Alerts, as Alertmanager does."""
        assert self.http.post("/api/v1/alerts/webhook", json=message(*changes)).status_code == 200

    def press(self, *keys: str) -> WebElement:
        """Keys, wherever the focus is; where it is then."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)
        focused: WebElement = self.driver.switch_to.active_element
        return focused

    def tab_to(self, wanted: str, most: int = 60) -> WebElement:
        """Press the tabulator until something has the focus that this selector means."""
        for _ in range(most):
            focused = self.press(Keys.TAB)
            if self.driver.execute_script("return arguments[0].matches(arguments[1])", focused, wanted):
                return focused
        pytest.fail(f"{wanted}: must be reached by keyboard, got {most} other stops")

    def colours(self, scheme: str) -> None:
        """As a system that prefers light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def width(self, pixels: int) -> None:
        """As wide as this; zoomed to 200 %, a screen of 1280 is 640 wide."""
        metrics = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def violations(self, *rules: str) -> list[Any]:
        """Of the guidelines, or of some rules, as axe-core finds them; the page's policy does not hold for it."""
        wanted = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
        self.driver.execute_script(_axe())
        return list(self.driver.execute_async_script(ASK, wanted))

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways."""
        return list(self.driver.execute_script(WIDER))


def _axe() -> str:
    found = find_spec("axe_core_python")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Analysed once for all tests."""
    return lenders.analysed(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Chromium for all tests of a file."""
    program = shutil.which(os.environ.get("FAIRLEAD_CHROMIUM", "chromium"))
    service = shutil.which(os.environ.get("FAIRLEAD_CHROMEDRIVER", "chromedriver"))
    assert program, "chromium must be installed: tools/dev setup does it"
    assert service, "chromedriver must be installed: tools/dev setup does it"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(argument)
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    made.set_script_timeout(30)
    yield made
    made.quit()


@pytest.fixture
def chromium(driver: Any, space: Workspace, tmp_path: Path) -> Iterator[Chromium]:
    """At the console of a lender that nobody has touched yet."""
    with lender(space, tmp_path) as lent, client_of(lent.exporter, lent.tokens["root"]) as http:
        found = Chromium(driver, lent, http)
        found.width(1280)
        found.colours("light")
        driver.delete_all_cookies()
        yield found
