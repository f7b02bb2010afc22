"""One running Alertmanager with the shipped files, quick, sending to a sink; one for each test file."""

from collections.abc import Iterator

import pytest

from fairlead.demo.alertmanager_config import render
from fairlead.demo.processes import alertmanager
from fairlead.demo.sink import Sink
from tests.support.alertmanager import CONFIG, Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("alertmanager")
    with Sink() as sink:
        config = render(CONFIG, directory, sink.http_url, sink.smtp_host_port, fast=True)
        with alertmanager(directory, config) as server:
            server.wait_ready()
            yield Running(server.url, sink)
