"""The landing page and the runbooks."""
# ruff: noqa: E501 - one line per case

import re
from contextlib import closing
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.logs import THRESHOLDS
from tests.support.served import HOSTILE, Rig

RUNBOOKS = THRESHOLDS.parent / "runbooks"


class Page(HTMLParser):
    """Tags, cells and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name == "href"]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["td"]:
            self.cells[-1] += data


def test_the_landing_page(shared: Rig) -> None:
    answer = shared.client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    rows = [page.cells[start : start + 7] for start in range(0, len(page.cells), 7)]
    assert len(rows) == 10
    assert rows[0][:3] == ["credit", "1", "high"]
    assert rows[0][4:] == ["data", "1000", "2026-01-09 00:00"]
    assert {row[0] for row in rows} == {"credit", HOSTILE}


def test_a_hostile_model_name_is_text(shared: Rig) -> None:
    text = shared.client.get("/").text
    assert "script" not in Page(text).tags
    assert "<script" not in text
    assert "{{ 7*7 }}" in text


def test_every_link_leads_somewhere(shared: Rig) -> None:
    links = Page(shared.client.get("/").text).links
    assert "/metrics" in links
    answers = {link: shared.client.get(link, follow_redirects=True) for link in links}
    assert {link: answer.status_code for link, answer in answers.items()} == dict.fromkeys(links, 200)
    assert answers["/models"].url.path == "/login", "the console asks who it is"


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_runbooks(path: Path, shared: Rig) -> None:
    answer = shared.client.get(f"/runbooks/{path.stem}")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.content == path.read_bytes()


TRICKS = (
    "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..", "%2fetc%2fpasswd", "..%5c..%5cwindows", "ModelFeatureDrift.md", "ModelFeatureDrift%00",
    "%00", "modelfeaturedrift%2f..%2fModelFeatureDrift", "*", "~root", "%ff", "%0a", "%c3%a9t%c3%a9", "x" * 300, "%f0%9f%8e%93", "....%2f%2f", "-", "",
)  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_path_tricks(trick: str, shared: Rig) -> None:
    """Sent as they are: a client would tidy some of them up."""
    connection = HTTPConnection(shared.client.base_url.host, shared.client.base_url.port or 80, timeout=10)
    with closing(connection):
        connection.request("GET", f"/runbooks/{trick}")
        answer = connection.getresponse()
        text = answer.read().decode()
    assert answer.status in {404, 307}
    assert "Meaning" not in text
    assert "root:" not in text
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text) is None
