"""What is refused before a route reads it, and how every error is told."""
# ruff: noqa: E501 - one line per case

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairlead.api.limits import DEFAULT_BODY_BYTES, DEPTH, json_mistake
from tests.support.ledger import Ledger, opened

Opened = tuple[Ledger, httpx.Client]
PATH = "/api/v1/notes"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(tmp_path_factory.mktemp("limits")) as made:
        yield made


def told(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, which has all that every answer has."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    document: dict[str, Any] = answer.json()
    assert set(document) <= {"status", "title", "detail", "errors"}
    assert document["status"] == status
    return document


def nested(levels: int, left: str = "[", right: str = "]") -> str:
    return left * levels + right * levels


REFUSED: dict[str, tuple[bytes | str, str]] = {
    "no JSON": ("{", "body"),
    "nothing": ("", "body"),
    "no object": ("[]", "body"),
    "a missing field": ("{}", "body.text: field required"),
    "an unknown field": ('{"text": "a", "txet": 1}', "body.txet: "),
    "an unknown field that is half a character": ('{"text": "a", "\\ud83d": 1}', "body: text must be Unicode"),
    "another type": ('{"text": 1}', "body.text: "),
    "too long": (json.dumps({"text": "x" * 257}), "body.text: "),
    "NaN": ('{"text": "a", "factor": NaN}', "body: numbers must be finite, got NaN"),
    "infinity": ('{"text": "a", "factor": -Infinity}', "body: numbers must be finite, got -Infinity"),
    "an infinity in disguise": ('{"text": "a", "factor": 1e999}', "body.factor: "),
    "U+0000": ('{"text": "a\\u0000"}', "body: text must not contain"),
    "U+0000 in a key": ('{"text": "a", "many": [{"\\u0000": 1}]}', "body: text must not contain"),
    "half a character": ('{"text": "\\uD83D"}', "body: text must be Unicode"),
    "no UTF-8": (b'{"text": "\xff"}', "body: must be UTF-8"),
    "UTF-16": ('{"text": "a"}'.encode("utf-16"), "body: must be UTF-8"),
    "deep lists": (f'{{"text": "a", "many": {nested(DEPTH)}}}', "body: must be at most 32 levels deep"),
    "deep objects": (f'{{"text": "a", "many": [{nested(DEPTH - 1, chr(123) + chr(34) + "a" + chr(34) + ":", "}").replace(":}", ":1}")}]}}', "body: must be at most 32 levels deep"),
    "never closed": ("[" * 100_000, "body: must be at most 32 levels deep"),
    "never closed, in part": ('{"text": "a", "many": ' + "[" * 1_000 + nested(20) + "}", "body: must be at most 32 levels deep"),
    "a long number": ('{"text": "a", "factor": ' + "1" * 5_000 + "}", "body"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_bodies(case: str, both: Opened) -> None:
    body, detail = REFUSED[case]
    document = told(both[1].post(PATH, content=body, headers=JSON), 422)
    assert document["detail"].startswith(detail), document
    assert both[0].kept() == []


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "\\u0000", nested(100), '"' + nested(100), "\\" + nested(50), "\x1b[31m", "\N{RIGHT-TO-LEFT OVERRIDE}", "😀", "a\r\nSet-Cookie: x"])  # fmt: skip
def test_what_only_looks_refusable_is_text(text: str, tmp_path: Path) -> None:
    with opened(tmp_path) as (ledger, client):
        for body in (json.dumps({"text": text}), json.dumps({"text": text}, ensure_ascii=False)):
            assert client.post(PATH, content=body.encode(), headers=JSON).json()["text"] == text
        assert ledger.kept() == [text] * 2


def test_as_deep_as_allowed() -> None:
    many = f'{{"text": "a", "many": {nested(DEPTH - 1)}}}'
    assert json_mistake(many.encode()) is None
    assert json_mistake(f'{{"many": [{", ".join([nested(DEPTH - 2)] * 50)}]}}'.encode()) is None
    assert json_mistake(b"[" + b"{}," * 5_000 + b"{}]") is None


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, 65_536):
        yield b" " * min(65_536, size - start)


