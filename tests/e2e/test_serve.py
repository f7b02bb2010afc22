"""`fairlead serve` as a process: signals, restarts, ports, and what another process records."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
import yaml

from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.demo.processes import Server, find_binary, free_port
from fairlead.serve import listen
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support import logs
from tests.support.cli import call, create_baseline, spawn
from tests.support.metrics import QUANTILE, families_analysed, measured, parse, series, value

FAMILIES = {"data", "fairness", "model", "explanation", "quality"}
SUCCESSFUL = "fairlead_config_last_reload_successful"


def served(folder: Path, config: Path) -> Server:
    """A server of its own, not started."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    command: list[str | Path] = [sys.executable, "-m", "fairlead", "serve", "--config.file", config]
    return Server([*command, "--web.listen-address", address], f"http://{address}", folder / f"serve-{port}.log")


def wait_for(what: Callable[[], bool], timeout: float = 30) -> float:
    """Seconds until it is true."""
    begin = time.monotonic()
    while not what():
        assert time.monotonic() < begin + timeout, "it never came true"
        time.sleep(0.1)
    return time.monotonic() - begin


def page(server: Server) -> str:
    return httpx.get(f"{server.url}/metrics").raise_for_status().text


def complete(server: Server, *models: str) -> bool:
    text = page(server)
    return all(families_analysed(text, model) == FAMILIES for model in models)


def recent(seed: int = 1) -> pd.DataFrame:
    """Rows of the last sixteen days and the next one, whatever the hour: every scheduled window has some."""
    return logs.rows(8_000, datetime.now(UTC) - timedelta(days=16), days=17, seed=seed)


def prepare(folder: Path, *models: str) -> Path:
    logs.write(recent(), folder / "logs" / "a.parquet")
    config = logs.write_config(folder, [logs.model(name, "logs/*.parquet") for name in models])
    validation = logs.write(logs.rows(4_000), folder / "validation.parquet")
    for name in models:
        create_baseline(config, name, validation)
    return config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return prepare(tmp_path, "credit", "cards")


@pytest.fixture
def server(config: Path) -> Iterator[Server]:
    with served(config.parent, config) as running:
        yield running.wait_ready()


def bearer(config: Path) -> dict[str, str]:
    """The header with a token for operators that was made just now."""
    database = open_database(load(config).store)
    secret = Tokens(database).create("e2e", Role.ADMIN, created_by="tests", now=datetime.now(UTC))
    database.close()
    return {"Authorization": f"Bearer {secret}"}


def exit_code(server: Server, number: int) -> tuple[int, float]:
    """Code with which the process ends after a signal, and the seconds that it takes."""
    process = server._process  # the public interface only waits
    assert process is not None
    begin = time.monotonic()
    process.send_signal(number)
    return process.wait(20), time.monotonic() - begin


def test_it_analyses_what_is_due_and_stops_on_a_signal(server: Server) -> None:
    wait_for(lambda: complete(server, "credit", "cards"))
    text = page(server)
    for family in FAMILIES:
        assert value(text, "fairlead_analysis_runs_total", model="credit", family=family) == 1
        assert value(text, "fairlead_analysis_failures_total", model="credit", family=family) == 0
        due = value(text, "fairlead_analysis_next_due_timestamp_seconds", model="credit", family=family)
        cadence = value(text, "fairlead_analysis_cadence_seconds", model="credit", family=family)
        assert time.time() < due <= time.time() + cadence
    code, seconds = exit_code(server, signal.SIGTERM)
    assert code == 0
    assert seconds < 8
    log = server.log.read_text()
    assert "msg=stopped" in log
    assert "abandoned" not in log, "all threads ended by themselves"
    assert "Traceback" not in log


def test_an_interrupt_stops_it_too(server: Server) -> None:
    code, _ = exit_code(server, signal.SIGINT)
    assert code in {0, 130}
    assert "Traceback" not in server.log.read_text()


def test_a_signal_in_the_middle_of_a_long_analysis(tmp_path: Path) -> None:
    """It is given up, the process ends well and in time, and the store is sound."""
    config = prepare(tmp_path, "credit")
    long = logs.write(logs.rows(50_000), tmp_path / "long.csv")
    for number in range(300):
        (tmp_path / "logs" / f"{number}.csv").symlink_to(long)
    config.write_text(config.read_text().replace("logs/*.parquet", "logs/*.csv"))
    with served(tmp_path, config) as server:
        server.wait_ready()
        time.sleep(1)
        code, seconds = exit_code(server, signal.SIGTERM)
    assert (code, seconds < 9) == (0, True)
    log = server.log.read_text()
    assert 'msg="analysis abandoned"' in log
    assert all(re.match(r"time=\S+ level=(info|warning) msg=", line) for line in log.splitlines())
    assert call("baseline", "list", "--config.file", config).code == 0


def test_sighup_reloads(server: Server, config: Path) -> None:
    wait_for(lambda: complete(server, "credit", "cards"))
    good, document = config.read_text(), yaml.safe_load(config.read_text())

    config.write_text(good.replace("risk: high", "risk: extreme"))
    os.kill(server.pid or 0, signal.SIGHUP)
    wait_for(lambda: value(page(server), SUCCESSFUL) == 0)
    assert complete(server, "credit", "cards")
    assert "configuration not reloaded" in server.log.read_text()

    document["models"] = document["models"][:1]
    config.write_text(yaml.safe_dump(document))
    os.kill(server.pid or 0, signal.SIGHUP)
    wait_for(lambda: value(page(server), SUCCESSFUL) == 1)
    wait_for(lambda: "cards" not in page(server), 5)
    assert complete(server, "credit")

    config.write_text(good)
    assert httpx.post(f"{server.url}/-/reload").status_code == 401
    assert httpx.post(f"{server.url}/-/reload", headers=bearer(config)).text == "reloaded\n"
    assert complete(server, "credit", "cards")


