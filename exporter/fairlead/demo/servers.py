"""fairlead, Prometheus and Alertmanager on loopback, started in order and watched together."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from ruamel.yaml import YAML

from fairlead.demo import processes
from fairlead.demo.alertmanager_config import Webhook, load, render, write
from fairlead.demo.commands import fairlead_command
from fairlead.demo.processes import Server
from fairlead.demo.sink import Sink
from fairlead.demo.workspace import (
    SCRAPE_INTERVAL,
    SHORT_INTERVAL,
    DemoError,
    SourceTree,
    webhook_token,
    write_alerting,
)

PORTS = {"fairlead": 10171, "prometheus": 9090, "alertmanager": 9093}
WARNING_WAIT = "8s"


@dataclass(frozen=True, slots=True)
class Servers:
    """The three running servers."""

    fairlead: Server
    prometheus: Server
    alertmanager: Server

    def check(self) -> None:
        """Raise when one of them has ended."""
        for name in PORTS:
            server: Server = getattr(self, name)
            if not server.running:
                raise DemoError(f"{name}: ended by itself\n{server.log_tail()}")


def choose_ports() -> dict[str, int]:
    """The public ports, or free ones where something listens already."""
    return {name: port if _is_free(port) else processes.free_port() for name, port in PORTS.items()}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def get_json(url: str) -> Any:
    """Answer of one of the servers."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback addresses built here
        return json.load(answer)


def write_prometheus_config(rules: Path, ports: dict[str, int]) -> Path:
    """Point the copied `prometheus.yml` at the demo's servers, and have it scrape more often."""
    path = rules / "prometheus.yml"
    yaml = YAML()
    config = yaml.load(path.read_text())
    config["global"]["scrape_interval"] = SCRAPE_INTERVAL
    config["global"]["evaluation_interval"] = SHORT_INTERVAL
    config["global"]["external_labels"]["fairlead_url"] = _url(ports["fairlead"])
    address = f"127.0.0.1:{ports['alertmanager']}"
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [address]}]}]
    for job in config["scrape_configs"]:
        if job["job_name"] == "fairlead":
            job["static_configs"] = [{"targets": [f"127.0.0.1:{ports['fairlead']}"]}]
    with path.open("w") as file:
        yaml.dump(config, file)
    return path


@contextmanager
def running(directory: Path, tree: SourceTree, sink: Sink, ports: dict[str, int]) -> Iterator[Servers]:
    """Start all three, wait until each is ready, and stop them in the end, whatever happened."""
    urls = {name: _url(port) for name, port in ports.items()}
    alertmanager_config = write_alertmanager_config(directory, tree, sink, urls["fairlead"])
    write_alerting(directory, urls["prometheus"], urls["alertmanager"])
    prometheus_config = write_prometheus_config(directory / "rules", ports)
    serve = ("serve", "--web.listen-address", f"127.0.0.1:{ports['fairlead']}")
    links = [f"--web.external-url={urls['prometheus']}"]
    servers = Servers(
        Server(fairlead_command(directory / "fairlead.yml", *serve), urls["fairlead"], directory / "fairlead.log"),
        processes.prometheus(directory, prometheus_config, ports["prometheus"], links),
        processes.alertmanager(directory, alertmanager_config, ports["alertmanager"]),
    )
    with ExitStack() as stack:
        for name in ("alertmanager", "fairlead", "prometheus"):
            stack.enter_context(getattr(servers, name)).wait_ready()
        yield servers


def write_alertmanager_config(directory: Path, tree: SourceTree, sink: Sink, fairlead_url: str) -> Path:
    """The shipped routing tree with short group timings, its receivers redirected to the sink.

    A warning waits a little longer, so that the CRITICAL that silences it is there first, as in production.
    """
    source = tree.alertmanager / "alertmanager.yml"
    fairlead = Webhook(fairlead_url, webhook_token(directory))
    path = render(source, directory / "alertmanager", sink.http_url, sink.smtp_host_port, fairlead, fast=True)
    config = load(path)
    for route in config["route"]["routes"]:
        if route["receiver"] == "slack-warning":
            route["group_wait"] = WARNING_WAIT
    return write(config, path)


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
