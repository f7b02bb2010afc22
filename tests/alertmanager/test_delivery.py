"""The whole policy table sent through a running Alertmanager: each receiver gets its alerts and no other."""

import pytest

from fairlead.demo.sink import Sink
from tests.support.alertmanager import Alert, Running, failed_notifications
from tests.support.alertmanager_routes import ARRIVES, ROWS, Row


def mark(number: int) -> str:
    return f"row-{number:03d}-end"


@pytest.fixture(scope="module")
def delivered(running: Running) -> Running:
    """All rows posted, and everything that had to come has come."""
    running.post(
        *(Alert({**row.labels, "instance": mark(number)}) for number, row in enumerate(ROWS)),
    )
    running.sink.wait_for(lambda sink: all(expected(row) <= seen(sink, n) for n, row in enumerate(ROWS)), 45)
    running.settle()
    return running


def expected(row: Row) -> set[str]:
    return {place for receiver in row.receivers for place in ARRIVES[receiver]}


def seen(sink: Sink, number: int) -> set[str]:
    calls = {request.path for request in sink.requests if mark(number).encode() in request.body}
    return calls | {mail.to for mail in sink.mails if mark(number) in mail.text}


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: ROWS[number].event)
def test_row_arrives_where_it_must_and_nowhere_else(delivered: Running, number: int) -> None:
    assert seen(delivered.sink, number) == expected(ROWS[number])


def test_each_is_told_once(delivered: Running) -> None:
    number = next(n for n, row in enumerate(ROWS) if row.labels.get("model") == "m04")
    paths = [request.path for request in delivered.sink.requests if mark(number).encode() in request.body]
    mails = [mail.to for mail in delivered.sink.mails if mark(number) in mail.text]
    assert sorted(paths + mails) == sorted(expected(ROWS[number]))


def test_alertmanager_counts_no_failure(delivered: Running) -> None:
    assert failed_notifications(delivered.url) == {}


def test_mail_is_sent_with_the_password_of_the_file(delivered: Running) -> None:
    assert {mail.login for mail in delivered.sink.mails} == {("fairlead", "throw-away-smtp_password")}
    assert {mail.sender for mail in delivered.sink.mails} == {"fairlead@example.com"}


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/hook/fairlead", "fairlead_webhook_token"),
        ("/hook/watchdog", "deadman_token"),
        ("/sms/on-call", "sms_gateway_token"),
    ],
)
def test_webhook_is_called_with_the_token_of_the_file(delivered: Running, path: str, secret: str) -> None:
    tokens = {request.headers["authorization"] for request in delivered.sink.requests_to(path)}
    assert tokens == {f"Bearer throw-away-{secret}"}
