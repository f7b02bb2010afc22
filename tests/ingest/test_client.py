"""The client never gets in the way of the process that uses it, and loses nothing that it could have pushed."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairlead.client import Client
from tests.support import pushed
from tests.support.serving import listening

Answer = tuple[int, dict[str, str], dict[str, Any]]


@dataclass
class Fake:
    """A server that answers as it is told, and remembers what it took."""

    answers: list[Answer] = field(default_factory=list)
    delay: float = 0.0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    taken: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    url: str = ""

    def rows(self) -> list[dict[str, Any]]:
        """Each batch once."""
        return [row for rows in self.taken.values() for row in rows]


@contextmanager
def faked(fake: Fake, port: int = 0) -> Iterator[Fake]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.bodies.append(body)
            time.sleep(fake.delay)
            status, headers, content = fake.answers.pop(0) if fake.answers else (201, {}, {})
            if status == 201:
                fake.taken[body["batch"]] = body["rows"]
            answer = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

    with listening(Handler, port) as taken:
        fake.url = f"http://127.0.0.1:{taken}"
        yield fake


def client_of(fake: Fake, **options: Any) -> Client:
    return Client(fake.url, "token", model="credit", **{"interval": 0.02, "timeout": 2.0, **options})


def test_three_lines_push_to_a_real_server(tmp_path: Path) -> None:
    with pushed.pushing(pushed.configured(tmp_path)) as rig:
        token = str(rig.client.headers["authorization"]).removeprefix("Bearer ")
        client = Client(str(rig.client.base_url), token, model="credit")
        for row in pushed.rows_of(pushed.frame(2_500)):
            client.log(row)
        for number in range(500):
            client.label(f"a-11-{number}", "approved")
        assert client.close(30)
        assert client.dropped == 0
    assert len(pushed.kept(tmp_path, "predictions")) == 2_500
    assert len(pushed.kept(tmp_path, "labels")) == 500


def test_importing_it_imports_no_more_than_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import fairlead.client; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['fairlead']"


def test_values_of_other_libraries_arrive_as_plain_ones() -> None:
    with faked(Fake()) as fake:
        client = client_of(fake, timestamp="at")
        client.log(
            {"a": np.float32(0.5), "b": np.int64(7), "c": Decimal("1e2"), "d": Decimal("0.5"), "e": np.bool_(True)}
        )
        client.log({"at": datetime(2026, 1, 1, tzinfo=UTC)})
        assert client.close()
    first, second = fake.rows()
    assert datetime.fromisoformat(first.pop("at")).tzinfo is not None
    assert first == {"a": 0.5, "b": 7, "c": 100, "d": 0.5, "e": True}
    assert second == {"at": "2026-01-01T00:00:00+00:00"}


def test_a_row_that_is_no_json_is_dropped_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with faked(Fake()) as fake, caplog.at_level(logging.WARNING):
        client = client_of(fake)
        client.log({"a": object()})
        client.log(None)  # type: ignore[arg-type]
        client.log({"a": 1})
        client.close()
    assert (client.dropped, fake.rows()) == (2, [{"a": 1}])
    assert len(caplog.records) == 1


def test_rows_of_two_kinds_go_in_large_batches() -> None:
    with faked(Fake()) as fake:
        client = client_of(fake, interval=0.5)
        for number in range(100):
            client.log({"a": number})
            client.label(number, "yes")
        assert client.flush(5)
        client.close()
    assert len(fake.bodies) <= 4
    assert len(fake.rows()) == 200


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_may_pass_is_tried_again_under_the_same_key(status: int) -> None:
    with faked(Fake([(status, {}, {"detail": "no"})] * 2)) as fake:
        client = client_of(fake)
        client.log({"a": 1})
        assert client.flush(10)
        assert client.close()
    assert (len(fake.bodies), len({body["batch"] for body in fake.bodies}), fake.rows()) == (3, 1, [{"a": 1}])
    assert client.dropped == 0


def test_it_waits_as_long_as_it_is_told() -> None:
    with faked(Fake([(503, {"Retry-After": "1"}, {})])) as fake:
        client = client_of(fake)
        begin = time.monotonic()
        client.log({"a": 1})
        assert client.flush(10)
        assert 0.9 < time.monotonic() - begin < 5
        client.close()


def test_a_wrong_row_does_not_take_the_others_with_it() -> None:
    refused: Answer = (
        422,
        {},
        {"detail": "x", "errors": ["rows[1].a: must be a number, got 'x'", "rows[3].a: must be …"]},
    )
    with faked(Fake([refused])) as fake:
        client = client_of(fake, interval=0.3)
        for number in range(5):
            client.log({"a": number})
        assert client.flush(10)
        client.close()
    assert (fake.rows(), client.dropped) == ([{"a": 0}, {"a": 2}, {"a": 4}], 2)
    assert len({body["batch"] for body in fake.bodies}) == 2


def test_a_batch_that_is_refused_whole_is_dropped() -> None:
    with faked(Fake([(422, {}, {"detail": "batch: no"}), (400, {}, {})])) as fake:
        client = client_of(fake)
        for number in range(2):
            client.log({"a": number})
            assert client.flush(10)
        client.log({"a": 3})
        assert client.close()
    assert (fake.rows(), client.dropped) == ([{"a": 3}], 2)


def test_a_body_that_is_too_large_is_halved() -> None:
    with faked(Fake([(413, {}, {})])) as fake:
        client = client_of(fake, interval=0.3)
        for number in range(4):
            client.log({"a": number})
        assert client.flush(10)
        client.close()
    assert [len(body["rows"]) for body in fake.bodies] == [4, 2, 2]
    assert client.dropped == 0


def test_a_dead_server_costs_the_caller_nothing_and_memory_stays_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client = Client("http://127.0.0.1:9", "token", model="credit", capacity=1_000, interval=0.01)
        begin = time.monotonic()
        for number in range(20_000):
            client.log({"a": number})
        assert time.monotonic() - begin < 2
        assert client.dropped >= 19_000
        begin = time.monotonic()
        assert not client.close(0.5)
        assert time.monotonic() - begin < 3
    assert client.dropped == 20_000
    assert len([record for record in caplog.records if record.name == "fairlead.client"]) == 1


def test_a_slow_server_costs_the_caller_nothing() -> None:
    with faked(Fake(delay=0.3)) as fake:
        client = client_of(fake)
        begin = time.monotonic()
        for number in range(1_000):
            client.log({"a": number})
        assert time.monotonic() - begin < 0.3
        assert client.close(10)
    assert len(fake.rows()) == 1_000


def test_a_server_that_answers_too_late_takes_the_batch_once() -> None:
    with faked(Fake(delay=0.6)) as fake:
        client = client_of(fake, timeout=0.2)
        client.log({"a": 1})
        time.sleep(0.5)
        fake.delay = 0.0
        assert client.flush(10)
        client.close()
        time.sleep(0.5)
    assert fake.rows() == [{"a": 1}]
    assert len(fake.bodies) > 1


def test_nothing_is_lost_while_the_server_is_restarted() -> None:
    with faked(Fake()) as fake:
        port = int(fake.url.rpartition(":")[2])
        client = client_of(fake)
        client.log({"a": 0})
        assert client.flush(5)
    client.log({"a": 1})
    time.sleep(0.3)
    with faked(fake, port):
        client.log({"a": 2})
        assert client.close(10)
    assert (sorted(row["a"] for row in fake.rows()), client.dropped) == ([0, 1, 2], 0)


def test_rows_of_many_threads_arrive_once() -> None:
    with faked(Fake()) as fake:
        client = client_of(fake, batch=50)

        def work(start: int) -> None:
            for number in range(start, start + 500):
                client.log({"a": number})

        threads = [threading.Thread(target=work, args=(500 * place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.close(20)
    assert sorted(row["a"] for row in fake.rows()) == list(range(4_000))


def test_what_waits_is_pushed_when_the_interpreter_ends() -> None:
    code = (
        "import sys; from fairlead.client import Client\n"
        "client = Client(sys.argv[1], 'token', model='credit', interval=30)\n"
        "for number in range(100): client.log({'a': number})\n"
    )
    with faked(Fake()) as fake:
        subprocess.run([sys.executable, "-c", code, fake.url], check=True, timeout=30)
    assert sorted(row["a"] for row in fake.rows()) == list(range(100))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_pushes_its_own_rows_only() -> None:
    with faked(Fake()) as fake:
        client = client_of(fake, interval=0.5)
        client.log({"a": "parent"})
        child = os.fork()
        if child == 0:
            client.log({"a": "child"})
            os._exit(0 if client.close(5) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert client.close(5)
    assert sorted(row["a"] for row in fake.rows()) == ["child", "parent"]


def test_after_the_end_rows_are_dropped() -> None:
    with faked(Fake()) as fake:
        with client_of(fake) as client:
            client.log({"a": 1})
        client.log({"a": 2})
        assert client.close()
    assert (fake.rows(), client.dropped) == ([{"a": 1}], 1)


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="url: must begin with http:// or https:// and a host, got ftp"):
        Client("ftp://x", "token", model="credit")