def test_results_survive_a_kill(server: Server) -> None:
    """The last snapshot is there with the first answer, to the byte, with its original timestamps."""
    wait_for(lambda: complete(server, "credit", "cards"))
    before = measured(page(server))
    assert sum(line.startswith("fairlead_feature_psi{") for line in before) == 6
    server.kill()
    server.start().wait_ready()
    text = page(server)
    assert measured(text) == before
    assert set(series(text, "fairlead_analysis_runs_total").values()) == {0.0}
    time.sleep(6)
    assert measured(page(server)) == before
    assert set(series(page(server), "fairlead_analysis_runs_total").values()) == {0.0}


def test_what_another_process_records_shows_up(server: Server, config: Path) -> None:
    wait_for(lambda: complete(server, "credit", "cards"))
    assert value(page(server), "fairlead_window_samples", model="cards", family="data") < 600
    logs.write(recent(seed=2), config.parent / "logs" / "b.parquet")
    done = spawn("analyze", "--config.file", config, "--model", "cards", "--format", "json")
    ends = done.family("cards", "data")["window"]["end"]
    moment = datetime.fromisoformat(ends).timestamp()

    def shown() -> bool:
        found = series(page(server), "fairlead_window_end_timestamp_seconds", model="cards", family="data")
        return abs(next(iter(found.values())) - moment) < 1

    assert wait_for(shown) < 10
    text = page(server)
    assert (
        value(text, "fairlead_window_samples", model="cards", family="data") == done.family("cards", "data")["samples"]
    )
    assert value(text, "fairlead_window_samples", model="credit", family="data") < 600
    assert value(text, "fairlead_analysis_runs_total", model="cards", family="data") == 2


def test_a_new_baseline_shows_up(server: Server, config: Path) -> None:
    validation = logs.write(logs.rows(3_000), config.parent / "other.parquet")
    fixed = ("--config.file", config, "--model", "cards", "--created-by", "Ada")
    assert call("baseline", "create", *fixed, "--from", validation).code == 0
    assert wait_for(lambda: bool(series(page(server), "fairlead_baseline_info", model="cards", created_by="Ada"))) < 10
    assert len(series(page(server), "fairlead_baseline_info", model="cards")) == 1


def test_a_broken_model_fails_alone(tmp_path: Path) -> None:
    config = prepare(tmp_path, "credit", "cards")
    document = yaml.safe_load(config.read_text())
    document["models"][1]["source"]["path"] = "logs/none/*.parquet"
    config.write_text(yaml.safe_dump(document))
    with served(tmp_path, config) as server:
        server.wait_ready()
        wait_for(lambda: complete(server, "credit"))
        failures = "fairlead_analysis_failures_total"
        wait_for(lambda: value(page(server), failures, model="cards", family="explanation") == 1)
        text = page(server)
        assert families_analysed(text, "cards") == set()
        assert value(text, failures, model="credit", family="data") == 0
        assert re.search(
            r'msg="analysis failed".*must match at least one parquet file, got none', server.log.read_text()
        )


def test_a_port_in_use(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = spawn("serve", "--config.file", config, "--web.listen-address", address)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"--web.listen-address: must be free, got '{address}': Address already in use")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:http", ":70000", "256.0.0.1:1", "[::1]", ""])
def test_an_address_that_cannot_be(address: str, config: Path) -> None:
    done = call("serve", "--config.file", config, "--web.listen-address", address)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert done.err.startswith("--web.listen-address: must be ")


def test_several_addresses(config: Path) -> None:
    with served(config.parent, config) as first:
        other = free_port()
        first.wait_ready()
        first.stop()
        command = [*first.command, "--web.listen-address", f"127.0.0.1:{other}"]
        with Server(command, first.url, config.parent / "both.log") as both:
            both.wait_ready()
            assert httpx.get(f"http://127.0.0.1:{other}/-/healthy").text == "healthy\n"


def test_logs_are_one_event_per_line(config: Path) -> None:
    with served(config.parent, config) as server:
        server.wait_ready()
        wait_for(lambda: complete(server, "credit", "cards"))
    lines = server.log.read_text().splitlines()
    assert len(lines) >= 4
    assert all(re.match(r"time=\S+ level=(info|warning) msg=", line) for line in lines)


def test_the_page_passes_promtool(server: Server) -> None:
    wait_for(lambda: complete(server, "credit", "cards"))
    text = page(server)
    assert len(parse(text)) > 200
    command = [find_binary("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert set(done.stderr.splitlines()) == {QUANTILE}


def test_bodies_do_not_wait_for_headers_to_be_confirmed() -> None:
    """Connections inherit the option of the socket that listens; the 40 ms of a delayed confirmation would show."""
    with listen("127.0.0.1:0") as listener:
        client = socket.create_connection(listener.getsockname(), timeout=5)
        accepted, _ = listener.accept()
        with client, accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
