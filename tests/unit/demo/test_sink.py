"""The sink keeps every call and mail as it came."""

import smtplib
import urllib.request
from email.message import EmailMessage

import pytest

from fairlead.demo.sink import Sink


def call(url: str, body: bytes) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers={"X-Try": "yes"})) as response:
        answer = response.read()
        assert isinstance(answer, bytes)
        return answer


def message(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com, c@example.com", subject
    mail.set_content("größer\n")
    mail.add_alternative("<b>größer</b>\n", subtype="html")
    return mail


def test_calls_are_kept_in_order() -> None:
    with Sink() as sink:
        assert call(f"{sink.http_url}/first", b'{"a": 1}') == b"ok"
        call(f"{sink.http_url}/second", b"no json")
        assert [(request.path, request.json) for request in sink.requests] == [
            ("/first", {"a": 1}),
            ("/second", None),
        ]
        assert sink.requests[0].headers["x-try"] == "yes"
        assert [request.body for request in sink.requests_to("/second")] == [b"no json"]


def test_sns_gets_the_answer_it_expects() -> None:
    with Sink() as sink:
        assert b"<MessageId>" in call(f"{sink.http_url}/sms/x", b"Action=Publish&Message=m")


def test_mail_is_kept_with_login_and_both_texts() -> None:
    with Sink() as sink:
        with smtplib.SMTP("127.0.0.1", sink.smtp_port) as client:
            client.login("user", "pass")
            client.send_message(message("über"))
        (mail,) = sink.wait_for(lambda s: s.mails)
    assert (mail.to, mail.subject) == ("b@example.com, c@example.com", "über")
    assert (mail.text.strip(), mail.html.strip()) == ("größer", "<b>größer</b>")
    assert mail.recipients == ("b@example.com", "c@example.com")
    assert mail.login == ("user", "pass")


def test_mail_without_login() -> None:
    with Sink() as sink:
        with smtplib.SMTP("127.0.0.1", sink.smtp_port) as client:
            client.send_message(message("plain"))
        assert sink.wait_for(lambda s: s.mails)[0].login is None


def test_waiting_ends_with_what_came() -> None:
    with Sink() as sink:
        call(f"{sink.http_url}/only", b"{}")
        with pytest.raises(TimeoutError, match=r"not seen within 0.1 s; received: \['/only'\]"):
            sink.wait_for(lambda s: s.mails, timeout=0.1)
        sink.clear()
        assert sink.requests == ()


def test_stop_may_be_repeated() -> None:
    sink = Sink().start()
    sink.stop()
    sink.stop()
