"""A fresh database per test, of each kind, and a configuration that sends to a sink."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fairlead.demo.sink import Sink
from tests.support.config_files import write

THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def config_file(location: str, sink: Sink, tmp_path: Path) -> Path:
    path = write(tmp_path / "site")
    document = yaml.safe_load(path.read_text())
    smtp = {"host": "127.0.0.1", "port": sink.smtp_port, "tls": "none"}
    digest = {"to": ["ml@example.com", "lead@example.com"], "sender": "fairlead@example.org", "smtp": smtp}
    more = {"store": location, "thresholds": str(THRESHOLDS)}
    alerting = {"prometheus": {"url": "http://127.0.0.1:1"}, "digest": digest}
    path.write_text(yaml.safe_dump({**document, **more, "alerting": alerting}))
    return path