@pytest.mark.parametrize("headers", [JSON, {"Content-Type": "text/plain"}, {}])
@pytest.mark.parametrize("size", [DEFAULT_BODY_BYTES + 1, 12 << 20])
def test_large_bodies(headers: dict[str, str], size: int, both: Opened) -> None:
    """Announced or not."""
    for content in (b" " * size, pieces(size)):
        document = told(both[1].post(PATH, content=content, headers=headers), 413)
        assert document["detail"].startswith("body: must be at most 1048576 bytes")


def test_the_largest_body(tmp_path: Path) -> None:
    start, end = b'{"text": "a"', b"}"
    body = start + b" " * (DEFAULT_BODY_BYTES - len(start) - len(end)) + end
    with opened(tmp_path) as (_, client):
        assert client.post(PATH, content=body, headers=JSON).status_code == 201
        assert client.post(PATH, content=iter([body[:9], body[9:]]), headers=JSON).status_code == 201


def test_a_large_body_that_waits_to_be_asked_for_is_not_sent(both: Opened) -> None:
    with socket.create_connection((both[1].base_url.host, both[1].base_url.port or 80), timeout=10) as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nExpect: 100-continue\r\nContent-Length: {1 << 30}\r\n\r\n".encode()
        )
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_long_urls_and_headers(both: Opened) -> None:
    client = both[1]
    told(client.get(PATH, params={"text": "x" * 8_192}), 414)
    told(client.get("/" + "x" * 8_192), 414)
    told(client.get(PATH, headers={"X-Long": "x" * 40_000}), 431)
    assert client.get(PATH, params={"text": "x" * 8_000}).status_code == 200


QUERIES = {
    "?shelf=a&shelf=b": None,
    "?text=%1b%5b31m&shelf=%E2%80%AE": None,
    "?txet=a": "query.txet: must be a parameter of this path (text, shelf)",
    "?text=a&text=b": "query.text: must be given once, got 2",
    "?text=a&text=a": "query.text: must be given once, got 2",
    "?text=a%00": "query.text: must not contain U+0000",
    "?%00=a": "query.\0: must be a parameter of this path (text, shelf)",
}


@pytest.mark.parametrize("query", QUERIES)
def test_query_parameters(query: str, both: Opened) -> None:
    detail, answer = QUERIES[query], both[1].get(PATH + query)
    if detail is None:
        assert answer.status_code == 200
    else:
        assert told(answer, 422)["detail"] == detail


def test_all_mistakes_are_told(both: Opened) -> None:
    document = told(both[1].get(PATH + "?a=1&b=2&text=1&text=2"), 422)
    assert [error.split(":")[0] for error in document["errors"]] == ["query.a", "query.b", "query.text"]


@pytest.mark.parametrize("given", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""])  # fmt: skip
def test_other_media_types(given: str | None, both: Opened) -> None:
    headers = {} if given is None else {"Content-Type": given}
    answer = both[1].post(PATH, content=b'{"text": "a"}', headers=headers)
    assert told(answer, 415)["detail"].startswith("content-type: must be application/json, got ")
    assert answer.headers["accept"] == "application/json"


def test_media_types_with_parameters_and_suffixes(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, client):
        for given in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"):
            answer = client.post(PATH, content=b'{"text": "a"}', headers={"Content-Type": given})
            assert answer.status_code == 201, given


def test_paths_and_methods(both: Opened) -> None:
    client = both[1]
    assert told(client.get("/api/v1/nothing"), 404)["detail"] == "/api/v1/nothing: not found"
    told(client.get("/api/v1/notes/"), 404)
    told(client.post("/api/v1/slow-notes/a%00b", json={"text": "a"}), 422)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"):
        answer = client.request(method, PATH)
        assert answer.status_code == 405, method
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}
    told(client.put(PATH), 405)


def test_nobody_and_the_wrong_role(both: Opened) -> None:
    client = both[1]
    answer = client.post(PATH, json={"text": "a"}, headers={"Authorization": ""})
    told(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    told(client.post(PATH, json={"text": "a"}, headers={"Authorization": "Bearer viewer"}), 403)


def test_a_bug_is_logged_and_not_shown(both: Opened, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        document = told(both[1].post(PATH, json={"text": "bug"}), 500)
    assert "secret" not in str(document)
    assert "ZeroDivision" not in str(document)
    records = [record for record in caplog.records if record.getMessage() == "request failed"]
    assert len(records) == 1
    assert vars(records[0])["error_id"] in document["detail"]
    assert records[0].exc_info is not None
    assert records[0].exc_info[0] is ZeroDivisionError
