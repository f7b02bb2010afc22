"""Child processes on loopback: found, started, ready, stopped, and plain about it when they fail."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from fairlead.demo.processes import Server, ServerError, find_binary, free_port

SERVE = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/-/ready" else 503)
        self.end_headers()
    def log_message(self, *args):
        pass
if "--deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def server(directory: Path, *arguments: str, code: str = SERVE, ready_path: str = "/-/ready") -> Server:
    port = free_port()
    command = [sys.executable, "-c", code, str(port), *arguments]
    return Server(command, f"http://127.0.0.1:{port}", directory / "server.log", ready_path)


def test_server_answers_until_it_is_stopped(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        running.wait_ready()
        pid = running.pid
        assert pid is not None
    assert running.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # reaped: no zombie is left


def test_stop_and_kill_may_be_repeated(tmp_path: Path) -> None:
    running = server(tmp_path).start().wait_ready()
    for end in (running.stop, running.stop, running.kill, running.kill):
        end()
    server(tmp_path).stop()  # never started


def test_killed_server_starts_again_on_its_port(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        first = running.wait_ready().pid
        running.kill()
        assert running.start().wait_ready().pid != first


def test_server_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    running = server(tmp_path, "--deaf").start().wait_ready()
    began = time.monotonic()
    running.stop(timeout=0.3)
    assert not running.running
    assert time.monotonic() - began < 5


def test_server_that_dies_at_start_shows_its_last_words(tmp_path: Path) -> None:
    broken = server(tmp_path, code="import sys; sys.exit('port: must be free, got a fire')")
    with broken, pytest.raises(ServerError, match=r"ended with exit code 1\nport: must be free, got a fire"):
        broken.wait_ready()


def test_words_of_an_earlier_start_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("an earlier run\n")
    with server(tmp_path) as running:
        running.wait_ready()
    assert running.log_tail() == "serving"


def test_server_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    with server(tmp_path, ready_path="/never") as running, pytest.raises(ServerError) as error:
        running.wait_ready(timeout=1)
    assert f"not ready at {running.url}/never after 1 s\nserving" in str(error.value)


def test_server_is_not_started_twice(tmp_path: Path) -> None:
    with server(tmp_path) as running, pytest.raises(ServerError, match="already running with pid"):
        running.start()


def test_environment_is_added(tmp_path: Path) -> None:
    code = "import os; print(os.environ['FAIRLEAD_TRY'], 'PATH' in os.environ)"
    once = Server([sys.executable, "-c", code], "", tmp_path / "log", environment={"FAIRLEAD_TRY": "yes"})
    once.start()
    once.stop()
    assert once.log_tail() in {"yes True", ""}  # "" when SIGTERM was faster


def test_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="nowhere: cannot be started: No such file"):
        Server([tmp_path / "nowhere"], "http://127.0.0.1:1", tmp_path / "log").start()


def test_binary_from_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my-amtool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("FAIRLEAD_AMTOOL", str(program))
    assert find_binary("amtool") == str(program)


def test_binary_has_its_debian_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "prometheus-alertmanager"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv("FAIRLEAD_ALERTMANAGER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary("alertmanager") == str(program)


def test_binary_that_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FAIRLEAD_ALERTMANAGER", raising=False)
    with pytest.raises(ServerError) as error:
        find_binary("alertmanager")
    assert str(error.value) == (
        "alertmanager: not found; install the package prometheus-alertmanager, or set FAIRLEAD_ALERTMANAGER to its path"
    )
    monkeypatch.setenv("FAIRLEAD_ALERTMANAGER", "/nowhere/alertmanager")
    with pytest.raises(ServerError, match="FAIRLEAD_ALERTMANAGER: must be a program that can be run, got /nowhere"):
        find_binary("alertmanager")


def test_ports_are_free_and_different() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_ctrl_c_in_the_terminal_is_left_to_the_parent(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        pid = running.wait_ready().pid
        assert pid is not None
        assert os.getpgid(pid) != os.getpgid(0)
