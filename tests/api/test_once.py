"""Writes with an idempotency key: one effect, one answer, kept together with the action."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest

from fairlead.core.answer import Answer
from tests.support.ledger import Ledger, opened

Opened = tuple[Ledger, httpx.Client]
PATHS = ("/api/v1/notes", "/api/v1/slow-notes/a")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Opened]:
    with opened(tmp_path) as made:
        yield made


def post(client: httpx.Client, path: str, text: str, key: str | None = "k", **headers: str) -> httpx.Response:
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.post(path, json={"text": text}, headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_repeated_request_gets_the_same_answer_and_has_no_further_effect(path: str, both: Opened) -> None:
    ledger, client = both
    first, second = post(client, path, "é"), post(client, path, "é")
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["content-type"] == second.headers["content-type"] == "application/json"
    assert len(ledger.kept()) == ledger.begun == 1


@pytest.mark.parametrize("path", PATHS)
def test_another_request_with_the_key_is_refused(path: str, both: Opened) -> None:
    ledger, client = both
    post(client, path, "one")
    answer = post(client, path, "two")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "idempotency-key" in answer.json()["detail"]
    assert post(client, "/api/v1/slow-notes/b", "one").status_code == 422
    assert len(ledger.kept()) == 1


def test_keys_are_of_a_caller(both: Opened) -> None:
    ledger, client = both
    post(client, PATHS[0], "one")
    answer = post(client, PATHS[0], "one", Authorization="Bearer bob")
    assert answer.json()["number"] == 2
    assert post(client, PATHS[0], "one", Authorization="Bearer viewer").status_code == 403
    assert len(ledger.kept()) == 2


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key_every_request_has_its_effect(path: str, both: Opened) -> None:
    ledger, client = both
    for _ in range(2):
        assert post(client, path, "one", None).is_success
    assert len(ledger.kept()) == 2


@pytest.mark.parametrize(("text", "status"), [("problem", 404), ("refuse", 409), ("store", 503), ("bug", 500)])
@pytest.mark.parametrize("key", ["k", None])
def test_what_fails_has_no_effect_and_may_be_tried_again(
    text: str, status: int, key: str | None, both: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    ledger, client = both
    for _ in range(2):
        assert post(client, PATHS[0], text, key).status_code == status
    assert (ledger.begun, ledger.kept()) == (2, [])
    assert post(client, PATHS[0], "fine", key).json()["text"] == "fine"


@pytest.mark.parametrize("path", PATHS)
def test_requests_at_the_same_time_have_one_effect(path: str, both: Opened) -> None:
    ledger, client = both
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(client, path, "one"), range(48)))
    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 47
    assert (ledger.begun, ledger.prepared, len(ledger.kept())) == (1, int(path != PATHS[0]), 1)


def test_the_store_is_free_while_the_long_part_is_made(tmp_path: Path) -> None:
    """And an equal request that waits too long is told to come back."""
    started, finish = Event(), Event()

    def pause() -> None:
        started.set()
        assert finish.wait(20)

    with opened(tmp_path, pause=pause, patience=0.1) as (ledger, client), ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, client, PATHS[1], "long")
        assert started.wait(20)
        try:
            assert post(client, PATHS[0], "other", "another").status_code == 201
            waiting = post(client, PATHS[1], "long")
            assert (waiting.status_code, waiting.headers["retry-after"]) == (409, "5")
        finally:
            finish.set()
        assert first.result().status_code == 200
        assert ledger.kept() == ["other", "LONGA"]
        assert post(client, PATHS[1], "long").headers["idempotency-replayed"] == "true"


def test_another_process_may_be_faster(tmp_path: Path) -> None:
    """What was prepared for nothing is dropped; the answer of the other one is told."""
    with opened(tmp_path) as (ledger, client):
        digest = ""

        def other() -> None:
            ledger.answers.keep("ada", "k", Answer(digest, 200, '{"by":"another"}'))

        post(client, PATHS[1], "one", "first")
        found = ledger.answers.find("ada", "first")
        assert found is not None
        digest, ledger.pause = found.request, other
        answer = post(client, PATHS[1], "one")
        assert (answer.json(), ledger.prepared, len(ledger.kept())) == ({"by": "another"}, 2, 1)


def test_answers_are_kept_for_a_day(both: Opened) -> None:
    ledger, client = both
    post(client, PATHS[0], "one")
    ledger.now += timedelta(hours=23)
    assert "idempotency-replayed" in post(client, PATHS[0], "one").headers
    ledger.now += timedelta(hours=1)
    assert "idempotency-replayed" not in post(client, PATHS[0], "one").headers
    assert len(ledger.kept()) == 2


@pytest.mark.parametrize("key", [b"", b" ", b"a b", "é".encode(), b"x" * 129, b"a\x1b"])
def test_odd_keys(key: bytes, both: Opened) -> None:
    ledger, client = both
    try:
        answer = client.post(PATHS[0], json={"text": "one"}, headers={b"idempotency-key": key})
    except httpx.LocalProtocolError:
        return
    assert answer.status_code in {400, 422}
    assert ledger.kept() == []


def test_an_answer_outlives_the_process(tmp_path: Path) -> None:
    with opened(tmp_path) as (_, client):
        first = post(client, PATHS[0], "one")
    with opened(tmp_path) as (ledger, client):
        assert post(client, PATHS[0], "one").content == first.content
        assert ledger.begun == 0
